"""When a follower reads next. Pure; time is a number of seconds.

The router is left alone for four times as long as it took to answer. The gateway is asked every two seconds, and twice
a second for half a minute after a change; where an answer has many pages, there are still two seconds for each when
nothing changes. What throttles or fails is asked less and less often.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SPARED: Final = 4.0
"""For how many times the duration of a reading the router is left alone."""

ROUTER_LEAST_S: Final = 0.1
GATEWAY_IDLE_S: Final = 2.0
GATEWAY_QUICK_S: Final = 0.5
QUICK_FOR_S: Final = 30.0
LONGEST_PAUSE_S: Final = 60.0
"""Between two attempts at what fails."""


def router_pause(duration: float) -> float:
    """Return how long to wait after a reading of the router that took so long.

    >>> router_pause(0.5), router_pause(0.001)
    (2.0, 0.1)
    """
    return max(SPARED * duration, ROUTER_LEAST_S)


@dataclass(slots=True)
class PollSchedule:
    """How often the gateway is asked."""

    idle_s: float = GATEWAY_IDLE_S
    quick_s: float = GATEWAY_QUICK_S
    quick_until: float = float("-inf")
    failures: int = 0

    def changed(self, now: float) -> None:
        """Note that members or memberships changed."""
        self.quick_until = now + QUICK_FOR_S

    def failed(self) -> None:
        """Note that an attempt failed or was throttled."""
        self.failures += 1

    def succeeded(self) -> None:
        """Note that an attempt succeeded."""
        self.failures = 0

    def pause(self, now: float, calls: int = 1) -> float:
        """Return how long to wait before the next attempt, which takes so many calls; twice as long after each failure.

        >>> PollSchedule().pause(0.0), PollSchedule(quick_until=9.0).pause(0.0, calls=5), PollSchedule().pause(0.0, 5)
        (2.0, 0.5, 10.0)
        """
        usual = self.quick_s if now < self.quick_until else self.idle_s * calls
        if not self.failures:
            return usual
        return min(self.idle_s * 2.0 ** min(self.failures, 10), LONGEST_PAUSE_S)


def retry_pause(failures: int) -> float:
    """Return how long to wait before the next attempt at a router that cannot be reached.

    >>> [retry_pause(failures) for failures in (1, 2, 3, 20)]
    [0.5, 1.0, 2.0, 15.0]
    """
    return min(0.5 * 2.0 ** min(failures - 1, 10), 15.0)
