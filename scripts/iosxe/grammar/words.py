"""A command line as words with the columns that they stand in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_WORD: Final = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word and the column of its first character, counted from the line's first."""

    text: str
    column: int

    @property
    def end(self) -> int:
        """The column behind the word."""
        return self.column + len(self.text)


def words_of(line: str, start: int = 0) -> tuple[Word, ...]:
    """Split a line from column `start` on.

    >>> [(word.text, word.column) for word in words_of("show  clock")]
    [('show', 0), ('clock', 6)]
    """
    return tuple(Word(found[0], found.start()) for found in _WORD.finditer(line, start))


def common_prefix(one: str, other: str) -> int:
    """Return how many leading characters two words share, whatever their case.

    >>> common_prefix("confgi", "configure")
    4
    """
    length = 0
    for left, right in zip(one.lower(), other.lower(), strict=False):
        if left != right:
            break
        length += 1
    return length
