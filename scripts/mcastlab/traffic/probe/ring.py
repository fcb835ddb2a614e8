"""A ring of packets in memory that is shared with the kernel."""

from __future__ import annotations

import mmap
import socket
import struct
from typing import TYPE_CHECKING

from mcastlab.traffic.probe.sockets import ANY_ADDRESS, watcher

if TYPE_CHECKING:
    from mcastlab.traffic.probe.part import NodePart

# A ring of 16 MiB: a second of 65,536 datagrams, each with the begin of it. Source: linux/if_packet.h.
SOL_PACKET, PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION, TPACKET_V2 = 263, 5, 6, 10, 1
RING_BLOCK, RING_BLOCKS, RING_FRAME = 1 << 20, 16, 256
# As many memberships as a socket may have. Source: linux/igmp.h.
MEMBERSHIPS = 20
# Status, where IPv4 begins, when it came, and whose it is; IPv4's first octet, its destination, UDP's, RTP's numbers.
RING_HEAD = struct.Struct("=I10xHII18xB")
RING_BODY = struct.Struct("!B15x4s2xH4x2xH4xI")
IP_PLAIN = 0x45
RING_STATUS = struct.Struct("=I")


class PacketRing:
    """What arrives at any interface, in memory that is shared with the kernel: no call a datagram; only root may.

    A host of a thousand groups would need a thousand sockets and a call a datagram. Its memberships are those of
    sockets that read nothing. Source: the kernel's Documentation/networking/packet_mmap, TPACKET_V2.
    """

    def __init__(self, part: NodePart) -> None:
        self.part = part
        self.addresses = [(socket.inet_aton(address), port) for address, port in part.plan["groups"]]
        self.sock = watcher()
        request = struct.pack("=IIII", RING_BLOCK, RING_BLOCKS, RING_FRAME, RING_BLOCK // RING_FRAME * RING_BLOCKS)
        try:
            self.sock.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
            self.sock.setsockopt(SOL_PACKET, PACKET_RX_RING, request)
            self.memory = mmap.mmap(self.sock.fileno(), RING_BLOCK * RING_BLOCKS)
        except (OSError, ValueError):
            self.sock.close()
            raise
        self.at, self.size = 0, RING_BLOCK * RING_BLOCKS
        self.joining: list[socket.socket] = []
        self.joined = 0
        self.by_group: dict[int, socket.socket] = {}

    def join(self, number: int, address: str) -> None:
        """Become a member of a group; a socket has as many as the kernel lets it have without being asked."""
        if self.joined % MEMBERSHIPS == 0:
            self.joining.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.joining[-1].setsockopt(
            socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(address) + ANY_ADDRESS
        )
        self.by_group[number] = self.joining[-1]
        self.joined += 1

    def leave(self, number: int, address: str) -> None:
        """End a membership; what is in the ring still counts."""
        self.take()
        sock = self.by_group.pop(number)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_DROP_MEMBERSHIP, socket.inet_aton(address) + ANY_ADDRESS)

    def lost(self) -> int:
        """Return what the kernel had no room for since it was asked last."""
        return int(struct.unpack("=II", self.sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1])

    def take(self) -> None:
        """Count the packets in RTP that are in the ring: those of groups of which this node is a member."""
        memory, at, size, members = self.memory, self.at, self.size, self.by_group
        head, body, done = RING_HEAD.unpack_from, RING_BODY.unpack_from, RING_STATUS.pack_into
        by_ssrc, records, addresses = self.part.by_ssrc, self.part.records, self.addresses
        while True:
            status, net, seconds, nanoseconds, kind = head(memory, at)
            if not status & 1:
                break
            # IPv4 without options alone: the kernel's filter let nothing through but UDP.
            version, to, port, number, ssrc = body(memory, at + net)
            flow = by_ssrc.get(ssrc)
            if flow is not None and version == IP_PLAIN and kind != socket.PACKET_OUTGOING:
                group = flow.group
                if group in members and addresses[group] == (to, port):
                    now_ns = seconds * 1_000_000_000 + nanoseconds
                    record = records[flow.number]
                    sequence = record.place(number, now_ns)
                    if 0 <= sequence < flow.count:
                        record.take(sequence, now_ns)
            done(memory, at, 0)
            at = (at + RING_FRAME) % size
        self.at = at
