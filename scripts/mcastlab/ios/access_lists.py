"""What an access list permits, standard or extended, named or numbered.

Source: Cisco IOS Security Configuration Guide, Access lists: the first entry that matches decides, behind the last one
everything is denied, and a list that is empty or missing permits everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from mcastlab.ios.configuration import LIST, section

if TYPE_CHECKING:
    from mcastlab.ios.configuration import Tree

ACTIONS: Final = frozenset({"permit", "deny"})
_KINDS: Final = ("standard", "extended")
_HIGHEST_PORT: Final = 65535
_PORTS: Final = {"isakmp": 500, "non500-isakmp": 4500, "ntp": 123, "domain": 53, "bgp": 179}
"""The words that IOS prints for ports that matter here."""
_PORT_WORDS: Final = frozenset({"eq", "range", "gt", "lt", "neq"})
_BEGINS_ADDRESS: Final = frozenset({"any", "host", "object-group"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressMask:
    """Addresses by a wildcard, whose ones may have any value."""

    value: int
    wildcard: int

    def __contains__(self, address: IPv4Address) -> bool:
        return self.value | self.wildcard == int(address) | self.wildcard

    @property
    def ends(self) -> tuple[int, int]:
        """The lowest and the highest of them; the wildcard counts as that of a network."""
        return self.value & ~self.wildcard, self.value | self.wildcard


EVERYTHING: Final = AddressMask(value=0, wildcard=2**32 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AclEntry:
    """A permit or deny. Addresses are None where they are of a group of objects, or cannot be read."""

    permits: bool
    protocol: str
    """``ip`` in a standard list."""
    source: AddressMask | None
    destination: AddressMask | None
    destination_ports: tuple[range, ...]
    options: tuple[str, ...]
    extended: bool

    @property
    def groups(self) -> AddressMask | None:
        """The groups that it is about where the list is one of groups: an extended one has them as destinations."""
        return self.destination if self.extended else self.source


def entries_of(tree: Tree, name: str | None) -> tuple[AclEntry, ...]:
    """Return the entries of a list, in its section or one by one as ``access-list NUMBER``; none of one not there.

    >>> from mcastlab.ios.configuration import parse
    >>> (entry,) = entries_of(parse("access-list 120 permit udp any host 192.0.2.1 eq isakmp log"), "120")
    >>> entry.protocol, entry.destination_ports, entry.options
    ('udp', (range(500, 501),), ('log',))
    """
    if not name:
        return ()
    named = (section(tree, f"{LIST}{kind} {name}") for kind in _KINDS)
    numbered = f"access-list {name} "
    texts = next(
        ([line.text for line in found.below] for found in named if found is not None),
        [line.text.removeprefix(numbered) for line in tree if line.text.startswith(numbered)],
    )
    words = (text.split() for text in texts)
    return tuple(_entry(each) for each in words if len(each) > 1 and each[0] in ACTIONS)


def _entry(words: list[str]) -> AclEntry:
    action, first, *_ = words
    extended = (first not in _BEGINS_ADDRESS and not first[0].isdigit()) or first.isdecimal()
    rest = words[2:] if extended else words[1:]
    source, rest = _address(rest, alone=not extended)
    _, rest = _ports(rest)
    destination, rest = _address(rest, alone=False) if extended else (EVERYTHING, rest)
    ports, rest = _ports(rest)
    return AclEntry(
        permits=action == "permit",
        protocol=first if extended else "ip",
        source=source,
        destination=destination,
        destination_ports=ports,
        options=tuple(rest),
        extended=extended,
    )


def _address(words: list[str], *, alone: bool) -> tuple[AddressMask | None, list[str]]:
    """Read ``any``, ``host A``, ``A W`` or, in standard lists, ``A`` alone, and return what stands behind.

    Newer releases print ``A, wildcard bits W``.
    """
    words = [word.rstrip(",") for word in words if word not in {"wildcard", "bits"}]
    if words[:1] == ["any"]:
        return EVERYTHING, words[1:]
    if words[:1] == ["object-group"]:
        return None, words[2:]
    host = words[:1] == ["host"]
    words = words[host:]
    has_wildcard = not host and words[1:] and words[1][0].isdigit()
    try:
        value = int(IPv4Address(words[0]))
        wildcard = int(IPv4Address(words[1])) if has_wildcard else 0
    except (ValueError, IndexError):
        return None, words[1:]
    return (
        AddressMask(value=value, wildcard=wildcard) if host or has_wildcard or alone else None,
        words[2 if has_wildcard else 1 :],
    )


def _ports(words: list[str]) -> tuple[tuple[range, ...], list[str]]:
    """Read ``eq P P``, ``range P P``, ``gt P``, ``lt P`` or nothing, and return what stands behind."""
    if not words or words[0] not in _PORT_WORDS:
        return (range(_HIGHEST_PORT + 1),), words
    how, *rest = words
    numbers: list[int] = []
    while rest and (rest[0] in _PORTS or rest[0].isdecimal()):
        number = rest.pop(0)
        numbers.append(_PORTS[number] if number in _PORTS else int(number))
    if not numbers:
        # A word for a port that matters to nobody here.
        return (), rest[1:]
    first, last = numbers[0], numbers[-1]
    ranges = {
        "range": (range(first, last + 1),),
        "gt": (range(first + 1, _HIGHEST_PORT + 1),),
        "lt": (range(first),),
        "neq": (range(first), range(first + 1, _HIGHEST_PORT + 1)),
    }
    return ranges.get(how, tuple(range(number, number + 1) for number in numbers)), rest


def permits(tree: Tree, name: str | None, group: IPv4Address) -> bool:
    r"""Say whether a list of groups permits a group; no list at all permits every one.

    >>> from mcastlab.ios.configuration import parse
    >>> tree = parse("ip access-list standard GROUPS\n deny host 239.1.1.1\n permit 239.1.0.0 0.0.255.255\n")
    >>> [permits(tree, "GROUPS", IPv4Address(each)) for each in ("239.1.1.1", "239.1.2.2", "239.2.0.1")]
    [False, True, False]
    >>> tree = parse("access-list 120 permit ip any 239.1.0.0 0.0.255.255\n")
    >>> [permits(tree, "120", IPv4Address(each)) for each in ("239.1.2.2", "239.2.0.1")]
    [True, False]
    """
    entries = entries_of(tree, name)
    if not entries:
        return True
    return next((entry.permits for entry in entries if entry.groups is not None and group in entry.groups), False)


def permits_some(tree: Tree, name: str | None, first: IPv4Address, last: IPv4Address) -> bool:
    r"""Say whether a list of groups permits some group from `first` to `last`; no list at all permits every one.

    Of an entry that is about a part of them only a permit decides; its wildcard counts as that of a network.

    >>> from mcastlab.ios.configuration import parse
    >>> tree = parse("ip access-list standard GROUPS\n deny 239.1.0.0 0.0.255.255\n permit 239.2.0.0 0.0.255.255\n")
    >>> ends = ("239.1.0.0", "239.1.9.9"), ("239.1.255.0", "239.2.0.9"), ("239.3.0.0", "239.3.0.1")
    >>> [permits_some(tree, "GROUPS", IPv4Address(one), IPv4Address(other)) for one, other in ends]
    [False, True, False]
    """
    entries = entries_of(tree, name)
    if not entries:
        return True
    for entry in entries:
        if entry.groups is None:
            continue
        low, high = entry.groups.ends
        if high < int(first) or int(last) < low:
            continue
        if entry.permits:
            return True
        if low <= int(first) and int(last) <= high:
            return False
    return False
