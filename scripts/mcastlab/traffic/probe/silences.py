"""What reaches a node's network interfaces while it should not: groups that it has left, or has not joined."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

from mcastlab.traffic.probe.figures import UNKNOWN
from mcastlab.traffic.probe.igmp import joined_addresses
from mcastlab.traffic.probe.sockets import ANCILLARY, stamp_ns, watcher
from mcastlab.traffic.probe.wire import HEADER, LARGEST_DATAGRAM, RTP, RTP_VERSION, RTP_VERSION_MASK, UDP_HEADER

if TYPE_CHECKING:
    from mcastlab.traffic.probe.loop import EventLoop
    from mcastlab.traffic.probe.part import NodePart
    from mcastlab.traffic.probe.receiver import Receiver


class Silences:
    """Times in which nothing of a group is to reach this node: of each its group, begin, end, and what came."""

    def __init__(self, part: NodePart, loop: EventLoop, receiver: Receiver) -> None:
        self.part, self.loop, self.receiver = part, loop, receiver
        wanted = part.plan["silences"].get(str(part.node), [])
        self.silences = [[group, part.at(begin_ms), part.at(end_ms), 0] for group, begin_ms, end_ms in wanted]
        self.heard_ns: dict[int, int] = {}
        """When each flow was heard last after its group was left."""
        self.watch: socket.socket | None = None
        self.blind = False
        self.buffer = bytearray(LARGEST_DATAGRAM + 1)
        for _, begin_ns, end_ns, _ in self.silences:
            loop.due(begin_ns, self.watch_as_needed)
            loop.due(end_ns, self.watch_as_needed)

    def postpone(self, group: int, due_ns: int, left_ns: int) -> None:
        """Have the silence of a group begin later: who leaves late may hear something for so much longer.

        Of one that so begins past its end nothing is known.
        """
        for silence in self.silences:
            if silence[0] == group and silence[1] > due_ns:
                silence[1] += left_ns - due_ns
                if silence[1] >= silence[2]:
                    silence[3] = UNKNOWN

    def watch_as_needed(self) -> None:
        """Watch the interfaces for as long as some silence lasts."""
        now_ns = time.time_ns()
        wanted = any(begin_ns <= now_ns < end_ns for _, begin_ns, end_ns, _ in self.silences)
        if wanted and self.watch is None:
            try:
                self.watch = watcher()
            except OSError as error:
                self.part.errors.append(f"watching: {error}")
                self.blind = True
                self.silences.clear()
                return
            self.loop.read(self.watch, self.overhear)
            # Where another program is a member, its host hears the group rightly.
            foreign = joined_addresses() - {self.part.address(group)[0] for group in self.receiver.members}
            for silence in self.silences:
                if self.part.address(silence[0])[0] in foreign:
                    silence[3] = UNKNOWN
        elif not wanted and self.watch is not None:
            self.overhear()
            self.loop.forget(self.watch)
            self.watch = None

    def overhear(self) -> None:
        """Count what arrives at an interface while it should not."""
        while self.watch is not None:
            try:
                size, ancillary, _, address = self.watch.recvmsg_into([self.buffer], ANCILLARY)
            except BlockingIOError:
                return
            # When it arrived, not when it is read: a busy host reads late.
            begin, now_ns = (self.buffer[0] & 15) * 4 + UDP_HEADER, stamp_ns(ancillary) or time.time_ns()
            number = self.number_of(begin, size) if address[2] != socket.PACKET_OUTGOING else UNKNOWN
            if not 0 <= number < len(self.part.flows):
                continue
            group = self.part.flows[number].group
            if group not in self.receiver.members and group in self.receiver.periods:
                self.heard_ns[number] = now_ns
            for silence in self.silences:
                if silence[3] != UNKNOWN and silence[0] == group and silence[1] <= now_ns < silence[2]:
                    silence[3] += 1

    def number_of(self, begin: int, size: int) -> int:
        """Return which flow the datagram in the buffer is of; -1 if of none."""
        if size >= begin + RTP.size and self.buffer[begin] & RTP_VERSION_MASK == RTP_VERSION:
            flow = self.part.by_ssrc.get(RTP.unpack_from(self.buffer, begin)[4])
            return UNKNOWN if flow is None else flow.number
        theirs, number = HEADER.unpack_from(self.buffer, begin)[:2] if size >= begin + HEADER.size else (0, UNKNOWN)
        return int(number) if theirs == self.part.tag else UNKNOWN
