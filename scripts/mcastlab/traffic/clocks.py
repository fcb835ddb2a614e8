"""How far the nodes' clocks are apart, and how well that is known: pure.

Two nodes that hear each other measure their offset by their datagrams, right to half their round trip, as NTP does
(RFC 5905, section 8). That holds along a chain of such pairs too. Where nothing flows back, two clocks that follow a
reference are compared by what their time services tell. Everything else only bounds an offset: no datagram arrives
before it is sent, and the machine that runs this knows each clock to the time that a command took. The middle of such a
bound says nothing of the clocks, and of the network still less, so none is returned.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab.traffic.time_services import ServedClock

OURS: Final = -1
"""The clock of the machine that runs this."""
TRUE: Final = -2
"""The time that all references tell."""
ROUNDING_US: Final = 2
"""What whole microseconds lose when they are halved and added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOffset:
    """How far one clock is ahead of another, in microseconds, and how far that may be off."""

    us: int
    error_us: int
    references: tuple[str, ...] = ()
    """What the two clocks follow, where their time services compared them; none where datagrams did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockBounds:
    """Between what one clock is ahead of another, in microseconds; where in between is not known."""

    least_us: int
    most_us: int


def clock_offset(before_ns: int, host_ns: int, after_ns: int) -> ClockOffset:
    """Return how far a host's clock is ahead of ours, which showed two times before and after it was read."""
    return ClockOffset(us=(host_ns - (before_ns + after_ns) // 2) // 1000, error_us=-(-(after_ns - before_ns) // 2000))


def between(
    shortest_us: Mapping[tuple[int, int], int],
    offsets: Mapping[int, ClockOffset],
    served: Mapping[int, ServedClock] | None = None,
) -> dict[tuple[int, int], ClockOffset | ClockBounds]:
    """Return for each pair (one, other) how far the other's clock is ahead.

    A `ClockOffset` is measured by datagrams that went both ways, or else known by both nodes' time services, and right
    to less than what it is used to measure. A pair is missing where what is known contradicts itself, as it does when
    a clock was set meanwhile. Time services that contradict the datagrams count for nothing: one follows a reference
    of its own.

    Args:
        shortest_us: for each pair (sender, receiver) the shortest raw latency, receiver's clock less sender's.
        offsets: how far each node's clock is ahead of ours.
        served: what time services tell of nodes' clocks.
    """
    found = _between(shortest_us, offsets, served or {})
    if not served or len(found) == len(offsets) * (len(offsets) - 1):
        return found
    without = _between(shortest_us, offsets, {})
    return found if found.keys() >= without.keys() else without


def _between(
    shortest_us: Mapping[tuple[int, int], int],
    offsets: Mapping[int, ClockOffset],
    served: Mapping[int, ServedClock],
) -> dict[tuple[int, int], ClockOffset | ClockBounds]:
    most: dict[int, dict[int, int]] = {OURS: {}, TRUE: {}, **{node: {} for node in offsets}}
    legs: dict[int, dict[int, tuple[int, int]]] = {node: {} for node in offsets}
    for (one, other), there in shortest_us.items():
        back = shortest_us.get((other, one))
        # A round trip shorter than nothing says that a clock was set in between.
        if back is None or there + back >= 0:
            most[one][other] = there
        if back is not None and there + back >= 0:
            legs[one][other] = (there, back)
    for node, offset in offsets.items():
        most[OURS][node] = offset.us + offset.error_us
        most[node][OURS] = offset.error_us - offset.us
    for node, clock in served.items():
        most[TRUE][node] = clock.us + clock.error_us
        most[node][TRUE] = clock.error_us - clock.us
    bounds = {node: _bounds(node, most) for node in offsets}
    found: dict[tuple[int, int], ClockOffset | ClockBounds] = {}
    for one in offsets:
        # A pair's own round trip says most of it; without one those of others may lead there.
        own = {other: there - back for other, (there, back) in legs[one].items()}
        twice_us = own if len(own) == len(offsets) - 1 else {**_chains(one, legs), **own}
        for other in offsets:
            least_us, most_us = -bounds[other][one], bounds[one][other]
            if one == other or least_us > most_us:
                continue
            known = ClockBounds(least_us=least_us, most_us=most_us)
            shortest = shortest_us.get((one, other))
            found[one, other] = (
                _measured(twice_us.get(other), known, shortest)
                or _served(served.get(one), served.get(other), known, shortest)
                or known
            )
    return found


def _served(
    one: ServedClock | None, other: ServedClock | None, known: ClockBounds, shortest_us: int | None
) -> ClockOffset | None:
    """Return the offset that two time services tell; None if not both do, or too roughly for this pair's latency."""
    if one is None or other is None:
        return None
    offset = _measured(2 * (other.us - one.us), known, shortest_us)
    return offset and replace(offset, references=tuple(dict.fromkeys((one.reference, other.reference))))


def _measured(twice_us: int | None, known: ClockBounds, shortest_us: int | None) -> ClockOffset | None:
    """Return the offset that was measured; None if none was, or too roughly for the latency of this pair.

    Args:
        twice_us: twice the offset, as the round trips of a chain or time services have it.
        known: what is possible at all.
        shortest_us: the pair's own shortest raw latency, if it has one.
    """
    if twice_us is None:
        return None
    us = twice_us // 2
    error_us = max(known.most_us - us, us - known.least_us)
    if not known.least_us - ROUNDING_US <= us <= known.most_us + ROUNDING_US:
        return None
    # What may as well be nothing is not measured. Half a pair's own round trip is right to just itself.
    if shortest_us is not None and error_us > shortest_us - us + ROUNDING_US:
        return None
    return ClockOffset(us=us, error_us=error_us)


def _chains(start: int, legs: Mapping[int, Mapping[int, tuple[int, int]]]) -> dict[int, int]:
    """Return twice each clock's offset from one, over pairs that have the shortest round trips. Source: Dijkstra."""
    found: dict[int, int] = {}
    waiting = [(0, start, 0)]
    while waiting:
        round_us, node, twice_us = heapq.heappop(waiting)
        if node not in found:
            found[node] = twice_us
            for other, (there, back) in legs[node].items():
                if other not in found:
                    heapq.heappush(waiting, (round_us + there + back, other, twice_us + there - back))
    return found


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
