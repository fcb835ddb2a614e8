"""Times as IOS writes them."""

from __future__ import annotations

from typing import Final

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
YEAR: Final = 52 * WEEK


def age(seconds: float) -> str:
    """Return a time in eight columns.

    >>> age(75), age(26 * 3600), age(33 * 86400), age(400 * 86400)
    ('00:01:15', '1d02h', '4w5d', '1y5w')
    """
    whole = int(seconds)
    if whole < DAY:
        return clock(whole)
    if whole < WEEK:
        return f"{whole // DAY}d{whole % DAY // HOUR:02}h"
    if whole < YEAR:
        return f"{whole // WEEK}w{whole % WEEK // DAY}d"
    return f"{whole // YEAR}y{whole % YEAR // WEEK}w"


def clock(seconds: float) -> str:
    """Return hours, minutes and seconds.

    >>> clock(3725)
    '01:02:05'
    """
    whole = int(seconds)
    return f"{whole // HOUR:02}:{whole % HOUR // MINUTE:02}:{whole % MINUTE:02}"


def uptime(seconds: float) -> str:
    """Return a time in words, as ``show version`` does: never less than minutes.

    >>> uptime(60 * 60 * 25 + 60)
    '1 day, 1 hour, 1 minute'
    """
    left = int(seconds)
    words: list[str] = []
    for name, length in (("year", YEAR), ("week", WEEK), ("day", DAY), ("hour", HOUR), ("minute", MINUTE)):
        count, left = divmod(left, length)
        if count or (name == "minute" and not words):
            words.append(f"{count} {name}{'' if count == 1 else 's'}")
    return ", ".join(words)
