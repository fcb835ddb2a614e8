"""What a listener makes of a stream: loss, delay, jitter, gaps and a score, from when each packet came. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby, islice, pairwise
from typing import TYPE_CHECKING, Final

from mcastlab.traffic.emodel import PACKET_MS, SPEECH, burst_ratio, mos, rating
from mcastlab.traffic.rtp_times import interarrival_jitter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

US_PER_MS: Final = 1000
HOLES: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketTimes:
    """When a packet came."""

    due_ms: float
    """When it was to leave, as its timestamp has it."""
    transit_us: int
    """How much later it came, by the receiver's clock alone."""
    latency_us: int
    """How much later it came than it left, the receiver's clock less the sender's."""

    @property
    def at_ms(self) -> float:
        """When it came, by the receiver's clock."""
        return self.due_ms + self.transit_us / US_PER_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What a listener got of a stream in a time."""

    due: int
    """Packets from the first that came on."""
    lost: int
    join_ms: float | None
    """From the join to the first packet, or what was missed of a stream that began later; None if none came."""
    latency_p95_us: int | None = None
    latency_min_us: int | None = None
    """Both raw: by two clocks."""
    jitter_us: int | None = None
    gap_ms: float | None = None
    """The longest time between two packets."""
    late: int = 0
    """Packets that came, and too late for the jitter buffer."""
    burst_ratio: float = 1
    """The mean length of a loss, to that of as many losses at random. Source: G.107, section 7.7."""
    holes: tuple[tuple[int, int], ...] = ()
    """The first and last packets of what was lost or late, of those due, in so many parts at most."""


def reception(
    packets: Mapping[int, PacketTimes], due: Mapping[int, float], *, joined_ms: float, end_ms: float, buffer_ms: float
) -> Reception:
    """Return what a listener got of a stream while it was a member.

    Args:
        packets: what came, by sequence number.
        due: when each packet that was sent was due.
        joined_ms: since when the listener is a member.
        end_ms: until when what is due is counted.
        buffer_ms: how long the jitter buffer holds the earliest packet.
    """
    came = sorted(
        ((sequence, each) for sequence, each in packets.items() if joined_ms <= each.at_ms and each.due_ms < end_ms),
        key=lambda pair: pair[1].at_ms,
    )
    if not came:
        wanted = sum(joined_ms <= each < end_ms for each in due.values())
        return Reception(due=wanted, lost=wanted, join_ms=None)
    # Of what began later, what was missed of it: the sender's begin by the listener's clock is not known well enough.
    first, begin_ms = came[0][0], min(due.values())
    wanted_numbers = [sequence for sequence, at in due.items() if sequence >= first and at < end_ms]
    got = {sequence: each for sequence, each in came if sequence >= first}
    latencies = sorted(each.latency_us for each in got.values())
    in_time = latencies[0] + buffer_ms * US_PER_MS
    late = {sequence for sequence, each in got.items() if each.latency_us > in_time}
    missing = [sequence not in got or sequence in late for sequence in wanted_numbers]
    return Reception(
        due=len(wanted_numbers),
        lost=sum(sequence not in got for sequence in wanted_numbers),
        join_ms=came[0][1].at_ms - joined_ms if begin_ms <= joined_ms else due[first] - begin_ms,
        latency_p95_us=latencies[math.ceil(0.95 * len(latencies)) - 1],
        latency_min_us=latencies[0],
        jitter_us=jitter_us([each.transit_us for _, each in came]),
        gap_ms=max((after.at_ms - before.at_ms for (_, before), (_, after) in pairwise(came)), default=0.0),
        late=len(late),
        burst_ratio=burst_ratio(missing),
        holes=tuple(islice(holes(missing), HOLES)),
    )


def holes(missing: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Return the first and last places of what is missing, a pair a part.

    >>> list(holes([True, False, True, True]))
    [(0, 0), (2, 3)]
    """
    for absent, places in groupby(range(len(missing)), key=missing.__getitem__):
        if absent:
            first, *rest = places
            yield first, rest[-1] if rest else first


def jitter_us(transits_us: Sequence[int]) -> int:
    """Return the interarrival jitter after the last of some packets. Source: RFC 3550, section 6.4.1.

    >>> jitter_us([0, 1600, 1600])
    93
    """
    return int(interarrival_jitter(after - before for before, after in pairwise(transits_us)))


def score(stream: str, found: Reception, *, latency_ms: float, buffer_ms: float) -> float | None:
    """Return the mean opinion score of speech; None of other streams, and of what nobody heard.

    Args:
        stream: what was sent.
        found: what was heard of it.
        latency_ms: the time on the way of the earliest packet.
        buffer_ms: how long the jitter buffer holds that one.
    """
    codec = SPEECH.get(stream)
    if codec is None or not found.due or found.join_ms is None:
        return None
    delay_ms = PACKET_MS + latency_ms + buffer_ms
    share = (found.lost + found.late) / found.due
    return mos(rating(codec, delay_ms=delay_ms, loss=share, burst_ratio=found.burst_ratio))
