"""Places and times of RTP packets by their sequence numbers and timestamps: transits and jitter. Source: RFC 3550."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def places_of(numbers: Sequence[int], last: int | None = None) -> list[int]:
    """Return the places of packets in their stream, by sequence numbers of 16 bits in order of arrival.

    They are counted on from `last`, another one's number, where that is given.

    >>> places_of([65534, 65535, 1, 2, 2])
    [65534, 65535, 65537, 65538, 65538]
    """
    found, last = [], numbers[0] if last is None else last
    for number in numbers:
        # The nearest of those that it may be.
        last += (number - last + 0x8000) % 0x10000 - 0x8000
        found.append(last)
    return found


def ticks_after(stamp: int, other: int) -> int:
    """Return how many ticks one timestamp is after another: the nearest, as they begin anew after 32 bits.

    >>> ticks_after(80, 2**32 - 80), ticks_after(2**32 - 80, 80)
    (160, -160)
    """
    return (stamp - other + 2**31) % 2**32 - 2**31


def jitter_us(stamps: Iterable[int], arrived_us: Iterable[int], hz: int) -> float:
    """Return the interarrival jitter of packets by their timestamps. Source: RFC 3550, section 6.4.1.

    >>> jitter_us([0, 160, 320], [0, 36_000, 56_000], 8000)
    937.5
    """
    return interarrival_jitter(after - before for before, after in pairwise(transits_us(stamps, arrived_us, hz)))


def transits_us(stamps: Iterable[int], arrived_us: Iterable[int], hz: int) -> list[float]:
    """Return how much longer than the first packet each was on its way, by its timestamp.

    >>> transits_us([2**32 - 160, 0, 160], [0, 36_000, 40_000], 8000)
    [0.0, 16000.0, 0.0]
    """
    found: list[float] = []
    last = None
    for stamp, at in zip(stamps, arrived_us, strict=True):
        transit = 0.0
        if last is not None:
            transit = found[-1] + at - last[1] - ticks_after(stamp, last[0]) * 1_000_000 / hz
        found.append(transit)
        last = stamp, at
    return found


def interarrival_jitter(changes: Iterable[float]) -> float:
    """Return the jitter after some changes of the transit time, in their unit. Source: RFC 3550, section 6.4.1.

    >>> interarrival_jitter([1600, 0])
    93.75
    """
    jitter = 0.0
    for change in changes:
        jitter += (abs(change) - jitter) / 16
    return jitter
