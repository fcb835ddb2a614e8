"""Figures from nanoseconds and sequence numbers, and the forms in which they are reported."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from array import array

NS_PER_MS, NS_PER_US = 1_000_000, 1000
# From so much on, what is late was held up.
PAUSE_NS = 20_000_000
# What a run reports at most of late parts of a flow.
LATE_PARTS = 50
# What stands for what is not known, among numbers from 0 on.
UNKNOWN = -1
# What stands for a datagram that did not arrive, or was not sent, among packed times in microseconds.
NEVER = -(1 << 31)


def packed(values: array[int] | bytearray) -> str:
    """Return numbers as text: this machine's order of octets does not matter, as both ends are little-endian."""
    return base64.b64encode(zlib.compress(bytes(memoryview(values).cast("B")), 9)).decode() if values else ""


def columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return rows of equal keys by column, which is shorter."""
    return {key: [row[key] for row in rows] for key in rows[0]} if rows else {}


def extend(parts: list[list[int]], first: int, last: int, value: int) -> None:
    """Add a part of a flow, and the largest value in it, to those before it."""
    if parts and parts[-1][1] == first - 1:
        parts[-1][1:] = [last, max(value, parts[-1][2])]
    elif len(parts) < LATE_PARTS:
        parts.append([first, last, value])


def reordered(order: list[int]) -> int:
    """Return how many sequence numbers, in order of arrival, came after a later one. Source: RFC 4737, section 3."""
    latest, late = -1, 0
    for sequence in order:
        late += sequence < latest
        latest = max(latest, sequence)
    return late


def jitter_us(latencies_ns: list[int]) -> int:
    """Return the interarrival jitter after the last of some datagrams. Source: RFC 3550, section 6.4.1."""
    jitter = 0.0
    for before, after in zip(latencies_ns, latencies_ns[1:]):
        jitter += (abs(after - before) - jitter) / 16
    return int(jitter) // NS_PER_US


def at_share(ordered_ns: list[int], share: float) -> int:
    """Return the value at a share of ordered nanoseconds, in microseconds; 0 of none."""
    return ordered_ns[round(share * (len(ordered_ns) - 1))] // NS_PER_US if ordered_ns else 0
