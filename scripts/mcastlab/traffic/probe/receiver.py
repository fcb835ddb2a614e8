"""A node's memberships, and what is received by them."""

from __future__ import annotations

import socket
import struct
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from mcastlab.traffic.probe.igmp import report_membership
from mcastlab.traffic.probe.ring import PacketRing
from mcastlab.traffic.probe.sockets import ANCILLARY, SEGMENT, SO_TIMESTAMPNS, TIMESPEC, UDP_GRO, member
from mcastlab.traffic.probe.wire import HEADER, RTP_VERSION, RTP_VERSION_MASK

if TYPE_CHECKING:
    from mcastlab.traffic.probe.loop import EventLoop
    from mcastlab.traffic.probe.part import NodePart
    from mcastlab.traffic.probe.rtcp import Reports
    from mcastlab.traffic.probe.rtp_streams import RtpStreams

# What a socket has lost as its queue was full, behind eight other numbers. Sources: linux/sock_diag.h,
# SK_MEMINFO_DROPS; asm-generic/socket.h.
MEMINFO, SO_MEMINFO = struct.Struct("@32xI"), 55
READ_AT_ONCE, FEW_MEMBERS = 256, 16
QUEUED = 4
# What a run reports at most of times in which datagrams were lost here.
LOSSES = 100
DRAIN_NS = 5_000_000
REPORTED_AGAIN_NS = 1_000_000_000


class Receiver:
    """Joins and leaves groups, and counts what comes meanwhile."""

    def __init__(self, part: NodePart, loop: EventLoop, streams: RtpStreams, reports: Reports) -> None:
        self.part, self.loop, self.streams, self.reports = part, loop, streams, reports
        self.members: dict[int, tuple[socket.socket, int]] = {}
        """The socket of each group, and since when."""
        self.joined_ns: list[int] = []
        self.periods: dict[int, list[tuple[int, int]]] = {}
        """From when to when this node was a member of each group."""
        self.dropped: list[list[int]] = []
        self.drops: dict[int, int] = {}
        self.emptied_ns: dict[int, int] = {}
        # What it sends itself does not come from outside.
        self.sent_groups = {flow.group for flow in part.flows if flow.sender == part.node}
        self.ring = self._ring()

    def _ring(self) -> PacketRing | None:
        """Return a ring where this node is in many groups, and nothing but the plan's own streams is measured."""
        part = self.part
        reads_more = self.streams.reads_whole or part.plan.get("foreign") or part.plan.get("rtcp")
        if part.is_brief and len(part.groups) > FEW_MEMBERS and not reads_more:
            with suppress(OSError, ValueError):
                return PacketRing(part)
        return None

    def begin(self) -> None:
        """Plan what is reported once devices are up again: twice, as a report may be lost (RFC 2236, section 3)."""
        for group, at_ms in self.part.plan.get("returns", {}).get(str(self.part.node), []):
            for at_ns in (self.part.at(at_ms), self.part.at(at_ms) + REPORTED_AGAIN_NS):
                self.loop.due(at_ns, partial(self.return_to, group))
        if self.ring is not None:
            self.drain(self.ring)

    def drain(self, ring: PacketRing) -> None:
        """Count what is in the ring, and do so again soon."""
        ring.take()
        self.loop.due(time.time_ns() + DRAIN_NS, partial(self.drain, ring))

    def join(self, group: int) -> None:
        """Become a member."""
        joined_ns = time.time_ns()
        address, port = self.part.address(group)
        by_ring = self.ring if group not in self.sent_groups else None
        try:
            if by_ring is not None:
                by_ring.join(group, address)
                sock = by_ring.sock
            else:
                sock = member(address, port)
        except OSError as error:
            self.part.errors.append(f"joining {address}: {error}")
            return
        self.members[group] = (sock, joined_ns)
        self.joined_ns.append(joined_ns)
        if by_ring is None:
            self.drops[group], self.emptied_ns[group] = 0, joined_ns
            self.loop.read(sock, partial(self.take, sock, group))
            if self.streams.foreign is not None and group in self.part.with_reports:
                self.reports.hear(group)

    def leave(self, group: int) -> int:
        """End a membership and return when, 0 if there is none; what the kernel has already received still counts."""
        if group not in self.members:
            return 0
        sock, joined_ns = self.members.pop(group)
        left_ns = time.time_ns()
        if self.ring is not None and sock is self.ring.sock:
            self.ring.leave(group, self.part.address(group)[0])
        else:
            while self.take(sock, group):
                pass
            self.note_drops(sock, group)
            self.loop.forget(sock)
        self.reports.leave(group)
        self.periods.setdefault(group, []).append((joined_ns, left_ns))
        return left_ns

    def return_to(self, group: int) -> None:
        """Report a membership once more, as its device is up again: as it went down, it said nothing."""
        if group in self.members:
            address, _ = self.part.address(group)
            try:
                report_membership(address)
            except OSError as error:
                self.part.errors.append(f"reporting {address}: {error}")

    def note_drops(self, sock: socket.socket, group: int) -> None:
        """Note what the kernel threw away as a member's queue was full: group, from and to when, how much."""
        with suppress(OSError, struct.error):
            (after,) = MEMINFO.unpack_from(sock.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, MEMINFO.size))
            if after != self.drops[group] and len(self.dropped) < LOSSES:
                period_us = self.part.us(self.emptied_ns[group]), self.part.us(time.time_ns())
                self.dropped.append([group, *period_us, after - self.drops[group]])
            self.drops[group] = after

    def take(self, sock: socket.socket, group: int) -> bool:  # noqa: C901  (a call a datagram would cost its rate)
        """Count the datagrams of a member's socket, and say whether there may be more.

        Another run's or program's are not ours to count.
        """
        buffer, unpack, records, tag = self.streams.buffer, HEADER.unpack_from, self.part.records, self.part.tag
        buffers = [buffer]
        # Of many members few have more than one datagram, and epoll tells of those that have.
        for taken in range(READ_AT_ONCE if len(self.members) <= FEW_MEMBERS else 1):
            try:
                size, ancillary, _, address = sock.recvmsg_into(buffers, ANCILLARY)
            except BlockingIOError:
                # A queue that was full held several, whatever their size.
                if taken >= QUEUED:
                    self.note_drops(sock, group)
                self.emptied_ns[group] = time.time_ns()
                return False
            now_ns, segment = 0, max(1, size)
            for _, kind, value in ancillary:
                if kind == SO_TIMESTAMPNS:
                    seconds, nanoseconds = TIMESPEC.unpack(value)
                    now_ns = seconds * 1_000_000_000 + nanoseconds
                elif kind == UDP_GRO:
                    (segment,) = SEGMENT.unpack(value)
            now_ns = now_ns or time.time_ns()
            if buffer[0] & RTP_VERSION_MASK == RTP_VERSION:
                self.streams.take(group, size, segment, now_ns, address[0])
                continue
            for place in range(0, size - HEADER.size + 1, segment):
                theirs, number, sequence, sent_ns = unpack(buffer, place)
                record = records.get(number)
                if theirs != tag or record is None or sequence >= record.flow.count:
                    continue
                if record.seen[sequence]:
                    record.again.append(sequence)
                    continue
                record.seen[sequence] = 1
                record.received_ns[sequence] = now_ns
                record.latency_ns[sequence] = now_ns - sent_ns
        return True

    def end(self) -> None:
        """Leave all groups."""
        for group in list(self.members):
            self.leave(group)
        if self.ring is not None and (lost := self.ring.lost()):
            self.part.errors.append(f"{lost} datagrams were lost as this host was busy")
