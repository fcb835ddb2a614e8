"""What a run of traffic is asked for: a profile and a stream, as plain numbered datagrams or as codecs send them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from mcastlab.traffic.results import Path

Profile = Literal["matrix", "paging", "conference", "churn"]
SETTLE_MS: Final = 2400
RTP_HEADER: Final = 12
"""Octets. Source: RFC 3550, section 5.1."""
US_PER_S: Final = 1_000_000
PROFILES: Final[tuple[Profile, ...]] = ("matrix", "paging", "conference", "churn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How traffic is to be played; without any, every declared sender to every declared receiver."""

    profile: Profile = "matrix"
    stream: str = "plain"
    rate_pps: int | None = None
    """The rate up to which a sustained one is looked for; None looks for none."""
    site: str | None = None
    """Only this remote site and the VPC."""
    groups: frozenset[str] | None = None
    """Only the groups of these names."""
    paths: frozenset[Path] | None = None
    """Only flows that go these ways."""
    ttl: int = 16
    """It must outlive the routers on the way."""
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

    @property
    def pps(self) -> float:
        """Datagrams a second."""
        return self.burst * US_PER_S / self.interval_us


def stream(name: str, *, largest_octets: int) -> Stream:
    """Return the stream of that name, with no datagram larger than the lab's largest.

    Raises:
        KeyError: there is none.
    """
    return {
        "plain": Stream(
            name="plain",
            what="200 octets, 100 datagrams a second",
            interval_us=10_000,
            burst=1,
            sizes=(min(200, largest_octets),),
            elastic=True,
        ),
        # 64 kbit/s in packets of 20 ms. Source: RFC 3551, section 4.5.14.
        "g711": Stream(
            name="g711",
            what="G.711: 160 octets every 20 ms, in RTP",
            interval_us=20_000,
            burst=1,
            sizes=(RTP_HEADER + 160,),
        ),
        "h264": _h264(largest_octets),
    }[name]


STREAMS: Final = ("plain", "g711", "h264")


def _h264(largest_octets: int) -> Stream:
    """Return H.264 video of 1 Mbit/s, 25 frames a second, each a burst of packets. Source: RFC 6184, section 5.8."""
    frame, full = 5000, largest_octets - RTP_HEADER
    rest = frame % full
    sizes = (*(largest_octets for _ in range(frame // full)), *((RTP_HEADER + rest,) if rest else ()))
    return Stream(
        name="h264",
        what=f"H.264: frames of {frame} octets in {len(sizes)} packets of up to {largest_octets}, 25 a second, in RTP",
        interval_us=40_000,
        burst=len(sizes),
        sizes=sizes,
    )
