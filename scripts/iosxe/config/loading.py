"""Read a whole configuration, as a router does that boots: what it does not know stays in it as text. Pure.

A configuration that a router printed says by indentation what belongs to which section. In one that somebody typed
without any, a line belongs to the section that knows it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from iosxe.config.editor import TOP, Frame, Place, take
from iosxe.config.modes import mode
from iosxe.config.node import Config, Key, kept
from iosxe.grammar.names import is_hardware
from iosxe.grammar.trie import Match
from mcastlab_base.ios_free_text import IosPiece, pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Frames = tuple[Frame, ...]

_PRINTED: Final = ("Building configuration", "Current configuration", "Using ")
_WIDE: Final = frozenset({"aaa", "crypto", "event", "ip", "ipv6", "no"})
"""Words that say little of a line without the next one, which is a keyword too."""
_KEYWORD: Final = re.compile(r"[a-z][a-z-]*[0-9]?")
_TYPED: Final = ("no shutdown",)
"""What people type, and IOS never prints."""
_LEAVES: Final = ("exit", "end")
_INSIDE: Final = {"ssh-pubkey-user": "key-string"}
"""Free text that the command line takes itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLines:
    """Lines that a router keeps as text, and what its command line would have said of the first."""

    number: int
    text: str = field(repr=False)
    """Not shown in a repr: it may hold a key."""
    section: str
    """The first words of the sections that they stand in."""
    answer: str

    @property
    def kind(self) -> str:
        """What kind of line it is, without what may be a key."""
        words = self.text.split()[: 2 if self.text.split()[0] in _WIDE else 1]
        shown = " ".join(words) if all(map(_KEYWORD.fullmatch, words)) else "text"
        return f"{self.section}: {shown}" if self.section else shown


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedConfig:
    """A configuration that was read, and what of it nothing here acts on."""

    config: Config
    kept: tuple[KeptLines, ...] = ()
    refused: tuple[str, ...] = ()
    """Of these the first lines that may not be kept. They may hold keys."""


def hardware_in(text: str) -> tuple[str, ...]:
    """Return the physical interfaces that a configuration names, as IOS writes them."""
    lines = (piece.lines[0] for piece in pieces(text.split("\n")) if not piece.free)
    names = (line.removeprefix("interface ").strip() for line in lines if line.startswith("interface "))
    found = (mode("config").grammar.match(f"interface {name}") for name in names)
    return tuple(
        dict.fromkeys(each.args["name"] for each in found if isinstance(each, Match) and is_hardware(each.args["name"]))
    )


def load(
    config: Config, text: str, interfaces: tuple[str, ...], *, known: frozenset[Key] | None = None
) -> LoadedConfig:
    """Take a whole configuration into `config`.

    Args:
        config: what is there already.
        text: the lines, as a router prints them or as somebody typed them.
        interfaces: the physical interfaces of the router.
        known: what may be kept as text; anything where it is None. Other lines are left out, and reported as kept.
    """
    items = _nested(pieces(text.split("\n")))
    reading = _Reading(config, interfaces, known, typed=not any(item.below for item in items))
    # What refers to an interface may stand before it.
    for item in items:
        if item.first.startswith("interface "):
            taken = take(reading.config, Place(), item.first, interfaces=interfaces)
            reading.config = taken.config
    reading.top(items)
    return LoadedConfig(config=reading.config, kept=tuple(reading.kept), refused=tuple(reading.refused))


def kept_keys(config: Config) -> frozenset[Key]:
    """Return the keys of all that a configuration keeps as text."""

    def walk(children: Iterable[tuple[Key, object]]) -> Iterator[Key]:
        for key, node in children:
            if key[0] == "kept":
                yield key
            yield from walk(getattr(node, "children", {}).items())

    return frozenset(walk(config.root.children.items()))


def summary_of(kinds: Iterable[str]) -> str:
    """Return kinds of lines and how many there are of each, the most frequent first.

    >>> summary_of(["aaa group", "menu", "menu"])
    'menu (2), aaa group'
    """
    counted = Counter(kinds).most_common()
    return ", ".join(kind if count == 1 else f"{kind} ({count})" for kind, count in counted)


@dataclass(slots=True)
class _Item:
    """A line or a free text, and what is indented below it."""

    number: int
    indent: int
    piece: IosPiece
    below: list[_Item] = field(default_factory=list)

    @property
    def first(self) -> str:
        return self.piece.lines[0].strip()

    def raw(self) -> Iterator[str]:
        """Yield all lines as they were read, the first one without its indentation."""
        yield self.first
        yield from (line.rstrip() for line in self.piece.lines[1:])
        for item in self.below:
            yield item.piece.lines[0].rstrip()
            yield from [*item.raw()][1:]


def _nested(found: Iterable[IosPiece]) -> list[_Item]:
    root = _Item(0, -1, IosPiece(("",)))
    stack = [root]
    number = 1
    for piece in found:
        line, at = piece.lines[0], number
        number += len(piece.lines)
        stripped = line.strip()
        if not stripped or stripped.startswith(("!", *_PRINTED)):
            continue
        indent = len(line) - len(line.lstrip())
        while stack[-1].indent >= indent:
            stack.pop()
        before = stack[-1].below[-1:]
        if before and stripped.startswith("exit-"):
            # What closes a section stands beside it, and is no line of its own.
            before[0].below.append(_Item(at, indent, piece))
            continue
        stack[-1].below.append(_Item(at, indent, piece))
        stack.append(stack[-1].below[-1])
    return root.below


@dataclass(slots=True)
class _Reading:
    """A configuration while it is read."""

    config: Config
    interfaces: tuple[str, ...]
    known: frozenset[Key] | None
    typed: bool
    """Whether somebody typed it without indentation."""
    kept: list[KeptLines] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def top(self, items: Iterable[_Item]) -> None:
        """Take the lines that are not indented."""
        after = ""
        opened: Frames = TOP
        for item in items:
            if item.first in _LEAVES:
                opened = opened[:-1] if item.first == "exit" and len(opened) > 1 else TOP
                continue
            around = [opened[:depth] for depth in range(len(opened), 0, -1)]
            places = around if self.typed else [TOP, *around[:-1]]
            for frames in places:
                pattern, inside, answer = self._take(item, frames)
                if pattern is not None:
                    break
            else:
                self._keep(item, TOP, after, "", answer)
                opened = TOP
                continue
            after = pattern or after if len(frames) == 1 else after
            opened = self._below(item, inside)

    def _below(self, item: _Item, frames: Frames) -> Frames:
        """Take what stands below the line that opened the last section; return the sections that are open then."""
        after, last = "", frames
        for each in item.below:
            if each.first.startswith("exit-") or each.first in _LEAVES:
                continue
            pattern, opened, answer = self._take(each, frames)
            if pattern is None:
                self._keep(each, frames, after, item.first.split()[0], answer)
                continue
            after = pattern or after
            last = self._below(each, opened)
        return last

    def _take(self, item: _Item, frames: Frames) -> tuple[str | None, Frames, str]:
        """Take a line in one mode; return its row's pattern, the sections open then, and what was answered.

        The pattern is None where the line is not taken, and empty where it stands in no place of its own.
        """
        found = mode(frames[-1].mode).grammar.match(item.first)
        own_text = item.first.startswith("banner ") or _INSIDE.get(frames[-1].mode) == item.first
        if not isinstance(found, Match):
            return None, frames, found.text(item.first, "")
        row = found.leaf.row
        below = any(not each.first.startswith("exit-") for each in item.below)
        if row is None or (item.piece.free and not own_text) or (below and not row.enters):
            return None, frames, ""
        place: Place | None = Place(frames=frames)
        answer = ""
        for number, line in enumerate(item.piece.lines):
            taken = take(self.config, place or Place(), line if number else item.first, interfaces=self.interfaces)
            if taken.refused:
                return None, frames, taken.answer
            self.config, place, answer = taken.config, taken.place, taken.answer
        there = row.key_of(found.args) in self.config.at(frames[-1].path).children
        if found.leaf.form == "no" and not there and item.first not in {row.absent, *_TYPED}:
            # IOS prints only what is not so anyhow; here it leaves no trace.
            return None, frames, ""
        return row.pattern if there else "", frames if place is None else place.frames, answer

    def _keep(self, item: _Item, frames: Frames, after: str, section: str, answer: str) -> None:
        """Keep a line and all below it as text."""
        text = "\n".join(item.raw())
        key, node = kept(frames[-1].mode, after, text)
        self.kept.append(KeptLines(number=item.number, text=text, section=section, answer=answer.strip()))
        if self.known is not None and key not in self.known:
            self.refused.append(item.first)
        else:
            self.config = self.config.put(frames[-1].path, key, node)
