"""IOS's ages in seconds."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = {"y": 52 * 7 * 86400, "w": 7 * 86400, "d": 86400, "h": 3600}
_CLOCK: Final = re.compile(r"(\d{1,9}):(\d\d):(\d\d)", re.ASCII)
_LONG: Final = re.compile(r"(?:\d{1,9}[ywdh])+", re.ASCII)
_NONE: Final = frozenset({"never", "stopped", "-", ""})


def seconds(age: str) -> int | None:
    """Return an age in seconds; None for one that says that there is none.

    >>> seconds("00:02:59"), seconds("1d02h"), seconds("4w5d"), seconds("stopped")
    (179, 93600, 2851200, None)

    Raises:
        ValueError: it is no age.
    """
    if age in _NONE:
        return None
    clock = _CLOCK.fullmatch(age)
    if clock is not None:
        hours, minutes, rest = (int(part) for part in clock.groups())
        return hours * 3600 + minutes * 60 + rest
    if _LONG.fullmatch(age) is None:
        raise ValueError(f"{age!r} is no age")
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([ywdh])", age))
