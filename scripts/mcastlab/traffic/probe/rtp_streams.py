"""Packets in RTP that a member received: the plan's, and those of others where they are to be measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcastlab.traffic.probe.figures import NS_PER_MS
from mcastlab.traffic.probe.foreign import FOREIGN_STREAMS, Foreign
from mcastlab.traffic.probe.wire import LARGEST_DATAGRAM, RTP, in_band, sampled_ns

if TYPE_CHECKING:
    from mcastlab.traffic.probe.loop import EventLoop
    from mcastlab.traffic.probe.part import NodePart
    from mcastlab.traffic.probe.record import Record


class RtpStreams:
    """Counts such packets."""

    def __init__(self, part: NodePart, loop: EventLoop) -> None:
        self.part, self.loop = part, loop
        # Read for each packet.
        self.records, self.by_ssrc = part.records, part.by_ssrc
        self.reads_whole = part.damaging or part.is_stamped
        self.foreign: dict[tuple[int, str, int], Foreign] | None = {} if part.plan.get("foreign") else None
        self.is_recording = part.node in part.plan.get("recording", ())
        self.buffer = bytearray(LARGEST_DATAGRAM + 1)
        """What was received last."""
        self.awaited: list[Any] | None = part.plan.get("awaited")

    def take(self, group: int, size: int, segment: int, now_ns: int, source: str) -> None:
        """Count the packets in the buffer: one, or several of one size that the kernel gave as one."""
        for place in range(0, size - RTP.size + 1, segment):
            _, kind, number, stamp, ssrc = RTP.unpack_from(self.buffer, place)
            flow = self.by_ssrc.get(ssrc)
            if flow is None:
                if self.foreign is not None and len(self.foreign) < FOREIGN_STREAMS:
                    key = (group, source, ssrc)
                    if key not in self.foreign:
                        self.foreign[key] = Foreign(bytearray() if self.is_recording else None)
                    packet = memoryview(self.buffer)[place : min(size, place + segment)]
                    self.foreign[key].take(kind, number, stamp, self.part.us(now_ns), packet)
                    self.end_soon_after(source, now_ns)
                continue
            record = self.records.get(flow.number)
            if record is None or flow.group != group:
                continue
            sequence = record.place(number, now_ns)
            if not 0 <= sequence < flow.count:
                continue
            if self.reads_whole:
                packet = memoryview(self.buffer)[place : min(size, place + segment)]
                if not self.is_whole(packet, record, sequence, now_ns):
                    # A device has no use for it.
                    continue
            record.take(sequence, now_ns)

    def end_soon_after(self, source: str, now_ns: int) -> None:
        """End this node's part some time after the first packet of a source that is waited for."""
        if self.awaited is not None and self.awaited[0] == source:
            self.loop.end_by(now_ns + self.awaited[1] * NS_PER_MS)
            self.awaited = None

    def is_whole(self, packet: memoryview, record: Record, sequence: int, now_ns: int) -> bool:
        """Say whether a packet is as it was to be sent, and note its delay where it says when it was sampled."""
        left_ns = sampled_ns(packet) if self.part.is_stamped else 0
        if self.part.damaging:
            whole = record.flow.packet(sequence)
            if packet != (in_band(whole, left_ns) if left_ns else whole):
                return False
        if left_ns and not record.seen[sequence]:
            record.note_delay(sequence, now_ns - left_ns)
        return True
