"""Text for people: numbers with their nouns, words of identifiers, and what others answered made harmless."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Self

_FIRST_PRINTABLE: Final = 0x20
_DELETE: Final = 0x7F
_LAST_CONTROL: Final = 0x9F


class Worded(StrEnum):
    """Identifiers of the product's JSON, with words for people where underscores as spaces do not do.

    >>> class Way(Worded):
    ...     NOT_REACHED = "not_reached"
    ...     TO_SITE = "aws_to_lab", "AWS to lab"
    >>> [(way.value, way.words) for way in Way]
    [('not_reached', 'not reached'), ('aws_to_lab', 'AWS to lab')]
    """

    words: str

    def __new__(cls, identifier: str, words: str = "") -> Self:
        """Make a member of its identifier, which is its value, and of its words."""
        member = str.__new__(cls, identifier)
        member._value_ = identifier
        member.words = words or identifier.replace("_", " ")
        return member


def identifier(words: str) -> str:
    """Return words as an identifier of the product's JSON.

    >>> identifier("VPN connection")
    'vpn_connection'
    """
    return words.lower().replace(" ", "_")


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun.

    >>> count(1, "check"), count(2, "delivery", "deliveries")
    ('1 check', '2 deliveries')
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def last_line(text: str) -> str:
    r"""Return the last line that says something.

    >>> last_line("one\ntwo\n")
    'two'
    """
    return text.strip().rpartition("\n")[2]


def printable(text: str) -> str:
    r"""Return a text without a character that a terminal would obey or that XML does not take.

    What routers and hosts answer goes through here.

    >>> printable("up\x1b[31m\r")
    'up?[31m'
    """
    return "".join(
        character if character in "\n\t" or _harmless(ord(character)) else "?"
        for character in text.replace("\r\n", "\n").replace("\r", "")
    )


def _harmless(code: int) -> bool:
    surrogate, last_of_plane = 0xD800 <= code <= 0xDFFF, code & 0xFFFE == 0xFFFE  # noqa: PLR2004  (Unicode, 23.6 and 23.7)
    return code >= _FIRST_PRINTABLE and not (_DELETE <= code <= _LAST_CONTROL or surrogate or last_of_plane)
