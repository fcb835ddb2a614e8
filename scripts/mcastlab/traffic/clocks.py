"""How far the nodes' clocks are apart, and how well that is known: pure.

No datagram arrives before it is sent: so a receiver's clock is ahead of its sender's by no more than the shortest raw
latency. Two that hear each other bound it from both sides, right to half their round trip, as NTP has it (RFC 5905,
section 8). The machine that runs this bounds each clock by the time that a command took, and goes between where nothing
is heard back. Bounds of differences add up along a way, and the shortest way is the best bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


OURS: Final = -1
"""The clock of the machine that runs this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offset:
    """How far one clock is ahead of another, in microseconds, and how far that may be off."""

    us: int
    error_us: int


def told(before_ns: int, host_ns: int, after_ns: int) -> Offset:
    """Return how far a host's clock is ahead of ours, which showed two times before and after it was read."""
    return Offset(us=(host_ns - (before_ns + after_ns) // 2) // 1000, error_us=-(-(after_ns - before_ns) // 2000))


def between(shortest_us: Mapping[tuple[int, int], int], told_us: Mapping[int, Offset]) -> dict[tuple[int, int], Offset]:
    """Return for each pair (one, other) how far the other's clock is ahead: the middle of what is possible.

    Args:
        shortest_us: for each pair (sender, receiver) the shortest raw latency, receiver's clock less sender's.
        told_us: how far each node's clock is ahead of ours.
    """
    most: dict[int, dict[int, int]] = {OURS: {}, **{node: {} for node in told_us}}
    for (one, other), there in shortest_us.items():
        back = shortest_us.get((other, one))
        # A round trip shorter than nothing says that a clock was set in between.
        if back is None or there + back >= 0:
            most[one][other] = there
    for node, offset in told_us.items():
        most[OURS][node] = offset.us + offset.error_us
        most[node][OURS] = offset.error_us - offset.us
    bounds = {node: _bounds(node, most) for node in told_us}
    return {
        (one, other): _middle(-bounds[other][one], bounds[one][other])
        for one in told_us
        for other in told_us
        if one != other
    }


def _middle(least: int, most: int) -> Offset:
    return Offset(us=(least + most) // 2, error_us=max(0, -(-(most - least) // 2)))


def _bounds(start: int, most: Mapping[int, Mapping[int, int]]) -> dict[int, int]:
    """Return how far each clock is ahead of one at most. Source: Bellman-Ford; its rounds are bounded by the nodes."""
    found, changed = {start: 0}, {start}
    for _ in most:
        again: set[int] = set()
        for node in changed:
            for other, bound in most[node].items():
                if found[node] + bound < found.get(other, found[node] + bound + 1):
                    found[other] = found[node] + bound
                    again.add(other)
        if not again:
            break
        changed = again
    return found
