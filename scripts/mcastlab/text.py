"""Text for people: numbers with their nouns, and what others answered made harmless."""

from __future__ import annotations

from typing import Final

_FIRST_PRINTABLE: Final = 0x20
_DELETE: Final = 0x7F
_LAST_CONTROL: Final = 0x9F


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun.

    >>> count(1, "check"), count(2, "delivery", "deliveries")
    ('1 check', '2 deliveries')
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


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
