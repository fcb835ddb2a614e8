"""What a plan has sent: flows, the packets of those in RTP, and what is wrong with them for a time."""

from __future__ import annotations

import base64
from bisect import bisect_left
from random import Random
from typing import Any

from mcastlab.traffic.probe.figures import NS_PER_MS, NS_PER_US
from mcastlab.traffic.probe.wire import RTP, RTP_MARKER, RTP_VERSION

# A payload type that nothing stands for. Source: RFC 3551, section 6.
WRONG_TYPE = 77
DAMAGING = ("corrupt", "truncate", "wrong_payload_type")


class RtpStream:
    """An RTP stream's packets, which repeat after some ticks, each with the tick at which it is due."""

    def __init__(self, row: list[Any]) -> None:
        self.payload_type: int
        self.clock_hz: int
        self.ticks: int
        self.payload_type, self.clock_hz, self.ticks, self.is_audio, packets = row
        self.at: list[int] = [tick for tick, _, _ in packets]
        self.markers = [bool(marker) for _, marker, _ in packets]
        self.payloads = [base64.b64decode(payload) for _, _, payload in packets]


class SenderFault:
    """What is wrong with a flow for a time."""

    def __init__(self, row: list[Any], zero_ns: int) -> None:
        self.kind: str
        self.loss: float
        self.delay_ms: int
        self.jitter_ms: int
        self.kind, begin_ms, end_ms, self.loss, self.delay_ms, self.jitter_ms, seed = row
        self.begin_ns, self.end_ns = int(zero_ns + begin_ms * NS_PER_MS), int(zero_ns + end_ms * NS_PER_MS)
        self.random = Random(seed)  # noqa: S311  (the same seed gives the same test)

    def holds(self, time_ns: int) -> bool:
        """Say whether it is so at a time."""
        return self.begin_ns <= time_ns < self.end_ns

    def done_to(self, packet: bytes) -> bytes:
        """Return what leaves in place of a packet."""
        if self.kind == "corrupt":
            return packet[: RTP.size] + bytes(each ^ 0x55 for each in packet[RTP.size :])
        if self.kind == "truncate":
            return packet[: (RTP.size + len(packet)) // 2]
        return packet[:1] + bytes([packet[1] & RTP_MARKER | WRONG_TYPE]) + packet[2:]


class Flow:
    """What one sender sends to one group: every interval a burst of datagrams, whose sizes repeat."""

    def __init__(self, number: int, row: list[Any], zero_ns: int, streams: list[RtpStream] | None = None) -> None:
        self.number = number
        self.group: int
        self.burst: int
        self.count: int
        self.media: RtpStream | None
        self.start_ns: int
        self.interval_ns: int
        self.sizes: list[int]
        self.group, self.sender, start_ms, interval_us, self.burst, self.count, self.sizes, self.kind = row[:8]
        self.media = streams[row[8]] if streams and row[8:] else None
        self.ssrc: int = row[9] if self.media else 0
        self.faults = [SenderFault(each, zero_ns) for each in row[10]] if row[10:] else []
        # Where both begin is to be hard to foresee. Source: RFC 3550, section 5.1.
        self.first, self.first_stamp = self.ssrc >> 16, self.ssrc ^ 0xFFFFFFFF
        self.start_ns = int(zero_ns + start_ms * NS_PER_MS)
        self.interval_ns = int(interval_us * NS_PER_US)

    @property
    def streamed(self) -> RtpStream:
        """What is sent of this flow, which is one in RTP."""
        if self.media is None:
            raise LookupError("no flow in RTP")
        return self.media

    @property
    def stop_ns(self) -> int:
        """When the last burst has left."""
        return self.due_ns(self.count - 1) + self.interval_ns

    def due_ns(self, sequence: int) -> int:
        """Return when a datagram is due."""
        media = self.media
        if media is None:
            return self.start_ns + sequence // self.burst * self.interval_ns
        turn, place = divmod(sequence, len(media.at))
        return self.start_ns + (turn * media.ticks + media.at[place]) * self.interval_ns

    def sequence_at(self, time_ns: int) -> int:
        """Return the first sequence number that is due at a time or later."""
        ticks: int = max(0, -(-(time_ns - self.start_ns) // self.interval_ns))
        if self.media is None:
            return min(self.count, ticks * self.burst)
        turn, tick = divmod(ticks, self.media.ticks)
        return min(self.count, turn * len(self.media.at) + bisect_left(self.media.at, tick))

    def packet(self, sequence: int) -> bytes:
        """Return a packet of a stream in RTP, byte for byte as a device sends it."""
        media = self.streamed
        place = sequence % len(media.at)
        # The first packet of a talk spurt is marked, and the last of a picture. Sources: RFC 3551, 4.1; RFC 6184, 5.1.
        marked = media.markers[place] or (media.is_audio and not sequence)
        stamp = self.first_stamp + (self.due_ns(sequence) - self.start_ns) * media.clock_hz // 1_000_000_000
        kind = media.payload_type | (RTP_MARKER if marked else 0)
        header = RTP.pack(RTP_VERSION, kind, self.first + sequence & 0xFFFF, stamp & 0xFFFFFFFF, self.ssrc)
        return header + media.payloads[place]

    def sequence_of(self, number: int, time_ns: int) -> int:
        """Return the place of a packet in its stream, by its sequence number, of 16 bits, and about when it came."""
        place: int = (number - self.first) & 0xFFFF
        return place + round((self.sequence_at(time_ns) - place) / 65536) * 65536
