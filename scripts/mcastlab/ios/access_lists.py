"""What a standard access list permits.

Source: Cisco IOS Security Configuration Guide, Access lists: the first entry that matches decides, behind the last one
everything is denied, and a list that is empty or missing permits everything.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from mcastlab.ios.configuration import LIST, section

if TYPE_CHECKING:
    from mcastlab.ios.configuration import Tree

ACTIONS: Final = frozenset({"permit", "deny"})
_NAMED: Final = f"{LIST}standard "
_EVERYTHING: Final = (0, 2**32 - 1)


def entries_of(tree: Tree, name: str) -> tuple[str, ...]:
    """Return the entries of a standard list, in its section or one by one as ``access-list NUMBER``."""
    named = section(tree, f"{_NAMED}{name}")
    if named is not None:
        return tuple(line.text for line in named.below)
    numbered = f"access-list {name} "
    return tuple(line.text.removeprefix(numbered) for line in tree if line.text.startswith(numbered))


def permits(tree: Tree, name: str | None, address: IPv4Address) -> bool:
    r"""Say whether a standard list permits an address; no list at all permits every one.

    >>> from mcastlab.ios.configuration import parse
    >>> tree = parse("ip access-list standard GROUPS\n deny host 239.1.1.1\n permit 239.1.0.0 0.0.255.255\n")
    >>> [permits(tree, "GROUPS", IPv4Address(each)) for each in ("239.1.1.1", "239.1.2.2", "239.2.0.1")]
    [False, True, False]
    """
    entries = [words for entry in entries_of(tree, name or "") if (words := entry.split())[0] in ACTIONS]
    if not entries:
        return True
    return next((action == "permit" for action, *rest in entries if _matches(rest, address)), False)


def permits_some(tree: Tree, name: str | None, first: IPv4Address, last: IPv4Address) -> bool:
    r"""Say whether a standard list permits some address from `first` to `last`; no list at all permits every one.

    Of an entry that is about a part of them only a permit decides; its wildcard counts as that of a network.

    >>> from mcastlab.ios.configuration import parse
    >>> tree = parse("ip access-list standard GROUPS\n deny 239.1.0.0 0.0.255.255\n permit 239.2.0.0 0.0.255.255\n")
    >>> ends = ("239.1.0.0", "239.1.9.9"), ("239.1.255.0", "239.2.0.9"), ("239.3.0.0", "239.3.0.1")
    >>> [permits_some(tree, "GROUPS", IPv4Address(one), IPv4Address(other)) for one, other in ends]
    [False, True, False]
    """
    entries = [words for entry in entries_of(tree, name or "") if (words := entry.split())[0] in ACTIONS]
    if not entries:
        return True
    for action, *rest in entries:
        matched = _range(rest)
        if matched is None:
            continue
        value, wildcard = matched
        low, high = value & ~wildcard, value | wildcard
        if high < int(first) or int(last) < low:
            continue
        if action == "permit":
            return True
        if low <= int(first) and int(last) <= high:
            return False
    return False


def _matches(words: list[str], address: IPv4Address) -> bool:
    matched = _range(words)
    if matched is None:
        return False
    value, wildcard = matched
    return value | wildcard == int(address) | wildcard


def _range(words: list[str]) -> tuple[int, int] | None:
    """Return address and wildcard of ``any``, ``host A``, ``A`` or ``A W``; None where an entry cannot be read.

    Newer releases print ``A, wildcard bits W``.
    """
    words = [word.rstrip(",") for word in words if word not in {"host", "wildcard", "bits"}]
    if words[:1] == ["any"]:
        return _EVERYTHING
    try:
        value = int(IPv4Address(words[0]))
        wildcard = int(IPv4Address(words[1])) if words[1:] and words[1][0].isdigit() else 0
    except (ValueError, IndexError):
        return None
    return value, wildcard
