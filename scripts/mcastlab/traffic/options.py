"""What a run of traffic is asked for, and its stream, as plain numbered datagrams or in RTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.traffic import PLAIN
from mcastlab.traffic.media import RTP_HEADER, media

if TYPE_CHECKING:
    from mcastlab.traffic.media import Media
    from mcastlab.traffic.results import Path

SETTLE_MS: Final = 2400
US_PER_S: Final = 1_000_000
TTL: Final = 16
"""It must outlive the routers on the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How traffic is to be played; without any, every declared sender to every declared receiver."""

    stream: str = "plain"
    rate_pps: int | None = None
    """The rate up to which a sustained one is looked for; None looks for none."""
    site: str | None = None
    """Only this remote site and the VPC."""
    groups: frozenset[str] | None = None
    """Only the groups of these names."""
    paths: frozenset[Path] | None = None
    """Only flows that go these ways."""
    ttl: int = TTL
    payload: bool = True
    """Whether the largest payload is looked for."""
    measure_ms: int = 1500
    settle_ms: int = SETTLE_MS
    """Between a join and what is measured, at first: three batches, and the shortest path's tree."""
    alone: bool = False
    """Nobody else works on this lab now: what still runs on its hosts was left there, and is ended."""
    establish_within_s: float = 20
    """How long paths that do not stand are tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A sender's stream: every interval a burst of datagrams, whose sizes repeat. Octets are of UDP payload."""

    name: str
    what: str
    """In words, for reports."""
    interval_us: int
    burst: int
    sizes: tuple[int, ...]
    elastic: bool = False
    """Whether it may be slowed down where a lab has many flows; a codec's stream may not."""
    media: Media | None = None
    """What is sent in RTP; without it numbered datagrams of the probe's own."""

    @property
    def pps(self) -> float:
        """Datagrams a second."""
        return self.media.pps if self.media else self.burst * US_PER_S / self.interval_us


def stream(name: str, *, largest_octets: int) -> Stream:
    """Return the stream of that name, with no datagram larger than the lab's largest.

    Raises:
        KeyError: there is none.
    """
    if name == PLAIN:
        return Stream(
            name=name,
            what="200 octets, 100 datagrams a second",
            interval_us=10_000,
            burst=1,
            sizes=(min(200, largest_octets),),
            elastic=True,
        )
    sent = media(name, largest_octets)
    return Stream(
        name=name,
        what=f"{sent.encoding} in RTP: {sent.pps:.0f} packets of up to {sent.largest_octets} octets a second",
        interval_us=sent.interval_us,
        burst=1,
        sizes=tuple(RTP_HEADER + len(packet.payload) for packet in sent.packets),
        media=sent,
    )
