"""Patterns of commands, written in one line each.

``word`` is a keyword, ``<name:kind>`` an argument (``<name!:kind>`` tells lines of one slot apart), ``{name:a|b}`` a
keyword whose choice is kept under a name (``{name:a|b}+`` takes several), ``(x | y)`` an alternative, ``[x]`` an
option, and ``/`` the place where the ``no`` form may stop.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mcastlab.twin.router.grammar.arguments import Argument, argument

_TOKEN: Final = re.compile(r"<[^>]+>|\{[^}]+\}\+?|[\[\]()|/]|[^\s\[\]()|<>{}]+")


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
    tokens = _TOKEN.findall(source)
    paths, end = _alternatives(tokens, 0)
    if end != len(tokens):
        raise ValueError(f"{source!r}: unbalanced at {tokens[end]!r}")
    key = tuple(dict.fromkeys(re.findall(r"[<{](\w+)!:", source)))
    head = []
    for token in tokens:
        if token[0] in "<{[(/|":
            break
        head.append(token)
    return Pattern(tuple(paths), key, " ".join(head))


def _alternatives(tokens: list[str], at: int) -> tuple[list[Path], int]:
    """Read alternatives up to a closing bracket or the end."""
    every: list[Path] = []
    paths: list[Path] = [()]
    while at < len(tokens) and tokens[at] not in ")]":
        token = tokens[at]
        if token == "|":
            every, paths = every + paths, [()]
            at += 1
        elif token in "([":
            inner, at = _alternatives(tokens, at + 1)
            if at >= len(tokens):
                raise ValueError(f"{' '.join(tokens)!r}: a bracket is not closed")
            at += 1
            ways: list[Path] = [*inner, ()] if token == "[" else inner
            paths = [path + way for path in paths for way in ways]
        else:
            paths = [(*path, step) for path in paths for step in _steps(token)]
            at += 1
    return every + paths, at


def _steps(token: str) -> tuple[Element, ...]:
    if token == "/":
        return (Stop(),)
    if token.startswith("<"):
        name, _, kind = token[1:-1].partition(":")
        return (argument(name.rstrip("!"), kind),)
    if token.startswith("{"):
        name, _, choices = token.rstrip("+")[1:-1].partition(":")
        return tuple(Keyword(choice, name.rstrip("!"), token.endswith("+")) for choice in choices.split("|"))
    return (Keyword(token),)
