"""Where a configuration of IOS holds free text, which may look like configuration and is none.

IOS prints its own mark, ``^C`` or its octet, around texts; whoever types one may choose any character. Texts without a
mark end in a word of their own: certificates and keys in ``quit``, macros in ``@``, raw HTTP requests in ``exit``.

Source: Cisco IOS Configuration Fundamentals Command Reference (banner, menu, vacant-message, macro); Security Command
Reference (aaa authentication banner, certificate, key-string); IP SLAs Command Reference (http-raw-request).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

NEVER: Final = -1
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
_MAY_BEGIN: Final = re.compile(
    r"\s*(?:banner|aaa auth|menu|busy-|vacant-|refuse-|certificate|key-string|macro|http-raw)"
)
"""Nearly no line of a configuration begins like this."""
_OF_ONE_LINE: Final = re.compile(
    r"^\s*(?:\d+ )?(?:!|(?:no )?(?:description|remark|action|event|alias|pattern|regexp|snmp-server|match|set)\b"
    r"|menu \S+ (?:text|command) )"
)
"""Lines that hold a text, and never begin one of several lines, whatever stands in them."""


class IosPiece(NamedTuple):
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
    every = list(lines)
    at = 0
    while at < len(every):
        first, line = at, every[at]
        if not (_MAY_BEGIN.match(line) or "^C" in line or "\x03" in line):
            at += 1
            yield IosPiece((line,))
            continue
        end = _end_of(every, at)
        at = len(every) if end == NEVER else (end or first) + 1
        yield IosPiece(tuple(every[first:at]), free=end is not None, ended=end != NEVER)


def _end_of(lines: Sequence[str], at: int) -> int | None:
    """Return the line in which a text ends that begins in line `at`, `NEVER`, or None where none begins."""
    line = lines[at]
    marked = _MARKED.match(line)
    if marked is not None:
        return _next(lines, at, line[marked.end() :], marked["mark"])
    ended = _ENDED.match(line)
    if ended is not None:
        words = _ENDS[str(ended.lastgroup)]
        return next((number for number in range(at + 1, len(lines)) if lines[number].strip() in words), NEVER)
    for control in _CONTROL:
        before, found, behind = line.partition(f" {control}")
        if found and before.strip() and not _OF_ONE_LINE.match(line):
            end = _next(lines, at, behind, control)
            # Where the mark only comes again in a text of its own, it is a word of this line.
            other = end > at and (_MARKED.match(lines[end]) or _OF_ONE_LINE.match(lines[end]))
            return None if end == NEVER or other else end
    return None


def _next(lines: Sequence[str], at: int, behind: str, mark: str) -> int:
    """Return the line in which a mark comes again, which may be the same one."""
    if mark in behind:
        return at
    return next((number for number in range(at + 1, len(lines)) if mark in lines[number]), NEVER)
