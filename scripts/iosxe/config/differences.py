"""What differs between two configurations, as IOS's contextual diff tells it. Pure.

Source: Cisco, Contextual Configuration Diff Utility: the order of lines does not count, a line stands below the
section that it belongs to, ``+`` marks what the second file has and the first has not, ``-`` the other way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mcastlab_base.ios_free_text import pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CONTEXTUAL: Final = "!Contextual Config Diffs:\n"
NO_CHANGES: Final = "!No changes were found\n"
INCREMENTAL: Final = "!List of Commands:\n"


@dataclass(slots=True)
class Tree:
    """A configuration's lines, each with those that are indented below it."""

    lines: dict[str, Tree] = field(default_factory=dict)


def tree_of(text: str) -> Tree:
    """Read a configuration; comments and the ``end`` are no part of it, and free text is one line."""
    root = Tree()
    open_sections: list[tuple[int, Tree]] = [(-1, root)]
    for piece in pieces(text.split("\n")):
        raw = "\n".join(piece.lines)
        line = raw.strip()
        if not line or line.startswith(("!", "Building configuration", "Current configuration")) or line == "end":
            continue
        depth = len(raw) - len(raw.lstrip())
        while open_sections[-1][0] >= depth:
            open_sections.pop()
        section = open_sections[-1][1].lines.setdefault(line, Tree())
        open_sections.append((depth, section))
    return root


def _missing(here: Tree, there: Tree, sign: str, depth: int = 0) -> Iterator[str]:
    """Return the lines of `here` that `there` lacks, below the sections that both have."""
    pad = " " * depth
    for line, below in here.lines.items():
        other = there.lines.get(line)
        if other is None:
            yield f"{pad}{sign}{line}"
            yield from _missing(below, Tree(), sign, depth + 1)
        else:
            inside = list(_missing(below, other, sign, depth + 1))
            if inside:
                yield f"{pad}{line}"
                yield from inside


def contextual(first: str, second: str) -> str:
    """Return ``show archive config differences``."""
    one, two = tree_of(first), tree_of(second)
    lines = [*_missing(two, one, "+"), *_missing(one, two, "-")]
    return CONTEXTUAL + (_joined(lines) if lines else NO_CHANGES)


def incremental(file: str, running: str) -> str:
    """Return ``show archive config incremental-diffs``: the commands of a file that the running configuration lacks."""
    lines = list(_missing(tree_of(file), tree_of(running), ""))
    return INCREMENTAL + _joined([*lines, "end"] if lines else ["!No changes were found"])


def commands_between(running: str, wanted: str) -> list[str]:
    """Return the commands that make one configuration into another: first what goes, then what comes."""
    now, then = tree_of(running), tree_of(wanted)
    return [*_removals(now, then, ""), *_missing(then, now, "")]


def _removals(here: Tree, there: Tree, pad: str) -> Iterator[str]:
    for line, below in here.lines.items():
        other = there.lines.get(line)
        if other is None:
            yield pad + (line.removeprefix("no ") if line.startswith("no ") else f"no {line}")
        else:
            inside = list(_removals(below, other, f"{pad} "))
            if inside:
                yield pad + line
                yield from inside


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
