"""A configuration as sections and lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from mcastlab.ios.chatter import without_chatter
from mcastlab.ios.harmless import LOOKED_AT
from mcastlab.ios.secrets import masked
from mcastlab_base.as_numbers import in_asplain
from mcastlab_base.ios_free_text import pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Path = tuple[str, ...]
"""A line below the headers of its sections, without indentation."""

LIST: Final = "ip access-list "
"""How the sections begin that are access lists."""
_NOISE: Final = re.compile(
    r"^(?:!.*|\s*!.*|end|version \S+|Building configuration.*|Current configuration.*|\s+exit-[a-z-]+)?\s*$"
)
_FAMILY: Final = re.compile(r"^address-family ipv4(?: unicast)?$")
_SEQUENCE: Final = re.compile(r"^\d+ (?=permit|deny|remark)")
_BGP: Final = re.compile(r"^router bgp ")
FAMILY: Final = "address-family ipv4"
LEAVES_FAMILY: Final = "exit-address-family"
NOT_ACTIVE_BY_DEFAULT: Final = "no bgp default ipv4-unicast"
ACTIVE: Final = " activate"
"""What the line ends in that makes a neighbour of ``router bgp`` exchange IPv4 routes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigLine:
    """A line and what stands below it. `number` and `origin` say where a template gave it; `text` may hold a key."""

    text: str = field(repr=False)
    shown: str
    number: int = 0
    origin: str = ""
    below: tuple[ConfigLine, ...] = ()

    def walk(self, above: Path = ()) -> Iterator[tuple[Path, ConfigLine]]:
        """Yield the line and all lines below it with their paths."""
        path = (*above, self.text)
        yield path, self
        for line in self.below:
            yield from line.walk(path)


Tree = tuple[ConfigLine, ...]


def shown_path(path: Path) -> Path:
    """Return a path as it may be shown or written to a file."""
    return tuple(masked(text) for text in path)


def shown_tree(tree: Tree) -> Tree:
    """Return a tree whose lines hold nothing but what may be shown."""
    return tuple(replace(line, text=line.shown, below=shown_tree(line.below)) for line in tree)


def parse(text: str) -> Tree:
    """Return the sections of a running configuration; comments, banners and certificates stay out."""
    return nested(
        (len(line) - len(line.lstrip()), ConfigLine(text=line.strip(), shown=masked(line.strip())))
        for line in map(in_asplain, _spoken(without_chatter(text).split("\n")))
    )


def endless_text(text: str) -> str | None:
    """Return the line in which a free text begins that has no end, as it may be shown: what follows is not known."""
    return next((masked(piece.lines[0]) for piece in pieces(text.split("\n")) if not piece.ended), None)


def paths(tree: Tree) -> dict[Path, ConfigLine]:
    """Return every line of a tree by its path, in order."""
    return {path: line for top in tree for path, line in top.walk()}


def section(tree: Tree, header: str) -> ConfigLine | None:
    """Return the section or line of that text at the top."""
    return next((line for line in tree if line.text == header), None)


def as_text(tree: Tree, indent: int = 0) -> str:
    """Return a tree as text."""
    return "".join(f"{' ' * indent}{line.text}\n{as_text(line.below, indent + 1)}" for line in tree)


def shown_configuration(text: str) -> str:
    """Return the sections of a running configuration that a lab looks at, masked, and how many were left out."""
    found: list[str] = []
    left_out = 0
    shows = False
    for line in _spoken(without_chatter(text).split("\n")):
        below = line[0].isspace()
        if not below:
            shows = line.startswith(LOOKED_AT)
            left_out += not shows
        if shows:
            if found and not below and (found[-1][0].isspace() or found[-1].split()[0] != line.split()[0]):
                found.append("!")
            found.append(masked(line))
    if left_out:
        found += ["!", f"! {left_out} more at the top, which the lab does not look at, and what stands below them"]
    return "\n".join([*found, ""])


def _spoken(lines: Iterable[str]) -> Iterator[str]:
    """Leave out what is no configuration, and free text.

    A line ends where the router ends it: what else Python takes for the end of one may stand in free text.
    """
    for piece in pieces(lines):
        if not piece.free and not _NOISE.match(piece.lines[0]):
            yield piece.lines[0].rstrip()


@dataclass(slots=True)
class _Open:
    """A section while its lines are being read."""

    line: ConfigLine
    below: list[_Open] = field(default_factory=list)

    def closed(self) -> ConfigLine:
        """Return the section with the lines that were read."""
        return _settled(self.line, tuple(each.closed() for each in self.below))


def nested(lines: Iterable[tuple[int, ConfigLine]]) -> Tree:
    """Return lines, each with its indentation, as sections."""
    root = _Open(ConfigLine(text="", shown=""))
    stack: list[tuple[int, _Open]] = [(-1, root)]
    for indent, line in lines:
        while stack[-1][0] >= indent:
            stack.pop()
        opened = _Open(line)
        stack[-1][1].below.append(opened)
        stack.append((indent, opened))
    return tuple(each.closed() for each in root.below)


def _settled(line: ConfigLine, children: Tree) -> ConfigLine:
    if line.text.startswith(LIST):
        # Newer releases print the sequence numbers of entries.
        children = tuple(
            replace(each, text=_SEQUENCE.sub("", each.text), shown=_SEQUENCE.sub("", each.shown)) for each in children
        )
    if _BGP.match(line.text):
        children = tuple(_of_one_family(children))
    return replace(line, below=children) if children else line


def _is_activation(text: str) -> bool:
    return text.startswith("neighbor ") and text.endswith(ACTIVE)


def _of_one_family(lines: Tree) -> Iterator[ConfigLine]:
    """Yield the lines of ``router bgp`` with those of its IPv4 unicast family among them.

    IOS takes them in either place and prints them in the family's section as soon as there is one. That a neighbour is
    active is said for each only where it is not so by default. Some print a line in both places.
    """
    by_default = all(line.text != NOT_ACTIVE_BY_DEFAULT for line in lines)
    before = {line.text for line in lines}
    for line in lines:
        if _FAMILY.match(line.text):
            below = (each for each in line.below if each.text not in before)
            yield from (each for each in below if not (by_default and _is_activation(each.text)))
        else:
            yield line
