"""What real devices send in RTP, by what their packets say of themselves and when they came. Pure."""

from __future__ import annotations

import base64
import zlib
from array import array
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from mcastlab.text import printable
from mcastlab.traffic.answers import unreadable
from mcastlab_base.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mcastlab.traffic.plan import TrafficPlan

CODECS: Final = {
    0: ("G.711 mu-law", 8000),
    8: ("G.711 A-law", 8000),
    9: ("G.722", 8000),
    10: ("L16 stereo", 44100),
    11: ("L16", 44100),
    18: ("G.729", 8000),
    33: ("MPEG-2 TS", 90000),
}
"""What payload types stand for, and the clocks of their timestamps. Source: RFC 3551, section 6."""
DYNAMIC_HZ: Final = 90000
"""What is taken for the clock of a dynamic payload type, which only a description names: that of video."""
TYPECODES: Final = "BHIHi"
_MARKER: Final = 0x80
_NEW_SPURT_US: Final = 1_000_000
"""After so much silence a packet begins a talk spurt, marked or not."""


class ForeignStream(Frozen):
    """A stream that a real device sent to a group, as one listener heard it."""

    group: str
    listener: str
    source: str
    """The sender's address."""
    ssrc: str
    """Its synchronisation source, in hexadecimal digits; another one means that the sender began anew."""
    codec: str
    """All that were heard, where it changed."""
    packets: int
    """Distinct ones."""
    lost: int
    """By sequence number. Source: RFC 3550, appendix A.3."""
    jitter_ms: float
    """Source: RFC 3550, section 6.4.1."""
    gap_ms: float
    """The longest time between two packets of a talk spurt."""
    talk_spurts: int
    octets: int
    """The largest payload of UDP."""


class Heard(Frozen):
    """What `listen` prints."""

    schema_version: int = 1
    lab: str
    group: str
    streams: tuple[ForeignStream, ...]


def foreign_streams(plan: TrafficPlan, by_node: dict[int, dict[str, Any]]) -> Iterator[ForeignStream]:
    """Return the streams that are none of a plan's, of each node that heard them.

    Raises:
        RefusedError: a node's answer cannot be read.
    """
    for node, answer in by_node.items():
        listener = plan.nodes[node].name
        for group, source, ssrc, *columns in answer.get("foreign", ()):
            try:
                kinds, numbers, stamps, sizes, arrived_us = map(_numbers, TYPECODES, columns)
                name = plan.groups[group].name
            except (ValueError, TypeError, IndexError, zlib.error):
                raise unreadable(listener, "", "streams of real devices") from None
            packets, lost = counted(numbers)
            spurts = _spurts(kinds, arrived_us)
            yield ForeignStream(
                group=name,
                listener=listener,
                source=printable(str(source)),
                ssrc=f"{ssrc:08x}",
                codec=", ".join(dict.fromkeys(_codec(kind)[0] for kind in kinds)),
                packets=packets,
                lost=lost,
                jitter_ms=jitter_us(stamps, arrived_us, _codec(kinds[0])[1]) / 1000,
                gap_ms=max(
                    (
                        (after - before) / 1000
                        for place, (before, after) in enumerate(pairwise(arrived_us), 1)
                        if place not in spurts
                    ),
                    default=0.0,
                ),
                talk_spurts=len(spurts),
                octets=max(sizes),
            )


def _numbers(typecode: str, text: str) -> array[int]:
    found = array(typecode)
    found.frombytes(zlib.decompress(base64.b64decode(text, validate=True)))
    return found


def _codec(kind: int) -> tuple[str, int]:
    number = kind & ~_MARKER
    return CODECS.get(number, (f"payload type {number}", DYNAMIC_HZ))


def counted(numbers: Sequence[int]) -> tuple[int, int]:
    """Return how many packets came and how many did not, by sequence numbers of 16 bits in order of arrival.

    >>> counted([65534, 65535, 1, 2, 2])
    (4, 1)
    """
    whole, last = set(), numbers[0]
    for number in numbers:
        # The nearest of those that it may be.
        last += (number - last + 0x8000) % 0x10000 - 0x8000
        whole.add(last)
    return len(whole), max(whole) - min(whole) + 1 - len(whole)


def jitter_us(stamps: Iterable[int], arrived_us: Iterable[int], hz: int) -> float:
    """Return the interarrival jitter of packets by their timestamps. Source: RFC 3550, section 6.4.1.

    >>> jitter_us([0, 160, 320], [0, 36_000, 56_000], 8000)
    937.5
    """
    return interarrival_jitter(
        next_at - at - ((next_stamp - stamp + 2**31) % 2**32 - 2**31) * 1_000_000 / hz
        for (stamp, at), (next_stamp, next_at) in pairwise(zip(stamps, arrived_us, strict=True))
    )


def interarrival_jitter(changes: Iterable[float]) -> float:
    """Return the jitter after some changes of the transit time, in their unit. Source: RFC 3550, section 6.4.1.

    >>> interarrival_jitter([1600, 0])
    93.75
    """
    jitter = 0.0
    for change in changes:
        jitter += (abs(change) - jitter) / 16
    return jitter


def _spurts(kinds: Sequence[int], arrived_us: Sequence[int]) -> frozenset[int]:
    """Return where talk spurts begin: at the first packet, at marked ones of speech, and after silence."""
    speech = _codec(kinds[0])[1] != DYNAMIC_HZ
    marked = {place for place, kind in enumerate(kinds) if speech and kind & _MARKER}
    silent = {place for place, (a, b) in enumerate(pairwise(arrived_us), 1) if b - a > _NEW_SPURT_US}
    return frozenset({0} | marked | silent)
