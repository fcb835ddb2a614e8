"""Quantities as a test file has them: durations, rates, shares, and the limits of what is expected."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from mcastlab.lab.types import shown

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min)")
_UNITS_MS: Final = {"ms": 1, "s": 1000, "min": 60_000}
LONGEST_MS: Final = 3_600_000
"""An hour."""


def _text_to_ms(text: str) -> int | None:
    found = _DURATION.fullmatch(text.strip())
    return None if found is None else round(float(found[1]) * _UNITS_MS[found[2]])


def _duration(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    ms = _text_to_ms(value) if isinstance(value, str) else None
    if ms is None or ms > LONGEST_MS:
        raise ValueError(f"{shown(value)} is not a duration; write one such as 500ms, 10s or 2min, at most 60min")
    return ms


@dataclass(frozen=True, slots=True)
class DurationRange:
    """From the shortest to the longest of some durations, in milliseconds."""

    least_ms: int
    most_ms: int


def _range(value: Any) -> Any:
    if isinstance(value, DurationRange):
        return value
    first, dots, last = str(value).partition("..")
    try:
        least = _duration(first)
        most = _duration(last) if dots else least
    except ValueError:
        least, most = 1, 0
    if not 0 <= least <= most:
        raise ValueError(f"{shown(value)} is not a range of durations; write one such as 5s..20s")
    return DurationRange(least, most)


def _rate(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*/\s*s\s*", value) if isinstance(value, str) else None
    if found is None or not float(found[1]):
        raise ValueError(f"{shown(value)} is not a rate; write how many a second, such as 20/s")
    return float(found[1])


def _share(value: Any) -> Any:
    if isinstance(value, float):
        return value
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", value) if isinstance(value, str) else None
    if found is None or float(found[1]) > 100:  # noqa: PLR2004
        raise ValueError(f"{shown(value)} is not a share; write one such as 2 %")
    return float(found[1]) / 100


def _in_ms(ms: int) -> str:
    return f"{ms}ms"


Duration = Annotated[
    int,
    BeforeValidator(_duration),
    PlainSerializer(_in_ms),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)? *(ms|s|min)$"}),
]
"""A duration such as 10s; in milliseconds."""

Durations = Annotated[
    DurationRange,
    BeforeValidator(_range),
    PlainSerializer(lambda each: f"{each.least_ms}ms..{each.most_ms}ms"),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)? *(ms|s|min)( *\.\. *\d+(\.\d+)? *(ms|s|min))?$"}),
]
"""A duration, or from which to which some are drawn: 5s..20s."""

PerSecond = Annotated[
    float,
    BeforeValidator(_rate),
    PlainSerializer(lambda each: f"{each:g}/s"),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)? */ *s$"}),
]
"""How many a second: 20/s."""

Share = Annotated[
    float,
    BeforeValidator(_share),
    PlainSerializer(lambda each: f"{each * 100:g} %"),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)? *%$"}),
]
"""A share such as 2 %."""

_OPERATORS: Final = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq}
_LIMIT: Final = re.compile(r"\s*(<=|>=|<|>|=|)\s*(\d+(?:\.\d+)?)\s*(%|ms|s|min|)\s*")
_KINDS: Final = {"": "number", "%": "share", "ms": "duration", "s": "duration", "min": "duration"}
_EXAMPLES: Final = {"number": ">= 4.0", "share": "< 1 %", "duration": "< 150 ms"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a figure is to be, in milliseconds, as a share or as a number.

    >>> limit = Limit.of("< 150 ms", "duration")
    >>> limit.holds(149.9), limit.holds(150), str(limit)
    (True, False, '< 150 ms')
    """

    operator: str
    value: float
    text: str

    @classmethod
    def of(cls, value: object, kind: str) -> Limit:
        """Return the limit that a text or a number stands for.

        Raises:
            ValueError: it is none of that kind.
        """
        text = f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else value
        found = _LIMIT.fullmatch(text) if isinstance(text, str) else None
        if found is None or _KINDS[found[3]] != kind:
            raise ValueError(f"{shown(value)} is not a limit of this figure; write one such as {_EXAMPLES[kind]}")
        number = float(found[2])
        number = number / 100 if kind == "share" else number * _UNITS_MS[found[3]] if kind == "duration" else number
        words = " ".join(part for part in (found[1], found[2], found[3]) if part)
        return cls(operator=found[1] or "=", value=number, text=words)

    def holds(self, figure: float) -> bool:
        """Say whether a figure is within the limit."""
        return bool(_OPERATORS[self.operator](figure, self.value))

    @property
    def is_most(self) -> bool:
        """Whether the larger figure is the worse one."""
        return self.operator in {"<", "<=", "="}

    def __str__(self) -> str:
        return self.text


def _limit(kind: str) -> BeforeValidator:
    return BeforeValidator(lambda value: value if isinstance(value, Limit) else Limit.of(value, kind))


_LIMIT_SCHEMA: Final = WithJsonSchema({"type": ["string", "number"]})
ShareLimit = Annotated[Limit, _limit("share"), PlainSerializer(str), _LIMIT_SCHEMA]
"""A limit of a share: < 1 %."""
DurationLimit = Annotated[Limit, _limit("duration"), PlainSerializer(str), _LIMIT_SCHEMA]
"""A limit of a duration: < 150 ms."""
NumberLimit = Annotated[Limit, _limit("number"), PlainSerializer(str), _LIMIT_SCHEMA]
"""A limit of a number: >= 4.0."""
