"""Waiting for what comes true later: one loop for all, with a clock that a test can drive.

>>> clock = ManualWaitClock()
>>> [round(waited_s, 1) for waited_s in attempts(1.0, every_s=0.4, clock=clock)]
[0.0, 0.4, 0.8, 1.0]
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final, Protocol

from mcastlab_base.errors import TimedOutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORTH_SHOWING_S: Final = 3
"""A shorter wait is not shown."""


class WaitClock(Protocol):
    """What passes the time."""

    def now(self) -> float:
        """Return seconds since some moment."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""


class MonotonicWaitClock:
    """The machine's own clock, which no change of its date moves."""

    def now(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)


@dataclass
class ManualWaitClock:
    """A clock that moves only when somebody sleeps by it."""

    seconds: float = 0.0

    def now(self) -> float:
        """Return the seconds that were slept."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.seconds += seconds


CLOCK: Final = MonotonicWaitClock()


def attempts(
    timeout_s: float, *, every_s: float, longest_s: float = inf, factor: float = 1.0, clock: WaitClock = CLOCK
) -> Iterator[float]:
    """Yield the seconds waited so far, at once and then after each pause; the last time when the timeout is over.

    Args:
        timeout_s: seconds in which to try; 0 yields once.
        every_s: the first pause, in seconds.
        longest_s: the longest pause, where pauses grow.
        factor: how much longer each pause is than the one before.
        clock: what passes the time.
    """
    begin, pause_s = clock.now(), every_s
    while True:
        yield (waited_s := clock.now() - begin)
        if (left_s := timeout_s - (clock.now() - begin)) <= 0 or waited_s >= timeout_s:
            return
        clock.sleep(min(pause_s, left_s))
        pause_s = min(pause_s * factor, longest_s)


def wait_for(
    missing: Callable[[], str],
    *,
    timeout_s: float,
    every_s: float,
    progress: Callable[[str], None],
    hint: str = "",
    clock: WaitClock = CLOCK,
) -> None:
    """Wait until nothing is missing.

    Args:
        missing: returns what is missing and for what it is awaited, in words that follow "waiting for"; "" for nothing.
        timeout_s: seconds in all.
        every_s: seconds between two questions.
        progress: gets what is missing, each time, with how long that has taken.
        hint: what to do if the time is over.
        clock: what passes the time.

    Raises:
        TimedOutError: something is missing when the time is over.
    """
    what = ""
    for waited_s in attempts(timeout_s, every_s=every_s, clock=clock):
        if not (what := missing()):
            return
        progress(f"waiting for {what}" + (f" ({duration(waited_s)})" if waited_s >= WORTH_SHOWING_S else ""))
    raise TimedOutError(f"waited {timeout_s:g} s for {what}", hint=hint)


def duration(seconds: float) -> str:
    """Return how long something took, as people say it.

    >>> duration(9.7), duration(130), duration(3605)
    ('9 s', '2 min 10 s', '1 h 0 min')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
