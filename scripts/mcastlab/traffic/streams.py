"""What is sent, as sizes and rates: plain numbered datagrams, or what codecs of phones and cameras send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RTP_HEADER: Final = 12
"""Octets. Source: RFC 3550, section 5.1."""
US_PER_S: Final = 1_000_000


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
