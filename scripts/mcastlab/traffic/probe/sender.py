"""One flow being sent: bursts of datagrams, or the packets of a stream in RTP."""

from __future__ import annotations

import socket
import time
from array import array
from contextlib import suppress
from typing import TYPE_CHECKING

from mcastlab.traffic.probe.figures import NEVER, NS_PER_MS, NS_PER_US, PAUSE_NS, extend
from mcastlab.traffic.probe.wire import HEADER, in_band

if TYPE_CHECKING:
    from mcastlab.traffic.probe.flows import Flow

# Linux's own numbers, where the socket module lacks them. Sources: linux/in.h, linux/udp.h.
IP_MTU_DISCOVER, IP_PMTUDISC_DONT, IP_PMTUDISC_PROBE = 10, 0, 3
UDP_SEGMENT = 103
MOST_SEGMENTS = 64
MOST_SEGMENTED_OCTETS = 64000
SEGMENTED_FROM = 8
LATEST_NS = 1_000_000_000


class Sender:
    """A flow being sent."""

    def __init__(
        self,
        flow: Flow,
        address: tuple[str, int],
        tag: int,
        ttl: int,
        *,
        loop: bool = False,
        is_stamping: bool = False,
    ) -> None:
        self.flow, self.tag, self.is_stamping = flow, tag, is_stamping
        self.sent, self.errors, self.error, self.late_ns = 0, 0, "", 0
        self.late: list[list[int]] = []
        self.postponed: list[tuple[int, bytes]] = []
        """What an impairment keeps until later."""
        self.failed: list[list[int]] = []
        self.began_ns, self.took_ns = 0, 0
        size = max(flow.sizes)
        self.left_us = array("i")
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
        # Our own copy would count as received on a host that both sends and listens, unless it has several devices.
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, loop)
        self.at_once = 1
        if flow.kind == "sweep":
            # What is too large for a link on the way is to be lost, not to arrive in fragments.
            self.sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
        elif flow.burst >= SEGMENTED_FROM and len(flow.sizes) == 1 and flow.media is None:
            self.at_once = self._segmented(size)
        self.buffer = bytearray(size * self.at_once)
        self.view = memoryview(self.buffer)
        try:
            self.sock.connect(address)
        except OSError as error:
            self.error = str(error)

    def _segmented(self, size: int) -> int:
        """Let the kernel cut a buffer into datagrams, and return how many it takes: one, where it cannot."""
        try:
            self.sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size)
            self.sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
        except OSError:
            return 1
        return max(1, min(MOST_SEGMENTS, MOST_SEGMENTED_OCTETS // size))

    def send_due(self, now_ns: int) -> int:
        """Send what is due, and return when the next burst is: 0 if it was the last."""
        flow = self.flow
        self.began_ns = self.began_ns or now_ns
        due_ns = flow.due_ns(self.sent)
        late_ns, first = now_ns - due_ns, self.sent
        self.late_ns = max(self.late_ns, late_ns)
        if flow.media is None:
            self._send(min(flow.count, first + flow.burst))
        else:
            self._send_packets(flow.sequence_at(due_ns + 1))
        if late_ns > PAUSE_NS:
            extend(self.late, first, self.sent - 1, late_ns // NS_PER_US)
        self.took_ns = time.time_ns() - self.began_ns
        if self.sent == flow.count or now_ns > flow.stop_ns + LATEST_NS:
            return 0
        return flow.due_ns(self.sent)

    def _send(self, until: int) -> None:
        flow, sizes, pack, send = self.flow, self.flow.sizes, HEADER.pack_into, self.sock.send
        tag, number, clock, view, buffer = self.tag, flow.number, time.time_ns, self.view, self.buffer
        while self.sent < until:
            first, several = self.sent, min(self.at_once, until - self.sent)
            size = sizes[first % len(sizes)]
            for place in range(several):
                pack(buffer, place * size, tag, number, first + place, clock())
            self.sent += several
            try:
                send(view[: several * size])
            except OSError as error:
                self.errors, self.error = self.errors + several, str(error)
                extend(self.failed, first, self.sent - 1, 0)

    def _send_packets(self, until: int) -> None:
        """Send packets of a stream in RTP; when each left is kept here, as nothing of it travels in them."""
        flow, left_us = self.flow, self.left_us
        while self.sent < until:
            packet, due_ns = flow.packet(self.sent), flow.due_ns(self.sent)
            self.sent += 1
            left_us.append((time.time_ns() - due_ns) // NS_PER_US)
            later_ns = 0
            for fault in flow.faults:
                if fault.kind == "impair":
                    # Of each packet as much is drawn, so that the same seed gives the same test.
                    lost, share = fault.random.random() < fault.loss, fault.random.random()
                    if fault.holds(due_ns):
                        later_ns += int((fault.delay_ms + share * fault.jitter_ms) * NS_PER_MS)
                        packet = b"" if lost else packet
                elif fault.holds(due_ns):
                    packet = b"" if fault.kind in {"vanish", "reboot"} else packet and fault.done_to(packet)
            if packet and self.is_stamping:
                packet = in_band(packet, due_ns)
            if not packet:
                left_us[-1] = NEVER
            elif later_ns:
                self.postponed.append((due_ns + later_ns, packet))
            else:
                self._send_packet(packet, self.sent - 1)

    def _send_packet(self, packet: bytes, sequence: int) -> None:
        try:
            self.sock.send(packet)
        except OSError as error:
            self.errors, self.error = self.errors + 1, str(error)
            extend(self.failed, sequence, sequence, 0)
            self.left_us[sequence] = NEVER

    def send_postponed(self, packet: bytes) -> None:
        """Send what was kept until now."""
        with suppress(OSError):
            self.sock.send(packet)
