"""Streams in RTP that are none of the plan's."""

from __future__ import annotations

from array import array

from mcastlab.traffic.probe.figures import packed

FOREIGN_STREAMS, FOREIGN_PACKETS, RECORDED_OCTETS = 1000, 100_000, 6 << 20


class Foreign:
    """A stream in RTP that is none of the plan's: what a device of its own sends."""

    def __init__(self, recorded: bytearray | None) -> None:
        self.kinds, self.numbers, self.sizes = array("B"), array("H"), array("H")
        self.stamps, self.arrived_us = array("I"), array("i")
        self.recorded = recorded
        """The first packets, one behind the other, where this node is to record them."""
        self.room = RECORDED_OCTETS

    def take(self, kind: int, number: int, stamp: int, at_us: int, packet: memoryview) -> None:
        """Keep what a packet's header says, and when it came."""
        size = len(packet)
        if len(self.kinds) < FOREIGN_PACKETS:
            if self.recorded is not None and self.room >= size:
                self.recorded += packet
                self.room -= size
            else:
                self.room = 0
            self.kinds.append(kind)
            self.numbers.append(number)
            self.stamps.append(stamp)
            self.sizes.append(size)
            self.arrived_us.append(at_us)

    def row(self) -> list[str]:
        """Return the packets by column, packed: marker and type, sequence number, timestamp, size, time of arrival.

        Behind them stand the packets themselves where they were recorded.
        """
        columns = (self.kinds, self.numbers, self.stamps, self.sizes, self.arrived_us)
        return [packed(each) for each in (*columns, *(() if self.recorded is None else (self.recorded,)))]
