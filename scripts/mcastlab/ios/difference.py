"""The least that leads from one configuration to another, in an order that IOS takes.

Of some lines a section holds one: another value takes the place of the first, and needs no ``no`` before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Final

from mcastlab.ios.access_lists import ACTIONS
from mcastlab.ios.configuration import ACTIVE, FAMILY, LEAVES_FAMILY, LIST, ConfigLine, Path, Tree
from mcastlab.ios.harmless import listed
from mcastlab.ios.secrets import masked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_NO: Final = "no "
_WORDS: Final = {"*": r"(\S+)", "?": r"\S+"}
_END: Final = "."


@cache
def _singles() -> tuple[tuple[re.Pattern[str], ...], ...]:
    """Return patterns from the section to the line; what a group catches tells one line from another."""
    lines = [(len(line) - len(line.lstrip()), line.split()) for line in listed("single_lines.txt")]
    found: list[tuple[re.Pattern[str], ...]] = []
    above: list[re.Pattern[str]] = []
    for (depth, words), (next_depth, _) in pairwise([*lines, (0, [])]):
        above[depth:] = [_pattern(words)]
        if next_depth <= depth:
            found.append(tuple(above))
    return tuple(found)


def _pattern(words: list[str]) -> re.Pattern[str]:
    end = r"\Z" if words[-1] == _END else r"(?: |\Z)"
    parts = [_WORDS.get(word) or (f"(?:{word})" if "|" in word else re.escape(word)) for word in words if word != _END]
    return re.compile(f"^{' '.join(parts)}{end}")


@lru_cache(maxsize=4096)
def _kinds_below(above: tuple[str, ...]) -> tuple[tuple[int, re.Pattern[str]], ...]:
    """Return the kinds of which the section with these headers holds one line each; headers hold no keys."""
    return tuple(
        (number, patterns[-1])
        for number, patterns in enumerate(_singles())
        if len(patterns) == len(above) + 1
        and all(pattern.search(text) for pattern, text in zip(patterns, above, strict=False))
    )


@lru_cache(maxsize=8192)
def key_of(path: tuple[str, ...]) -> tuple[object, ...] | None:
    """Return what a line shares with the line that it would replace, or None where lines stand side by side.

    >>> key_of(("interface Tunnel200", "ip mtu 1380")) == key_of(("interface Tunnel200", "ip mtu 1400"))
    True
    >>> key_of(("interface GigabitEthernet1", "ip igmp join-group 239.1.1.1")) is None
    True
    """
    above = path[:-1]
    for number, pattern in _kinds_below(above):
        found = pattern.search(path[-1])
        if found is not None:
            return (*above, number, *found.groups())
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeStep:
    """A top-level line with what changes below it: what is sent in one write. Its first line is the header."""

    lines: tuple[ConfigLine, ...]
    depths: tuple[int, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The lines to send; they may hold keys."""
        return tuple(" " * depth + line.text for depth, line in zip(self.depths, self.lines, strict=True))

    @property
    def shown(self) -> tuple[str, ...]:
        """The lines as they may be shown."""
        return tuple(" " * depth + line.shown for depth, line in zip(self.depths, self.lines, strict=True))


_DEFINITIONS: Final = tuple(
    re.compile(f"(?:{'|'.join(kinds)}) (?P<name>\\S+)")
    for kinds in (
        ("vrf definition", "ip vrf", "time-range", "key chain", "ip sla", r"(?:zone|object-group) \S+"),
        (r"ip access-list \S+", "access-list", "ip prefix-list", "ip as-path access-list", r"ip community-list \S+"),
        ("track", r"aaa group server \S+", "crypto pki trustpoint", "crypto ikev2 proposal", "crypto isakmp policy"),
        ("route-map", r"class-map(?: type \S+)?(?: match-\S+)?", "crypto keyring", "crypto ikev2 (?:policy|keyring)"),
        (r"policy-map(?: type \S+)?", "crypto (?:ikev2|isakmp) profile", "crypto ipsec transform-set"),
        ("crypto ipsec profile", r"zone-pair \S+"),
    )
)
"""What other lines name; what one may name stands before it. A name that is not there yet is refused by some of them
and means everything to others: an access list that is missing permits all."""


def _definition(text: str) -> tuple[int, str]:
    """Return where a top-level line stands among what others name, and its name; behind all where nothing names it."""
    found = ((rank, match["name"]) for rank, kind in enumerate(_DEFINITIONS) if (match := kind.match(text)))
    return next(found, (len(_DEFINITIONS), ""))


def in_order(lines: Iterable[ConfigLine]) -> list[ConfigLine]:
    r"""Return top-level lines in their order, but what is defined further on stands before the first that names it.

    >>> from mcastlab.ios.configuration import parse
    >>> text = "ip pim rp-address 192.0.2.1 A\nhostname r\nip access-list standard A\n permit any\n"
    >>> [line.text for line in in_order(parse(text))]
    ['ip access-list standard A', 'ip pim rp-address 192.0.2.1 A', 'hostname r']
    """
    lines = tuple(lines)
    defined: dict[str, list[tuple[int, ConfigLine]]] = {}
    for line in lines:
        rank, name = _definition(line.text)
        if name:
            defined.setdefault(name, []).append((rank, line))
    found: dict[int, ConfigLine] = {}
    for line in lines:
        _add(line, defined, found)
    return list(found.values())


def _add(line: ConfigLine, defined: Mapping[str, list[tuple[int, ConfigLine]]], found: dict[int, ConfigLine]) -> None:
    """Add a line to what is found, behind what it names."""
    if id(line) in found:
        return
    rank, name = _definition(line.text)
    # A section that is no definition is named by its header and names others below it.
    naming = line.below if line.below and not name else (line,)
    for word in (word for top in naming for _, each in top.walk() for word in each.text.split() if word in defined):
        for other_rank, other in defined[word]:
            # What may name another has a higher rank, so that nothing names itself by a way round.
            if other_rank < rank:
                _add(other, defined, found)
    found[id(line)] = line


def steps_between(running: Tree, goal: Tree) -> tuple[ChangeStep, ...]:
    """Return the steps from one tree to another.

    What nothing names goes first, last to first. Then comes what is new, first to last, and what others name before
    them. What others named goes when nothing names it any more: at the end, and in the other order.
    """
    before = {line.text: line for line in running}
    after = {_place(line.text) for line in goal}
    gone = [_negated(line) for line in reversed(in_order(_leaving(running, goal, ())))]
    late = [line for line in gone if _is_named(line) and _place(line.text.removeprefix(_NO)) not in after]
    rank = {line.text: line.number or index for index, line in enumerate(goal)}
    come = {line: rows for line in goal if (rows := list(_rows(before.get(line.text), line, ())))}
    return (
        *(_step([(0, line)]) for line in gone if line not in late),
        *(_step(come[line]) for line in in_order(sorted(come, key=lambda line: rank[line.text]))),
        *(_step([(0, line)]) for line in late),
    )


def _is_named(line: ConfigLine) -> bool:
    return line.text.startswith(_NO) and bool(_definition(line.text.removeprefix(_NO))[1])


def _place(text: str) -> str:
    """Return what of a definition is one of a kind: a list's name, whose other kind has to make room first."""
    return re.sub(rf"^{LIST}\w+ ", LIST, text)


_Row = tuple[int, ConfigLine]
"""A line to send, with its depth."""


def _step(rows: list[_Row]) -> ChangeStep:
    rows = list(_in_family(rows))
    return ChangeStep(lines=tuple(line for _, line in rows), depths=tuple(depth for depth, _ in rows))


def _in_family(rows: list[_Row]) -> Iterator[_Row]:
    """Yield the lines of a step with those in the section of BGP's IPv4 family that stand nowhere else."""
    for is_of_family, some in groupby(rows, key=lambda row: row[0] == 1 and row[1].text.endswith(ACTIVE)):
        if not is_of_family:
            yield from some
            continue
        yield 1, ConfigLine(text=FAMILY, shown=FAMILY)
        yield from ((2, line) for _, line in some)
        yield 1, ConfigLine(text=LEAVES_FAMILY, shown=LEAVES_FAMILY)


def _gone(before: Tree, then: Tree, above: Path) -> Iterator[ConfigLine]:
    """Yield what takes the lines of a section out that it is not to have, last to first."""
    yield from map(_negated, reversed(list(_leaving(before, then, above))))


def _leaving(before: Tree, then: Tree, above: Path) -> Iterator[ConfigLine]:
    """Yield the lines of a section that it is not to have, and that no other takes the place of."""
    kept = {line.text for line in then}
    keys = {key for line in then if (key := key_of((*above, line.text))) is not None}
    for line in before:
        if line.text not in kept and key_of((*above, line.text)) not in keys:
            yield line


def _rows(before: ConfigLine | None, then: ConfigLine, above: Path) -> Iterator[_Row]:
    """Yield what brings a line and what stands below it about; nothing where it is as it is to be."""
    depth, path = len(above), (*above, then.text)
    if before is None:
        yield depth, then
        for line in then.below:
            yield from _rows(None, line, path)
        return
    if _same(before, then):
        return
    if _is_ordered(then):
        below = [(depth + 1, line) for line in _reordered(before, then)]
    else:
        there = {line.text: line for line in before.below}
        below = [(depth + 1, line) for line in _gone(before.below, then.below, path)]
        below += (row for line in then.below for row in _rows(there.get(line.text), line, path))
    if below:
        yield depth, then
        yield from below


def _same(line: ConfigLine, other: ConfigLine) -> bool:
    return line.text == other.text and len(line.below) == len(other.below) and all(map(_same, line.below, other.below))


def _is_ordered(line: ConfigLine) -> bool:
    """Say whether a section is a list with permits and denies, of which the first that matches decides."""
    return line.text.startswith(LIST) and {each.text.split()[0] for each in line.below} >= ACTIONS


def _reordered(before: ConfigLine, then: ConfigLine) -> Iterator[ConfigLine]:
    """Yield the lines of such a list: all entries behind the first other one go, and those that are wanted come."""
    old, new = [line.text for line in before.below], [line.text for line in then.below]
    same = next(
        (at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new))
    )
    yield from map(_negated, reversed(before.below[same:]))
    yield from then.below[same:]


def _negated(line: ConfigLine) -> ConfigLine:
    text = line.text.removeprefix(_NO) if line.text.startswith(_NO) else f"{_NO}{line.text}"
    return ConfigLine(text=text, shown=masked(text))
