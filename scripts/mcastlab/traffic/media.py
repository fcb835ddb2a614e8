"""What devices send in RTP: the packets of each stream, as phones, speakers and cameras make them.

A stream repeats: a tone that fits its packets, or a clip of a second. Sources: RFC 3551 (G.711, G.722, L16), RFC 6184
(H.264), RFC 2250 (MPEG-2 TS).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from mcastlab.traffic import g711
from mcastlab.traffic.h264 import packetized
from mcastlab.traffic.wav import CODECS

if TYPE_CHECKING:
    from collections.abc import Callable

RTP_HEADER: Final = 12
"""Octets. Source: RFC 3550, section 5.1."""
IN_BAND_OCTETS: Final = 16
"""A header extension with the time of sampling. Sources: RFC 8285, section 4.2; RFC 6051, section 3.3."""
TONE_HZ: Final = 1000
"""A whole number of periods fits each packet, so that packets follow each other without a click."""
_AMPLITUDE: Final = 8000
"""Of 16 bits; some 12 dB below the loudest."""
_TS_PACKET: Final = 188
_TS_PACKETS: Final = 7
"""As many MPEG-2 TS packets as fit an Ethernet frame. Source: RFC 2250, section 2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPacket:
    """A packet of a stream."""

    tick: int
    """In which interval of the repetition it is due."""
    marker: bool
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A stream's packets, which repeat, and what RTP and SDP say of them."""

    name: str
    payload_type: int
    encoding: str
    """As an SDP's `rtpmap` has it, such as PCMU/8000. Source: RFC 8866, section 6.6."""
    clock_hz: int
    """Of RTP's timestamps."""
    interval_us: int
    ticks: int
    """After how many intervals the packets repeat."""
    packets: tuple[MediaPacket, ...]
    is_audio: bool
    format_parameters: str = ""
    """As an SDP's `fmtp` has them."""

    @property
    def largest_octets(self) -> int:
        """The largest packet with its RTP header."""
        return RTP_HEADER + max(len(packet.payload) for packet in self.packets)

    @property
    def pps(self) -> float:
        """Datagrams a second."""
        return len(self.packets) * 1_000_000 / (self.ticks * self.interval_us)

    def due_us(self, sequence: int) -> int:
        """Return when a packet is due, from the stream's begin."""
        turn, place = divmod(sequence, len(self.packets))
        return (turn * self.ticks + self.packets[place].tick) * self.interval_us

    def count_until(self, us: int) -> int:
        """Return how many packets are due in a time from the stream's begin."""
        turn, tick = divmod(us // self.interval_us, self.ticks)
        return turn * len(self.packets) + bisect_left([packet.tick for packet in self.packets], tick)


def _sound(name: str, payload_type: int, encoding: str, payloads: list[bytes], *, ms: int = 20) -> Media:
    return Media(
        name=name,
        payload_type=payload_type,
        encoding=encoding,
        clock_hz=int(encoding.partition("/")[2]),
        interval_us=ms * 1000,
        ticks=len(payloads),
        packets=_steady(payloads),
        is_audio=True,
    )


def speech_media(octets: bytes, name: str = "g711u") -> Media:
    """Return speech by a law of G.711 as a stream of it: packets of 20 ms, the last one filled up with silence."""
    law, payloads = media(name, 1000), _chunks(octets, 160)
    last = payloads[-1].ljust(160, CODECS[law.payload_type].silence)
    return _sound("wav", law.payload_type, law.encoding, [*payloads[:-1], last])


def _steady(payloads: list[bytes]) -> tuple[MediaPacket, ...]:
    """Return packets of which one is due each interval."""
    return tuple(MediaPacket(tick=tick, marker=False, payload=payload) for tick, payload in enumerate(payloads))


def tone(hz: int, samples: int) -> list[int]:
    """Return a tone as signed samples of 16 bits.

    >>> tone(8000, 8)
    [0, 5657, 8000, 5657, 0, -5657, -8000, -5657]
    """
    return [round(_AMPLITUDE * math.sin(2 * math.pi * TONE_HZ * each / hz)) for each in range(samples)]


def _clip(name: str) -> bytes:
    return resources.files("mcastlab.traffic").joinpath("clips", name).read_bytes()


def _chunks(content: bytes, octets: int) -> list[bytes]:
    return [content[begin : begin + octets] for begin in range(0, len(content), octets)]


def _g711u(_: int) -> Media:
    return _sound("g711u", 0, "PCMU/8000", [g711.mu_law(tone(8000, 160))])


def _g711a(_: int) -> Media:
    return _sound("g711a", 8, "PCMA/8000", [g711.a_law(tone(8000, 160))])


def _g722(_: int) -> Media:
    # Its RTP clock is 8000 Hz although it samples at 16000. Source: RFC 3551, section 4.5.2.
    return _sound("g722", 9, "G722/8000", _chunks(_clip("tone.g722"), 160))


def _l16(_: int) -> Media:
    # Of 10 ms: those of 20 ms, which is usual, would be larger than what tunnels carry.
    samples = b"".join(sample.to_bytes(2, "big", signed=True) for sample in tone(44100, 441))
    return _sound("l16", 11, "L16/44100", [samples], ms=10)


def _h264(largest_octets: int) -> Media:
    frames = packetized(_clip("picture.h264"), largest_octets - RTP_HEADER)
    packets = tuple(
        MediaPacket(tick=tick, marker=place == len(frame) - 1, payload=payload)
        for tick, frame in enumerate(frames)
        for place, payload in enumerate(frame)
    )
    return Media(
        name="h264",
        payload_type=96,
        encoding="H264/90000",
        clock_hz=90000,
        interval_us=40_000,
        ticks=len(frames),
        packets=packets,
        is_audio=False,
        format_parameters="packetization-mode=1",
    )


def _ts(largest_octets: int) -> Media:
    several = max(1, min(_TS_PACKETS, (largest_octets - RTP_HEADER) // _TS_PACKET))
    payloads = _chunks(_clip("picture.ts"), several * _TS_PACKET)
    return Media(
        name="ts",
        payload_type=33,
        encoding="MP2T/90000",
        clock_hz=90000,
        interval_us=1_000_000 // len(payloads),
        ticks=len(payloads),
        packets=_steady(payloads),
        is_audio=False,
    )


_KINDS: Final[dict[str, Callable[[int], Media]]] = {
    "g711u": _g711u,
    "g711a": _g711a,
    "g722": _g722,
    "l16": _l16,
    "h264": _h264,
    "ts": _ts,
}


@cache
def media(name: str, largest_octets: int) -> Media:
    """Return the stream of that name, with no packet larger than so many octets of UDP payload.

    Raises:
        KeyError: there is none.
    """
    return _KINDS[name](largest_octets)
