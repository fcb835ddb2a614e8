"""What a person hears while devices speak: their packets as one stream of sound that never runs dry. Pure.

It is written in Sun's audio format (`.au`), whose length may stay unknown, and whose samples are those of RTP: octets
of a codec go out as they came. Sources: Sun's "Audio File Format"; its audio.h for the codes of A-law and G.722.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from mcastlab.traffic.device_rtp import codec_of, sound_packets
from mcastlab.traffic.media import RTP_HEADER
from mcastlab.traffic.rtp_times import ticks_after
from mcastlab.traffic.wav import CODECS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.traffic.wav import WavCodec

AU_HEADER: Final = struct.Struct(">4sIIIIII")
AU_UNKNOWN: Final = 0xFFFFFFFF
AU_ENCODINGS: Final = {0: 1, 8: 27, 9: 24, 10: 3, 11: 3}
"""Mu-law, A-law, G.722 and linear PCM of 16 bits, by payload type."""
AHEAD_S: Final = 0.2
"""How much sound a player is given before it is due, so that a late write of ours is not heard."""
HELD_S: Final = 0.2
"""How long a packet is held, so that those behind it may come late."""
FARTHEST_S: Final = 1.0
"""A packet that is so far from its place belongs to sound that began anew."""
PAUSE_S: Final = 0.5
"""Once who speaks is silent for so long, another one is heard."""
_TYPE, _VERSION, _RTP_2, _RTCP = 0x7F, 0xC0, 0x80, range(72, 77)


def au_header(payload_type: int) -> bytes:
    """Return what stands before a codec's octets.

    >>> au_header(0).hex(" ", 4)
    '2e736e64 0000001c ffffffff 00000001 00001f40 00000001 00000000'
    """
    codec = CODECS[payload_type]
    return AU_HEADER.pack(
        *(b".snd", AU_HEADER.size, AU_UNKNOWN, AU_ENCODINGS[payload_type], codec.hz, codec.channels, 0)
    )


class LiveSound:
    """The sound of one group: one device at a time, each packet at its timestamp, silence where nothing came.

    The first packet of sound decides on the codec. Times are seconds of one clock that only goes on.
    """

    def __init__(self) -> None:
        self._type = -1
        self._began_s = 0.0
        self._written = 0
        """Ticks of the codec's clock that were written."""
        self._next = bytearray()
        """What came of the sound behind those."""
        self._talker: tuple[str, int] | None = None
        self._heard_s = 0.0
        self._stamp = self._offset = 0
        """The latest packet's timestamp, and what makes timestamps ticks of ours."""
        self._noted: set[str] = set()

    @property
    def has_begun(self) -> bool:
        """Whether something was heard."""
        return self._type >= 0

    @property
    def _codec(self) -> WavCodec:
        return CODECS[self._type]

    def take(self, source: str, datagram: bytes, now_s: float) -> Iterator[str]:
        """Take a datagram that came from an address, and yield what is new of it, in words."""
        if len(datagram) < RTP_HEADER or datagram[0] & _VERSION != _RTP_2 or datagram[1] & _TYPE in _RTCP:
            return
        try:
            (packet,) = sound_packets(datagram, (len(datagram),))
        except struct.error:
            return
        kind, talker = datagram[1] & _TYPE, (source, int.from_bytes(datagram[8:12], "big"))
        if not packet.payload:
            return
        name, _ = codec_of(kind)
        if kind not in CODECS or (self.has_begun and kind != self._type):
            why = f", as this stream began with {codec_of(self._type)[0]}" if kind in CODECS else ""
            yield from self._once(f"{source} sends {name}, which is not played{why}")
            return
        if not self.has_begun:
            self._type, self._began_s = kind, now_s
        is_new = self._talker != talker
        if is_new and self._talker is not None and now_s - self._heard_s < PAUSE_S:
            yield from self._once(f"{source} ({talker[1]:08x}) speaks at the same time and is not played then")
            return
        if is_new:
            yield from self._once(f"{source} ({talker[1]:08x}) speaks: {name}")
        self._place(packet.stamp, packet.payload, now_s, is_new=is_new)
        self._talker, self._heard_s = talker, now_s

    def _once(self, text: str) -> Iterator[str]:
        if text not in self._noted:
            self._noted.add(text)
            yield text

    def _place(self, stamp: int, payload: bytes, now_s: float, *, is_new: bool) -> None:
        codec, after = self._codec, ticks_after(stamp, self._stamp)
        place, farthest = ticks_after(stamp + self._offset, self._written), FARTHEST_S * codec.clock_hz
        if not is_new and place < 0 and -farthest < after <= 0:
            # It has been overtaken, and its place is written.
            return
        if is_new or not 0 <= place <= farthest:
            place = self._ticks(now_s + HELD_S) - self._written
            self._offset = self._written + place - stamp
        at, ticks = place * codec.octets, len(payload) // codec.octets
        self._next += codec.silence * (place + ticks - len(self._next) // codec.octets)
        self._next[at : at + ticks * codec.octets] = payload[: ticks * codec.octets]
        self._stamp = stamp

    def _ticks(self, now_s: float) -> int:
        """Return how much is to be written by a time, from the begin on."""
        return int((now_s - self._began_s + AHEAD_S) * self._codec.clock_hz)

    def due(self, now_s: float) -> bytes:
        """Return what is to be written by now: at first the header, then as much sound as the clock has gone on."""
        if not self.has_begun:
            return b""
        codec = self._codec
        header = b"" if self._written else au_header(self._type)
        ticks = self._ticks(now_s) - self._written
        octets = self._next[: ticks * codec.octets]
        del self._next[: ticks * codec.octets]
        self._written += ticks
        return header + bytes(octets) + codec.silence * (ticks - len(octets) // codec.octets)
