"""What real devices send in RTP, by what their packets say of themselves and when they came. Pure."""

from __future__ import annotations

import base64
import struct
import zlib
from array import array
from bisect import bisect_left
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mcastlab.text import printable
from mcastlab.traffic.answers import LARGEST, unreadable
from mcastlab.traffic.emodel import PACKET_MS, SPEECH, burst_ratio, mos, rating
from mcastlab.traffic.media import RTP_HEADER
from mcastlab.traffic.rtp_times import jitter_us, places_of, transits_us
from mcastlab.traffic.wav import SoundPacket
from mcastlab_base.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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
COLUMNS: Final = ("kinds", "numbers", "stamps", "sizes", "arrived_us")
SPEECH_TYPES: Final = {0: "g711u", 8: "g711a", 9: "g722"}
"""Payload types of speech that has a score. Source: RFC 3551, section 6."""
JITTER_BUFFER_MS: Final = 60
"""How long a device holds what came early, so that what came late is in time."""
_NEW_SPURT_US: Final = 1_000_000
"""After so much silence a packet begins a talk spurt, marked or not."""
_MARKER, _EXTENDED, _PADDED = 0x80, 0x10, 0x20


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
    mos: float | None = None
    """The mean opinion score of speech as it was heard, without the time on the way, which nobody measured."""


class Heard(Frozen):
    """What `listen` prints."""

    schema_version: int = 1
    lab: str
    group: str
    streams: tuple[ForeignStream, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignPackets:
    """The packets of a stream of a real device that one node heard, by column and in the order of arrival."""

    node: int
    group: int
    source: str
    ssrc: int
    kinds: array[int]
    """Marker and payload type."""
    numbers: array[int]
    stamps: array[int]
    sizes: array[int]
    arrived_us: array[int]
    """From the plan's begin, by the node's own clock."""

    @property
    def codecs(self) -> tuple[str, ...]:
        """All that were heard, in words."""
        return tuple(dict.fromkeys(codec_of(kind)[0] for kind in self.kinds))

    @property
    def clock_hz(self) -> int:
        """The clock of its timestamps."""
        return codec_of(self.kinds[0])[1]

    @property
    def gap_ms(self) -> float:
        """The longest time between two packets of a talk spurt."""
        spurts = self.spurts
        gaps = enumerate(pairwise(self.arrived_us), 1)
        return max(((after - before) / 1000 for place, (before, after) in gaps if place not in spurts), default=0.0)

    @property
    def spurts(self) -> frozenset[int]:
        """Where talk spurts begin."""
        return _spurts(self.kinds, self.arrived_us)

    def between(self, begin_us: float, end_us: float) -> ForeignPackets | None:
        """Return the packets that arrived within a time; None of none."""
        first, end = bisect_left(self.arrived_us, begin_us), bisect_left(self.arrived_us, end_us)
        columns = {name: getattr(self, name)[first:end] for name in COLUMNS}
        return replace(self, **columns) if first < end else None


def foreign_packets(plan: TrafficPlan, by_node: Mapping[int, dict[str, Any]]) -> Iterator[ForeignPackets]:
    """Return the packets of the streams that are none of a plan's, of each node that heard them.

    Raises:
        RefusedError: a node's answer cannot be read.
    """
    for node, answer in by_node.items():
        for group, source, ssrc, *columns in answer.get("foreign", ()):
            try:
                found = dict(zip(COLUMNS, map(_numbers, TYPECODES, columns[: len(COLUMNS)]), strict=True))
                yield ForeignPackets(
                    node=node, group=range(len(plan.groups))[group], source=str(source), ssrc=int(ssrc), **found
                )
            except (ValueError, TypeError, IndexError, zlib.error):
                raise unreadable(plan.nodes[node].name, "", "streams of real devices") from None


def foreign_streams(plan: TrafficPlan, by_node: Mapping[int, dict[str, Any]]) -> Iterator[ForeignStream]:
    """Return the streams that are none of a plan's, of each node that heard them.

    Raises:
        RefusedError: a node's answer cannot be read.
    """
    for each in foreign_packets(plan, by_node):
        places = places_of(each.numbers)
        packets, lost = len(set(places)), max(places) - min(places) + 1 - len(set(places))
        yield ForeignStream(
            group=plan.groups[each.group].name,
            listener=plan.nodes[each.node].name,
            source=printable(each.source),
            ssrc=f"{each.ssrc:08x}",
            codec=", ".join(each.codecs),
            packets=packets,
            lost=lost,
            jitter_ms=jitter_us(each.stamps, each.arrived_us, each.clock_hz) / 1000,
            gap_ms=each.gap_ms,
            talk_spurts=len(each.spurts),
            octets=max(each.sizes),
            mos=_score(each.kinds[0] & ~_MARKER, places, transits_us(each.stamps, each.arrived_us, each.clock_hz)),
        )


class Recording(NamedTuple):
    """What a listener recorded of a stream: its packets as they came."""

    group: str
    listener: str
    source: str
    ssrc: str
    payload_type: int
    packets: tuple[SoundPacket, ...]


def recordings(plan: TrafficPlan, by_node: Mapping[int, dict[str, Any]]) -> Iterator[Recording]:
    """Return what was recorded of the streams that are none of a plan's.

    Raises:
        RefusedError: a node's answer cannot be read.
    """
    for node, answer in by_node.items():
        for group, source, ssrc, *columns in answer.get("foreign", ()):
            if len(columns) <= len(TYPECODES):
                continue
            try:
                sizes, octets = _numbers("H", columns[3]), _unpacked(columns[5])
                kinds = _numbers("B", columns[0])
                packets = tuple(sound_packets(octets, sizes))
            except (ValueError, TypeError, IndexError, zlib.error, struct.error):
                raise unreadable(plan.nodes[node].name, "", "what it recorded") from None
            yield Recording(
                group=plan.groups[group].name,
                listener=plan.nodes[node].name,
                source=printable(str(source)),
                ssrc=f"{ssrc:08x}",
                payload_type=kinds[0] & ~_MARKER,
                packets=packets,
            )


def sound_packets(octets: bytes, sizes: Iterable[int]) -> Iterator[SoundPacket]:
    """Yield the packets that stand one behind the other, without their headers. Source: RFC 3550, section 5.1."""
    at = 0
    for size in sizes:
        packet = octets[at : at + size]
        at += size
        if len(packet) < size or size < RTP_HEADER:
            return
        begin = RTP_HEADER + 4 * (packet[0] & 15)
        if packet[0] & _EXTENDED:
            begin += 4 + 4 * struct.unpack_from("!H", packet, begin + 2)[0]
        end = size - packet[-1] if packet[0] & _PADDED else size
        yield SoundPacket(stamp=struct.unpack_from("!I", packet, 4)[0], payload=packet[begin:end])


def _score(payload_type: int, places: Sequence[int], transits: Sequence[float]) -> float | None:
    """Return the score of speech, of which counts as lost what a jitter buffer did not wait for; None of others."""
    codec = SPEECH.get(SPEECH_TYPES.get(payload_type, ""))
    if codec is None:
        return None
    in_time = min(transits) + JITTER_BUFFER_MS * 1000
    heard = {place for place, transit in zip(places, transits, strict=True) if transit <= in_time}
    missing = [place not in heard for place in range(min(places), max(places) + 1)]
    delay_ms = PACKET_MS + JITTER_BUFFER_MS
    loss = sum(missing) / len(missing)
    return round(mos(rating(codec, delay_ms=delay_ms, loss=loss, burst_ratio=burst_ratio(missing))), 2)


def _numbers(typecode: str, text: str) -> array[int]:
    found = array(typecode)
    found.frombytes(_unpacked(text))
    return found


def _unpacked(text: str) -> bytes:
    unpacker = zlib.decompressobj()
    return unpacker.decompress(base64.b64decode(text, validate=True), LARGEST) if text else b""


def codec_of(kind: int) -> tuple[str, int]:
    """Return what a payload type stands for, marked or not, and the clock of its timestamps."""
    number = kind & ~_MARKER
    return CODECS.get(number, (f"payload type {number}", DYNAMIC_HZ))


def _spurts(kinds: Sequence[int], arrived_us: Sequence[int]) -> frozenset[int]:
    """Return where talk spurts begin: at the first packet, at marked ones of speech, and after silence."""
    speech = codec_of(kinds[0])[1] != DYNAMIC_HZ
    marked = {place for place, kind in enumerate(kinds) if speech and kind & _MARKER}
    silent = {place for place, (a, b) in enumerate(pairwise(arrived_us), 1) if b - a > _NEW_SPURT_US}
    return frozenset({0} | marked | silent)
