"""Patterns of commands, written in one line each.

``word`` is a keyword, ``<name:kind>`` an argument (``<name!:kind>`` tells lines of one slot apart), ``{name:a|b}`` a
keyword whose choice is kept under a name (``{name:a|b}+`` takes several), ``(x | y)`` an alternative, ``[x]`` an
option, and ``/`` the place where the ``no`` form may stop.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from iosxe.grammar.arguments import Argument, argument

_PIECE: Final = re.compile(r"<[^>]+>|\{[^}]+\}\+?|[\[\]()|/]|[^\s\[\]()|<>{}]+")


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword; `keep` is the name that it is kept under, where it is a choice."""

    text: str
    keep: str = ""
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """The place where the ``no`` form may end."""


Element = Keyword | Argument | Stop
Path = tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern taken apart: every way through it, the names that make the key, and its leading keywords."""

    paths: tuple[Path, ...]
    key: tuple[str, ...]
    head: str

    def set_paths(self) -> tuple[Path, ...]:
        """Return the ways to say it."""
        return tuple(tuple(step for step in path if not isinstance(step, Stop)) for path in self.paths)

    def unset_paths(self) -> tuple[Path, ...]:
        """Return the ways to say it behind ``no``: as far as the stop, or in full."""
        short = {path[: path.index(Stop())]: None for path in self.paths if Stop() in path}
        return (*short, *self.set_paths())


def parse(source: str) -> Pattern:
    """Take a pattern apart.

    >>> [len(path) for path in parse("ip mtu / <bytes:68-9216>").unset_paths()]
    [2, 3]

    Raises:
        ValueError: it is not of the form above.
    """
    pieces = _PIECE.findall(source)
    paths, end = _alternatives(pieces, 0)
    if end != len(pieces):
        raise ValueError(f"{source!r}: unbalanced at {pieces[end]!r}")
    key = tuple(dict.fromkeys(re.findall(r"[<{](\w+)!:", source)))
    head = []
    for piece in pieces:
        if piece[0] in "<{[(/|":
            break
        head.append(piece)
    return Pattern(tuple(paths), key, " ".join(head))


def _alternatives(pieces: list[str], at: int) -> tuple[list[Path], int]:
    """Read alternatives up to a closing bracket or the end."""
    every: list[Path] = []
    paths: list[Path] = [()]
    while at < len(pieces) and pieces[at] not in ")]":
        piece = pieces[at]
        if piece == "|":
            every, paths = every + paths, [()]
            at += 1
        elif piece in "([":
            inner, at = _alternatives(pieces, at + 1)
            if at >= len(pieces):
                raise ValueError(f"{' '.join(pieces)!r}: a bracket is not closed")
            at += 1
            ways: list[Path] = [*inner, ()] if piece == "[" else inner
            paths = [path + way for path in paths for way in ways]
        else:
            paths = [(*path, step) for path in paths for step in _steps(piece)]
            at += 1
    return every + paths, at


def _steps(piece: str) -> tuple[Element, ...]:
    if piece == "/":
        return (Stop(),)
    if piece.startswith("<"):
        name, _, kind = piece[1:-1].partition(":")
        return (argument(name.rstrip("!"), kind),)
    if piece.startswith("{"):
        name, _, choices = piece.rstrip("+")[1:-1].partition(":")
        return tuple(Keyword(choice, name.rstrip("!"), piece.endswith("+")) for choice in choices.split("|"))
    return (Keyword(piece),)
