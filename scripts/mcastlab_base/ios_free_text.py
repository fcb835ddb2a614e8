"""Where a configuration of IOS holds free text, which may look like configuration and is none.

IOS prints its own mark, ``^C`` or its octet, around texts; whoever types one may choose any character. Texts without a
mark end in a word of their own: certificates and keys in ``quit``, macros in ``@``, raw HTTP requests in ``exit``.

Source: Cisco IOS Configuration Fundamentals Command Reference (banner, menu, vacant-message, macro); Security Command
Reference (aaa authentication banner, certificate, key-string); IP SLAs Command Reference (http-raw-request).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MARK: Final = r"(?P<mark>\^C|\S)"
_CONTROL: Final = ("^C", "\x03")
_MARKED: Final = re.compile(
    rf"^(?:banner \S+ |aaa authentication (?:banner|fail-message) |menu \S+ (?:title|prompt) |busy-message \S+ "
    rf"|\s*(?:vacant|refuse)-message ){_MARK}"
)
"""A text between two marks that whoever typed it chose."""
_ENDED: Final = re.compile(
    r"^(?:(?P<quit>\s+certificate (?!.* nvram:)|\s*key-string\s*$)|(?P<at>macro name )"
    r"|(?P<exit>\s+http-raw-request\s*$))"
)
"""A text that ends in a line of its own."""
_ENDS: Final = {"quit": ("quit", "exit"), "at": ("@",), "exit": ("exit",)}
_OF_ONE_LINE: Final = re.compile(
    r"^\s*(?:\d+ )?(?:!|(?:no )?(?:description|remark|action|event|alias|pattern|regexp|snmp-server|match|set)\b"
    r"|menu \S+ (?:text|command) )"
)
"""Lines that hold a text, and never begin one of several lines, whatever stands in them."""


@dataclass(frozen=True, slots=True)
class IosPiece:
    """A line, or free text with the line that it begins in and the one that it ends in. The lines may hold keys."""

    lines: tuple[str, ...]
    free: bool = False
    ended: bool = True
    """Whether the text's end was found."""


def pieces(lines: Iterable[str]) -> Iterator[IosPiece]:
    r"""Yield the lines of a configuration, each free text in one piece; one that never ends goes to the last line.

    >>> [piece.free for piece in pieces(["banner motd #", "hostname X", "#", "hostname R1"])]
    [True, False]
    """
    rest = iter(lines)
    for line in rest:
        found = _begun(line)
        if found is None:
            yield IosPiece((line,))
            continue
        mark, behind, words = found
        text, ended = [line], bool(mark) and mark in behind
        while not ended and (each := next(rest, None)) is not None:
            text.append(each)
            ended = mark in each if mark else each.strip() in words
        yield IosPiece(tuple(text), free=True, ended=ended)


def _begun(line: str) -> tuple[str, str, tuple[str, ...]] | None:
    """Return how a text ends that begins in this line: by a mark, with what stands behind the first, or by words."""
    marked = _MARKED.match(line)
    if marked is not None:
        return marked["mark"], line[marked.end() :], ()
    ended = _ENDED.match(line)
    if ended is not None:
        return "", "", _ENDS[str(ended.lastgroup)]
    for control in _CONTROL:
        before, found, behind = line.partition(f" {control}")
        if found and before.strip() and not _OF_ONE_LINE.match(line):
            return control, behind, ()
    return None
