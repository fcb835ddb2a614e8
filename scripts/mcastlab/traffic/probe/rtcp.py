"""RTCP: what a sender reports of itself, and who reports in a group."""

from __future__ import annotations

import os
import struct
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from mcastlab.traffic.probe.sockets import member
from mcastlab.traffic.probe.wire import LARGEST_DATAGRAM, NTP_ERA_S, RTP_VERSION, RTP_VERSION_MASK

if TYPE_CHECKING:
    import socket

    from mcastlab.traffic.probe.loop import EventLoop
    from mcastlab.traffic.probe.part import NodePart
    from mcastlab.traffic.probe.sender import Sender

# Of a sender report: version, type, length in words less one, SSRC, time in NTP's form, timestamp, packets and octets
# sent; behind it the canonical name as a source description. Sources: RFC 3550, 6.4.1 and 6.5.1.
SENDER_REPORT = struct.Struct("!BBHIIIIII")
SENDER_REPORT_TYPE, DESCRIPTION_TYPE, CANONICAL_NAME, ONE_CHUNK = 200, 202, 1, 0x81
RTCP_TYPES = range(200, 208)
RTCP_EVERY_NS = 5_000_000_000


def sender_report(sender: Sender, now_ns: int, name: str) -> bytes:
    """Return a sender report with the sender's name."""
    flow, (second, rest_ns) = sender.flow, divmod(now_ns, 1_000_000_000)
    stamp = flow.first_stamp + (now_ns - flow.start_ns) * flow.streamed.clock_hz // 1_000_000_000
    payloads = flow.streamed.payloads
    octets = sum(len(payloads[place % len(payloads)]) for place in range(sender.sent))
    head = SENDER_REPORT.pack(
        *(RTP_VERSION, SENDER_REPORT_TYPE, SENDER_REPORT.size // 4 - 1, flow.ssrc),
        *(second + NTP_ERA_S & 0xFFFFFFFF, (rest_ns << 32) // 1_000_000_000),
        *(stamp & 0xFFFFFFFF, sender.sent, octets & 0xFFFFFFFF),
    )
    canonical = name.encode()[:255]
    chunk = struct.pack("!IBB", flow.ssrc, CANONICAL_NAME, len(canonical)) + canonical + b"\0"
    chunk += bytes(-len(chunk) % 4)
    return head + struct.pack("!BBH", ONE_CHUNK, DESCRIPTION_TYPE, len(chunk) // 4) + chunk


class Reports:
    """Reports that this node sends, and those that it counts, by group and source."""

    def __init__(self, part: NodePart, loop: EventLoop) -> None:
        self.part, self.loop = part, loop
        self.heard: dict[tuple[int, str], int] = {}
        self.hearing: dict[int, socket.socket] = {}

    def begin(self, sender: Sender) -> None:
        """Report from soon after a flow's begin on."""
        self.loop.due(sender.flow.start_ns + RTCP_EVERY_NS // 2, partial(self.report, sender))

    def report(self, sender: Sender) -> None:
        """Send a sender report, and the next one later."""
        flow, now_ns = sender.flow, time.time_ns()
        if now_ns < flow.stop_ns and sender.sent:
            address, port = self.part.address(flow.group)
            name = f"{flow.ssrc:08x}@{os.uname().nodename}"
            with suppress(OSError):
                sender.sock.sendto(sender_report(sender, now_ns, name), (address, port + 1))
            self.loop.due(now_ns + RTCP_EVERY_NS, partial(self.report, sender))

    def hear(self, group: int) -> None:
        """Listen to what is said of a group."""
        address, port = self.part.address(group)
        try:
            sock = self.hearing[group] = member(address, port + 1)
        except OSError as error:
            self.part.errors.append(f"joining {address} for RTCP: {error}")
            return
        self.loop.read(sock, partial(self.take, sock, group))

    def leave(self, group: int) -> None:
        """Listen no longer."""
        if group in self.hearing:
            self.loop.forget(self.hearing.pop(group))

    def take(self, sock: socket.socket, group: int) -> None:
        """Count packets by their sources."""
        with suppress(BlockingIOError):
            while True:
                packet, (source, _) = sock.recvfrom(LARGEST_DATAGRAM)
                if len(packet) > 1 and packet[0] & RTP_VERSION_MASK == RTP_VERSION and packet[1] in RTCP_TYPES:
                    self.heard[group, source] = self.heard.get((group, source), 0) + 1
