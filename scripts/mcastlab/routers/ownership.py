"""What of a router's configuration is ours: by the record of what was sent, and by the names that only we use.

A section that has our name, or an interface with our description, is ours as a whole. In every other section ours are
the lines that were not there before our first push. The record says which; where it is lost (another machine made the
first push), only what names something of ours counts, and everything else stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Final

from mcastlab.ios.configuration import LIST, ConfigLine, Path, Tree, parse, paths, section, shown_path
from mcastlab.ios.difference import key_of
from mcastlab.ios.secrets import names_a_secret
from mcastlab.lab.design.names import GROUPS_ACCESS_LIST
from mcastlab.routers.activation import stops
from mcastlab.routers.encrypted_keys import fingerprint, is_recorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcastlab.routers.encrypted_keys import SentKey

ARCHIVE: Final = "archive"
_NAMED: Final = re.compile(
    r"^(?:crypto ikev2 (?:proposal|policy|keyring|profile)|crypto ipsec (?:transform-set|profile)"
    r"|ip access-list \w+) MCASTLAB\b"
)
_INTERFACE: Final = re.compile(r"^interface ")
_VIRTUAL: Final = re.compile(r"^interface (?:Tunnel|Loopback)\d+$")
"""Interfaces that a configuration makes, and whose ``no`` it takes; others are hardware."""
_OF_LAB: Final = re.compile(r"^description mcastlab (\S+?):")
_ADDED_BY_IOS: Final = re.compile(r"^(?:no ip redirects|no ip address|ip virtual-reassembly(?: in)?)$")
"""Lines that some releases print in a tunnel's section although nobody typed them."""


_FREE_TEXT: Final = "description "
_TAKES_PART: Final = ("ip igmp join-group ", "ip igmp static-group ")


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenLine:
    """A line of ours that the record has masked: its path as it may be shown, and a fingerprint of the whole path."""

    path: Path
    sent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What we have put into a router, as paths without keys, and what of the user's it took the place of."""

    owned: tuple[Path, ...] = ()
    displaced: tuple[Path, ...] = ()
    archive: bool = False
    """Whether we set up the router's archive."""
    keys: tuple[SentKey, ...] = ()
    """The keys that the router shows encrypted."""
    hidden: tuple[HiddenLine, ...] = ()
    """What tells our lines from others that look the same once they are masked."""
    followed: frozenset[Path] = frozenset()
    """The lines by which the AWS router follows devices, which no template has."""

    def owns(self, path: Path) -> bool:
        """Say whether the record has a line of the running configuration."""
        if path in self.followed:
            return True
        shown = shown_path(path)
        if shown not in self.owned:
            return False
        recorded = [] if shown == path else [line.sent for line in self.hidden if line.path == shown]
        return not recorded or any(is_recorded(_joined(path), each) for each in recorded)


def _joined(path: Path) -> str:
    return "\n".join(path)


def lab_of(line: ConfigLine) -> str | None:
    """Return the lab whose description an interface has, or None."""
    found = (_OF_LAB.match(each.text) for each in line.below)
    return next((match[1] for match in found if match is not None), None)


def is_whole(line: ConfigLine, ledger: Ledger, lab: str) -> bool:
    """Say whether a section of the running configuration is ours as a whole."""
    if _NAMED.match(line.text):
        return True
    if _VIRTUAL.match(line.text):
        return ledger.owns((line.text,)) or (lab_of(line) == lab and not ledger.owned)
    return not _INTERFACE.match(line.text) and ledger.owns((line.text,))


def ours(running: Tree, ledger: Ledger, lab: str, wanted: Tree = ()) -> frozenset[Path]:
    """Return the paths of the running configuration that are ours."""
    whole = {line.text for line in running if is_whole(line, ledger, lab)}
    found: set[Path] = set()
    for path, line in paths(running).items():
        if path[0] in whole:
            if not _ADDED_BY_IOS.match(line.text):
                found.add(path)
        elif ledger.owns(path) or (not ledger.owned and _names_ours(path, whole, wanted)):
            found.add(path)
    return frozenset(found)


def _names_ours(path: Path, whole: set[str], wanted: Tree) -> bool:
    """Say whether a line names something of ours, where no record tells."""
    last = path[-1]
    if re.search(r" MCASTLAB(?:-\S+)?$", last):
        return True
    if last.startswith("ip mroute "):
        return f"interface {last.split()[-1]}" in whole
    return path[0].startswith("router bgp ") and last.startswith("neighbor ") and path in paths(wanted) and bool(whole)


def target(running: Tree, wanted: Tree, ledger: Ledger, lab: str) -> Tree:
    """Return the running configuration with what is ours as it is wanted, and nothing else changed.

    What we took the place of is back in it where we want nothing in that place any more; without anything wanted, all
    of it is.
    """
    want = paths(wanted)
    own = ours(running, ledger, lab, wanted) | stops(running, want)
    want.update(_still_followed(running, want, ledger))
    keys = _keys(want)
    still = _still_displaced(ledger, want)
    restored = [path for path in ledger.displaced if path not in still]
    result: list[ConfigLine] = []
    for line in running:
        kept = _kept(line, (), own, want, keys)
        if kept is not None:
            result.append(kept)
    merged = _merged(tuple(result), wanted)
    return _merged(merged, parse(_text_of(restored))) if restored else merged


def _still_followed(running: Tree, want: dict[Path, ConfigLine], ledger: Ledger) -> dict[Path, ConfigLine]:
    """Return the lines by which the router follows devices, as far as they may stay.

    They may as long as the rendezvous point is to serve their groups by a block, and no template lists the group.
    """
    if not (want and ledger.followed):
        return {}
    blocks = [
        block
        for path in want
        if len(path) > 1 and path[0].endswith(f" {GROUPS_ACCESS_LIST}") and (block := _block(path[1]))
    ]
    listed = {path[-1].split()[-1] for path in want if path[-1].startswith(_TAKES_PART)}
    there = paths(running)
    groups = {path: path[-1].split()[-1] for path in ledger.followed if path in there}
    return {
        path: there[path]
        for path, group in groups.items()
        if group not in listed and any(IPv4Address(group) in block for block in blocks)
    }


def _block(entry: str) -> IPv4Network | None:
    """Return the network that an access list's entry permits by a wildcard."""
    word, *words = entry.split()
    try:
        return IPv4Network("/".join(words)) if word == "permit" and words else None
    except ValueError:
        return None


def _keys(want: Iterable[Path]) -> set[tuple[object, ...]]:
    """Return what tells the kinds of lines of which a section holds one."""
    return {key for path in want if (key := key_of(path)) is not None}


def _still_displaced(ledger: Ledger, want: dict[Path, ConfigLine]) -> tuple[Path, ...]:
    """Return what we took the place of and, with this wanted, still do.

    Of a kind that only the router knows, nobody knows which of our lines did: it waits until we are out.
    """
    keys = _keys(want)
    return tuple(path for path in ledger.displaced if want and key_of(path) in {None, *keys})


def _kept(
    line: ConfigLine, above: Path, own: frozenset[Path], want: dict[Path, ConfigLine], keys: set[tuple[object, ...]]
) -> ConfigLine | None:
    """Return what stays of a line of the running configuration."""
    path = (*above, line.text)
    if path in own and path not in want:
        return None
    if path not in want and (key := key_of(path)) is not None and key in keys:
        return None
    if not line.below:
        return line
    below = (_kept(each, path, own, want, keys) for each in line.below)
    return replace(line, below=tuple(each for each in below if each is not None))


def _merged(base: Tree, more: Tree) -> Tree:
    """Return `base` with the lines of `more` that it does not have."""
    wanted = {line.text: line for line in more}
    merged = [_united(line, wanted[line.text]) if line.text in wanted else line for line in base]
    there = {line.text for line in base}
    return (*merged, *(line for line in more if line.text not in there))


def _united(base: ConfigLine, wanted: ConfigLine) -> ConfigLine:
    """Return the wanted line with what stands below either."""
    return replace(wanted, below=_below(base, wanted)) if base.below else wanted


def _below(base: ConfigLine, wanted: ConfigLine) -> Tree:
    """Return the lines of a section with what is wanted; a list of which all is wanted is in that order."""
    if base.text.startswith(LIST) and {line.text for line in base.below} <= {line.text for line in wanted.below}:
        return wanted.below
    return _merged(base.below, wanted.below)


def _text_of(lines: Iterable[Path]) -> str:
    found: list[str] = []
    for path in lines:
        found += [" " * depth + text for depth, text in enumerate(path)]
    return "\n".join(found)


def after(running: Tree, wanted: Tree, ledger: Ledger, lab: str) -> Ledger:
    """Return the record as it is once `wanted` has been sent to a router that ran `running`."""
    if not wanted:
        return Ledger()
    own = ours(running, ledger, lab, wanted)
    before = paths(running)
    want = paths(wanted)
    mine = [path for path in want if (path in own or path not in before) and not _is_hardware(path)]
    owned = tuple(shown_path(path) for path in mine)
    keys = _keys(path for path in want if path not in before)
    displaced = [path for path in before if path not in own and path not in want and key_of(path) in keys]
    safe = tuple(path for path in displaced if _may_be_recorded(path))
    return replace(
        ledger,
        owned=owned,
        displaced=tuple(dict.fromkeys((*_still_displaced(ledger, want), *safe))),
        hidden=tuple(_hidden(mine, ledger)),
    )


def _hidden(mine: Iterable[Path], ledger: Ledger) -> Iterator[HiddenLine]:
    """Yield the fingerprints of those of our lines that are masked in the record; those of before where they hold."""
    known: dict[Path, list[HiddenLine]] = {}
    for line in ledger.hidden:
        known.setdefault(line.path, []).append(line)
    for path in mine:
        shown = shown_path(path)
        # A section that only we use is ours whatever its lines hold.
        if shown == path or _NAMED.match(path[0]):
            continue
        text = _joined(path)
        yield next(
            (line for line in known.get(shown, ()) if is_recorded(text, line.sent)),
            None,
        ) or HiddenLine(path=shown, sent=fingerprint(text))


def _may_be_recorded(path: Path) -> bool:
    """Say whether a line of the user's may stand in the record, from which it is put back.

    What may hold a key stays out of it. A description is a text of the user's own; it is never shown, and the record is
    its user's alone.
    """
    if shown_path(path) == path:
        return True
    return path[-1].startswith(_FREE_TEXT) and not names_a_secret(path[-1]) and shown_path(path[:-1]) == path[:-1]


def with_replaced(ledger: Ledger, goal: Tree, running: Tree) -> Ledger:
    """Return the record with what a router dropped although it was to stay.

    A line of ours took its place, of a kind that only the router knows: it goes back in when ours comes out.
    """
    there = paths(running)
    gone = [path for path in paths(goal) if path not in there and _may_be_recorded(path)]
    return replace(ledger, displaced=tuple(dict.fromkeys((*ledger.displaced, *gone))))


def _is_hardware(path: Path) -> bool:
    return len(path) == 1 and bool(_INTERFACE.match(path[0])) and not _VIRTUAL.match(path[0])


def has_archive(running: Tree) -> bool:
    """Say whether the router's archive has a path, without which it takes no change back."""
    found = section(running, ARCHIVE)
    return found is not None and any(line.text.startswith("path ") for line in found.below)
