"""What a plain word of YAML is: a number, true, false, nothing, or else the text that it looks like.

By the core schema of YAML 1.2, so that ``1:30:00``, ``yes`` and ``1_000`` are text: YAML 1.1 makes 5400, true and 1000
of them. Source: YAML 1.2.2, section 10.3.2.
"""

from __future__ import annotations

import re
from typing import Final

_KNOWN: Final = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{word: float(word.replace(".", "")) for word in (".inf", "-.inf", "+.inf", ".nan")},
}
_WHOLE: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FRACTION: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_OCTAL: Final = re.compile(r"[-+]?0[0-9]+")
_BASES: Final = {"0o": 8, "0x": 16}
LONGEST_NUMBER: Final = 400
"""Digits; Python takes a time that grows with their square."""


def value_of(word: str) -> object:
    """Return what a plain word is.

    >>> [value_of(word) for word in ("12", "0x1F", "1e3", "1:30:00", "yes", "true", "~")]
    [12, 31, 1000.0, '1:30:00', 'yes', True, None]

    Raises:
        ValueError: versions of YAML read it as different numbers.
    """
    if word in _KNOWN:
        return _KNOWN[word]
    if len(word) > LONGEST_NUMBER:
        return word
    if _OCTAL.fullmatch(word):
        digits = str(int(word))
        raise ValueError(f"programs read {word} in different ways; write {digits}, or '{word}' in quotes if it is text")
    if _WHOLE.fullmatch(word):
        return int(word[2:], _BASES[word[:2]]) if word[:2] in _BASES else int(word)
    if _FRACTION.fullmatch(word):
        return float(word)
    return word
