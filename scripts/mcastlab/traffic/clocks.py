"""How far the nodes' clocks are apart, and how well that is known: pure.

Two nodes that heard each other measure it as NTP does: half the difference of the shortest ways there and back, right
to half their sum. Source: RFC 5905, section 8. Where nothing goes back, the machine that runs this goes between: its
commands tell each node's clock with an error of half their round trip.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Offset:
    """How far one clock is ahead of another, in microseconds, and how far that may be off."""

    us: int
    error_us: int


def told(before_ns: int, host_ns: int, after_ns: int) -> Offset:
    """Return how far a host's clock is ahead of ours, which showed two times before and after it was read."""
    return Offset(us=(host_ns - (before_ns + after_ns) // 2) // 1000, error_us=-(-(after_ns - before_ns) // 2000))


def between(shortest_us: Mapping[tuple[int, int], int], told_us: Mapping[int, Offset]) -> dict[tuple[int, int], Offset]:
    """Return for each pair (one, other) how far the other's clock is ahead, by the way of the least error.

    Args:
        shortest_us: for each pair (sender, receiver) the shortest raw latency, receiver's clock less sender's.
        told_us: how far each node's clock is ahead of ours.
    """
    ours = -1
    edges: dict[int, dict[int, Offset]] = {ours: {}}
    for (one, other), there in shortest_us.items():
        back = shortest_us.get((other, one))
        # A sum below nothing says that a clock was set in between.
        if back is not None and there + back >= 0:
            edges.setdefault(one, {})[other] = Offset(us=(there - back) // 2, error_us=-(-(there + back) // 2))
    for node, offset in told_us.items():
        edges[ours][node] = offset
        edges.setdefault(node, {})[ours] = Offset(us=-offset.us, error_us=offset.error_us)
    return {
        (start, node): offset
        for start in told_us
        for node, offset in _from(start, edges).items()
        if node not in {start, ours}
    }


def _from(start: int, edges: Mapping[int, Mapping[int, Offset]]) -> dict[int, Offset]:
    """Return the offset to every other node. Source: Dijkstra's algorithm, the errors being the lengths."""
    found: dict[int, Offset] = {}
    queue = [(0, start, 0)]
    while queue:
        error, node, us = heappop(queue)
        if node in found:
            continue
        found[node] = Offset(us=us, error_us=error)
        for other, edge in edges.get(node, {}).items():
            if other not in found:
                heappush(queue, (error + edge.error_us, other, us + edge.us))
    return found
