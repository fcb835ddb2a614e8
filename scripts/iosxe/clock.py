"""The router's clock: the machine's own, or one that tests set."""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock(Protocol):
    """Tells the time, and calls when a time has come."""

    def now(self) -> datetime:
        """Return the time, with its zone."""

    def call_at(self, moment: datetime, call: Callable[[], None]) -> Callable[[], None]:
        """Call `call` once at `moment`, in the event loop; what is returned cancels it."""


class SystemClock:
    """The machine's clock. `call_at` needs a running event loop."""

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)

    def call_at(self, moment: datetime, call: Callable[[], None]) -> Callable[[], None]:
        """Call `call` once at `moment`."""
        wait_s = max(0.0, (moment - self.now()).total_seconds())
        return asyncio.get_running_loop().call_later(wait_s, call).cancel


class ManualClock:
    """A clock that stands still until somebody sets it, in the event loop's thread where a router runs on it."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._calls: list[tuple[datetime, int, Callable[[], None]]] = []
        self._made = 0
        self._cancelled: set[int] = set()

    def now(self) -> datetime:
        """Return the time."""
        return self._now

    def call_at(self, moment: datetime, call: Callable[[], None]) -> Callable[[], None]:
        """Call `call` once when the clock is set to `moment` or later."""
        self._made += 1
        number = self._made
        heapq.heappush(self._calls, (moment, number, call))
        return lambda: self._cancelled.add(number)

    def advance(self, seconds: float) -> None:
        """Set the clock forward; what falls due meanwhile is called in its order, each at its own time."""
        until = self._now + timedelta(seconds=seconds)
        while self._calls and self._calls[0][0] <= until:
            moment, number, call = heapq.heappop(self._calls)
            self._now = max(self._now, moment)
            if number not in self._cancelled:
                call()
            self._cancelled.discard(number)
        self._now = until
