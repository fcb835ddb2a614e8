"""The types of arguments: what IOS takes in their place, how it writes it, and what help says."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from iosxe.grammar.names import HARDWARE, TYPES, is_subinterface, number_of, split_name, types_like
from iosxe.grammar.words import Word
from mcastlab_base.as_numbers import as_number

OCTETS: Final = 4
OCTET_MAX: Final = 255
MAX_LENGTH: Final = 32
MAC_HASH_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class Read:
    """An argument that was understood: its canonical text and how many words it took."""

    text: str
    used: int = 1


@dataclass(frozen=True, slots=True)
class Unread:
    """An argument that was not: the column where it went wrong."""

    column: int
    incomplete: bool = False
    ambiguous: bool = False


Reader = Callable[[str, Sequence[Word]], Read | Unread]


@dataclass(frozen=True, slots=True)
class Argument:
    """A typed argument."""

    name: str
    kind: str
    read: Reader
    syntax: str
    """What help shows for it: ``A.B.C.D``, ``<1-99>``, ``WORD``."""


def _word(_line: str, words: Sequence[Word]) -> Read:
    return Read(words[0].text)


def _line(line: str, words: Sequence[Word]) -> Read:
    return Read(line[words[0].column :].rstrip(), len(words))


def _address(_line: str, words: Sequence[Word]) -> Read | Unread:
    """Read a dotted quad; IOS marks the first character that cannot belong to one."""
    word = words[0]
    octets = [""]
    for offset, character in enumerate(word.text):
        if character == "." and octets[-1] and len(octets) < OCTETS:
            octets.append("")
        elif character.isdecimal() and character.isascii() and int(octets[-1] + character) <= OCTET_MAX:
            octets[-1] += character
        else:
            return Unread(word.column + offset)
    if len(octets) < OCTETS or not octets[-1]:
        return Unread(word.end)
    return Read(".".join(str(int(octet)) for octet in octets))


def _number(low: int, high: int) -> Reader:
    def read(_line: str, words: Sequence[Word]) -> Read | Unread:
        word = words[0]
        for offset, character in enumerate(word.text):
            if not (character.isdecimal() and character.isascii()):
                return Unread(word.column + offset)
        value = int(word.text)
        return Read(str(value)) if low <= value <= high else Unread(word.column)

    return read


def _asn(_line: str, words: Sequence[Word]) -> Read | Unread:
    """Read an AS number in asplain or asdot."""
    try:
        number = as_number(words[0].text)
    except ValueError:
        number = 0
    return Read(str(number)) if number else Unread(words[0].column)


def _interface(*only: str, part: bool | None = None, slot: bool | None = None) -> Reader:
    """Read ``Gi1``, ``GigabitEthernet1`` or ``GigabitEthernet 1``; the number may stand apart.

    Args:
        only: the types that may stand there; any where none is named.
        part: whether it is a subinterface; None where it may be either.
        slot: whether its number names a slot; None where it may be either.
    """

    def read(_line: str, words: Sequence[Word]) -> Read | Unread:
        word = words[0]
        kind, number = split_name(word.text)
        found = types_like(kind)
        if len(found) > 1:
            return Unread(word.column, ambiguous=True)
        if not found or found[0] not in (only or TYPES):
            return Unread(word.column)
        used, column = 1, word.column + len(kind)
        if not number:
            if len(words) == 1:
                return Unread(word.end, incomplete=True)
            number, used, column = words[1].text, 2, words[1].column
        written = number_of(found[0], number)
        if written is None or part not in {None, is_subinterface(written)} or slot not in {None, "/" in written}:
            return Unread(column)
        return Read(f"{found[0]}{written}", used)

    return read


def _prefix(line: str, words: Sequence[Word]) -> Read | Unread:
    """Read ``A.B.C.D/length``."""
    address, slash, length = words[0].text.partition("/")
    read = _address(line, [Word(address, words[0].column)])
    if isinstance(read, Unread):
        return read
    if not slash or not length.isdecimal() or int(length) > MAX_LENGTH:
        return Unread(words[0].column + len(address) + len(slash))
    return Read(f"{read.text}/{int(length)}")


def _md5(_line: str, words: Sequence[Word]) -> Read | Unread:
    word = words[0]
    bad = re.search(r"[^0-9A-Fa-f]", word.text)
    if bad is not None or len(word.text) != MAC_HASH_DIGITS:
        return Unread(word.column + (bad.start() if bad else 0))
    return Read(word.text.upper())


_KINDS: Final[dict[str, tuple[Reader, str]]] = {
    "word": (_word, "WORD"),
    "file": (_word, "URL"),
    "line": (_line, "LINE"),
    "ip": (_address, "A.B.C.D"),
    "interface": (_interface(), "Interface"),
    "subinterface": (_interface(part=True), "Interface"),
    "slot": (_interface(HARDWARE[0], part=False, slot=True), HARDWARE[0]),
    "asn": (_asn, "<1-4294967295>"),
    "prefix": (_prefix, "A.B.C.D/nn"),
    "md5": (_md5, "WORD"),
    **{name: (_interface(name, part=False), name) for name in TYPES},
    HARDWARE[0]: (_interface(HARDWARE[0], part=False, slot=False), HARDWARE[0]),
}


def argument(name: str, kind: str) -> Argument:
    """Return the argument of a kind: one of `_KINDS`, or a range of numbers: ``1-99``.

    Raises:
        ValueError: there is no such kind.
    """
    if kind in _KINDS:
        read, syntax = _KINDS[kind]
        return Argument(name, kind, read, syntax)
    bounds = re.fullmatch(r"(\d+)-(\d+)", kind)
    if bounds is None:
        raise ValueError(f"{name}: no argument is of kind {kind!r}")
    return Argument(name, kind, _number(int(bounds[1]), int(bounds[2])), f"<{kind}>")
