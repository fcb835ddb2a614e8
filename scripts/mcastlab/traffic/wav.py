"""WAV files: what was heard as a file that every player opens, and a file as what a phone sends. Pure.

A codec's octets go into the file as they came, under its own format tag: nothing is decoded, and nothing made better.
Sources: Multimedia Programming Interface and Data Specifications 1.0 (RIFF WAVE); RFC 2361 (format tags).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from mcastlab.traffic.g711 import from_mu_law, mu_law
from mcastlab.traffic.rtp_times import ticks_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

PHONE_HZ: Final = 8000
LONGEST_S: Final = 60
_PCM, _FLOAT, _A_LAW, _MU_LAW, _G722, _EXTENSIBLE = 0x0001, 0x0003, 0x0006, 0x0007, 0x028F, 0xFFFE
_FORMAT: Final = struct.Struct("<HHIIHH")
_CHUNK: Final = struct.Struct("<4sI")


@dataclass(frozen=True, slots=True, kw_only=True)
class WavCodec:
    """How a payload type's octets stand in a file."""

    tag: int
    hz: int
    """Samples a second."""
    clock_hz: int
    """Of RTP's timestamps."""
    octets: int
    """A tick of that clock."""
    bits: int
    """A sample."""
    channels: int = 1
    silence: bytes = b"\x00"
    """A tick's octets that nobody hears."""


CODECS: Final = {
    0: WavCodec(tag=_MU_LAW, hz=8000, clock_hz=8000, octets=1, bits=8, silence=b"\xff"),
    8: WavCodec(tag=_A_LAW, hz=8000, clock_hz=8000, octets=1, bits=8, silence=b"\xd5"),
    # Its timestamps count at 8000 Hz although it samples at 16000. Source: RFC 3551, section 4.5.2.
    9: WavCodec(tag=_G722, hz=16000, clock_hz=8000, octets=1, bits=4, silence=b"\xfa"),
    10: WavCodec(tag=_PCM, hz=44100, clock_hz=44100, octets=4, bits=16, channels=2, silence=bytes(4)),
    11: WavCodec(tag=_PCM, hz=44100, clock_hz=44100, octets=2, bits=16, silence=bytes(2)),
}
"""Payload types that a file can hold. Source: RFC 3551, section 6."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundPacket:
    """What a packet in RTP brought."""

    stamp: int
    payload: bytes


def sound(codec: WavCodec, packets: Iterable[SoundPacket]) -> bytes:
    r"""Return packets as sound: each at its timestamp, and silence where none came, a minute at most.

    >>> packets = [SoundPacket(stamp=7, payload=b"ab"), SoundPacket(stamp=10, payload=b"c")]
    >>> sound(CODECS[0], packets)
    b'ab\xffc'
    """
    placed = list(packets)
    if not placed:
        return b""
    first = placed[0].stamp
    starts = [ticks_after(each.stamp, first) for each in placed]
    first_tick = min(starts)
    longest = LONGEST_S * codec.clock_hz
    ends = [start - first_tick + len(each.payload) // codec.octets for start, each in zip(starts, placed, strict=True)]
    found = bytearray(codec.silence * min(longest, max(ends)))
    for start, each in zip(starts, placed, strict=True):
        at = (start - first_tick) * codec.octets
        part = each.payload[: max(0, len(found) - at)]
        found[at : at + len(part)] = part
    return bytes(found)


def wav(codec: WavCodec, octets: bytes) -> bytes:
    """Return sound as a file."""
    if codec.tag == _PCM:
        # In RTP the high octet of a sample comes first. Source: RFC 3551, section 4.5.11.
        swapped = bytearray(octets[: len(octets) // 2 * 2])
        swapped[::2], swapped[1::2] = swapped[1::2], swapped[::2]
        octets = bytes(swapped)
    a_second, align = codec.clock_hz * codec.octets, max(1, codec.bits * codec.channels // 8)
    layout = _FORMAT.pack(codec.tag, codec.channels, codec.hz, a_second, align, codec.bits)
    samples = len(octets) * 8 // (codec.bits * codec.channels)
    # What is no PCM says how many samples it has, and that nothing more is said of it.
    more = () if codec.tag == _PCM else ((b"fact", struct.pack("<I", samples)),)
    chunks = ((b"fmt ", layout if codec.tag == _PCM else layout + bytes(2)), *more, (b"data", octets))
    body = b"WAVE" + b"".join(_CHUNK.pack(name, len(each)) + each + bytes(len(each) % 2) for name, each in chunks)
    return _CHUNK.pack(b"RIFF", len(body)) + body


def speech(content: bytes, law: Callable[[Sequence[int]], bytes] = mu_law) -> bytes:
    """Return a file's sound as a phone sends it: by a law of G.711, 8000 samples a second, one channel.

    Raises:
        ValueError: it is no WAV file of PCM or mu-law, or longer than a minute.
    """
    chunks = dict(_chunks(content))
    if len(chunks.get(b"fmt ", b"")) < _FORMAT.size or b"data" not in chunks:
        raise ValueError("is no WAV file")
    tag, channels, hz, _, _, bits = _FORMAT.unpack_from(chunks[b"fmt "])
    if tag == _EXTENSIBLE and len(chunks[b"fmt "]) >= 26:  # noqa: PLR2004  (where the real tag stands)
        (tag,) = struct.unpack_from("<H", chunks[b"fmt "], 24)
    if not channels or not PHONE_HZ // 2 <= hz <= 200_000:  # noqa: PLR2004
        raise ValueError(f"has {channels} channels of {hz} samples a second")
    frame = channels * max(1, bits // 8)
    if len(chunks[b"data"]) > LONGEST_S * hz * frame:
        raise ValueError(f"is longer than {LONGEST_S} s")
    if tag == _MU_LAW and (channels, hz, bits) == (1, PHONE_HZ, 8):
        return chunks[b"data"] if law is mu_law else law(from_mu_law(chunks[b"data"]))
    samples = _samples(tag, bits, chunks[b"data"])
    mixed = [sum(samples[at : at + channels]) // channels for at in range(0, len(samples) - channels + 1, channels)]
    return law(resampled(mixed, hz))


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return
    at = 12
    while at + _CHUNK.size <= len(content):
        name, size = _CHUNK.unpack_from(content, at)
        yield name, content[at + _CHUNK.size : at + _CHUNK.size + size]
        at += _CHUNK.size + size + size % 2


def _samples(tag: int, bits: int, octets: bytes) -> Sequence[int]:
    """Return samples of 16 bits.

    Raises:
        ValueError: nothing here reads them.
    """
    wide = bits // 8
    if tag == _PCM and bits == 8:  # noqa: PLR2004  (the only one without a sign)
        return [(each - 128) * 256 for each in octets]
    if tag == _PCM and bits in {16, 24, 32}:
        last = len(octets) // wide * wide
        return [int.from_bytes(octets[at + wide - 2 : at + wide], "little", signed=True) for at in range(0, last, wide)]
    if tag == _FLOAT and bits == 32:  # noqa: PLR2004
        found = struct.unpack(f"<{len(octets) // 4}f", octets[: len(octets) // 4 * 4])
        return [round(max(-1.0, min(1.0, each)) * 32767) for each in found]
    raise ValueError(
        f"has sound of format {tag} with {bits} bits; PCM, float of 32 bits and mu-law at 8000 Hz are read"
    )


def resampled(samples: Sequence[int], hz: int) -> list[int]:
    """Return samples at a phone's rate: the mean of those that one stands for, or what lies between two.

    >>> resampled([0, 2, 4, 6], 16000), resampled([0, 2], 4000)
    ([1, 5], [0, 1, 2, 2])
    """
    if hz == PHONE_HZ:
        return list(samples)
    number, last = len(samples) * PHONE_HZ // hz, len(samples) - 1
    if hz < PHONE_HZ:
        places = (each * hz / PHONE_HZ for each in range(number))
        return [
            round(samples[int(at)] + (at - int(at)) * (samples[min(last, int(at) + 1)] - samples[int(at)]))
            for at in places
        ]
    bounds = [each * hz // PHONE_HZ for each in range(number + 1)]
    return [sum(samples[begin:end]) // max(1, end - begin) for begin, end in pairwise(bounds)]
