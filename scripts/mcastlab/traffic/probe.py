"""The probe that runs on virtual-device hosts and lab devices: Python 3.9 or later, standard library only, Linux.

    probe.py hello                    say what this host is, and what its clock shows
    probe.py run PLAN NAME            carry out a node's part of a plan, and print what was sent and heard
    probe.py page RUN NODE NUMBER     print a further page of what `run` found
    probe.py hold RUN TEXT            keep a part of what a `run` will send, as it is too long for one command
    probe.py stop RUN NODE            end a `run`, or the wait for its pages, at once
    probe.py clear                    end every `run` on this host

Each prints one JSON object. PLAN is JSON, or that compressed by zlib and in Base64; `mcastlab.traffic.plan` says what
is in it. Nothing is written to a file, and a `run` ends by itself when its plan does.
"""

from __future__ import annotations

import base64
import ctypes
import heapq
import json
import mmap
import os
import resource
import select
import socket
import struct
import sys
import time
import zlib
from array import array
from bisect import bisect_left
from contextlib import suppress
from functools import partial
from operator import sub
from pathlib import Path
from random import Random
from typing import Any, Callable

CHRONY_S = 2
MAGIC = 0x6D63_6C32
# Magic and run, flow, sequence number, time of sending in nanoseconds of the sender's clock.
HEADER = struct.Struct("!QIIQ")
# Version and contributing sources, marker and payload type, sequence number, timestamp, SSRC. Source: RFC 3550, 5.1.
RTP = struct.Struct("!BBHII")
# Of a sender report: version, type, length in words less one, SSRC, time in NTP's form, timestamp, packets and octets
# sent; behind it the canonical name as a source description. Sources: RFC 3550, 6.4.1 and 6.5.1.
SENDER_REPORT = struct.Struct("!BBHIIIIII")
SENDER_REPORT_TYPE, DESCRIPTION_TYPE, CANONICAL_NAME, ONE_CHUNK, NTP_ERA_S = 200, 202, 1, 0x81, 2_208_988_800
RTCP_TYPES = range(200, 208)
RTCP_EVERY_NS = 5_000_000_000
# Of an announcement: version 1 or that as a deletion, no authentication, a hash of what is announced, the sender; then
# the kind of the description. Source: RFC 2974, sections 4 and 6.
SAP = struct.Struct("!BBH4s")
REPEATED_NS = 2_000_000_000
SAP_VERSION, SAP_DELETION, SDP_KIND, SDP_SOURCE = 0x20, 0x04, b"application/sdp\0", "{source}"
RTP_VERSION, RTP_VERSION_MASK, RTP_MARKER, RTP_EXTENDED = 0x80, 0xC0, 0x80, 0x10
# Elements with a header of an octet, in three words: the first has eight octets more, a time in NTP's form; then zeros.
# Sources: RFC 8285, section 4.2; RFC 6051, section 3.3.
IN_BAND = struct.Struct("!HHBQ3x")
IN_BAND_HEAD = 0xBEDE, 3, 0x17
# One of those that nothing stands for. Source: RFC 3551, section 6.
WRONG_TYPE = 77
DAMAGING = ("corrupt", "truncate", "wrong_payload_type")
TIMESPEC = struct.Struct("@ll")
SEGMENT = struct.Struct("@i")
# What a socket has lost as its queue was full, behind eight other numbers. Source: linux/sock_diag.h, SK_MEMINFO_DROPS.
MEMINFO = struct.Struct("@32xI")
ANY_ADDRESS = bytes(4)
ETH_P_IP = 0x0800
UDP_HEADER = 8
# Linux's own numbers, where the socket module lacks them. Sources: asm-generic/socket.h, linux/in.h, linux/udp.h.
SO_ATTACH_FILTER, SO_RCVBUFFORCE, SO_TIMESTAMPNS, SO_MEMINFO = 26, 33, 35, 55
IP_MTU_DISCOVER, IP_PMTUDISC_DONT, IP_PMTUDISC_PROBE = 10, 0, 3
UDP_SEGMENT, UDP_GRO = 103, 104
MOST_SEGMENTS = 64
MOST_SEGMENTED_OCTETS = 64000
SEGMENTED_FROM = 8
RECEIVE_BUFFER = 8 << 20
LARGEST_DATAGRAM = 65535
ANCILLARY = socket.CMSG_SPACE(TIMESPEC.size) + socket.CMSG_SPACE(SEGMENT.size)
READ_AT_ONCE, FEW_MEMBERS = 256, 16
REMEMBERED_NS = 60_000_000_000
QUEUED = 4
LATEST_NS = 1_000_000_000
PAGE_CHARACTERS = 20_000
PAGES_WAIT_S = 60
BATCH_NS = 200_000_000
WHOLE_BATCHES = 3
SLICES = 20
UNKNOWN = HELD = -1
# What stands for a datagram that did not arrive, or was not sent, among packed times in microseconds.
NEVER = -(1 << 31)
SLICED_FLOWS = 60
# What a run reports at most of holes of a flow, of late parts of one sent, and of pauses; the longest of those.
HOLES, LATE_PARTS, PAUSES = 100, 50, 100
SAMPLED = 1000
FOREIGN_STREAMS, FOREIGN_PACKETS, RECORDED_OCTETS = 1000, 100_000, 6 << 20
HEARTBEAT_NS = 50_000_000
PAUSE_NS = 20_000_000
# A ring of 16 MiB: a second of 65,536 datagrams, each with the begin of it. Sources: linux/if_packet.h, linux/igmp.h.
SOL_PACKET, PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION, TPACKET_V2 = 263, 5, 6, 10, 1
RING_BLOCK, RING_BLOCKS, RING_FRAME, MEMBERSHIPS = 1 << 20, 16, 256, 20
# Status, where IPv4 begins, when it came, and whose it is; IPv4's first octet, its destination, UDP's, RTP's numbers.
RING_HEAD = struct.Struct("=I10xHII18xB")
RING_BODY = struct.Struct("!B15x4s2xH4x2xH4xI")
RING_STATUS = struct.Struct("=I")
IP_PLAIN = 0x45
# Of a report: type, checksum, group; of version 3 its one record, that no source is excluded, and to whom it is sent.
# The option has routers look at it. Sources: RFC 2236, section 2; RFC 3376, sections 4.2 and 9.2; RFC 2113.
IGMP_2, IGMP_3 = struct.Struct("!BxH4s"), struct.Struct("!BxHxxHBxH4s")
IGMP_2_REPORT, IGMP_3_REPORT, IGMP_3_TO_EXCLUDE, IGMP_3_ROUTERS = 0x16, 0x22, 4, "224.0.0.22"
ROUTER_ALERT = b"\x94\x04\0\0"
IGMP_VERSION_3 = 3
REPORTED_AGAIN_NS = 1_000_000_000
DRAIN_NS = 5_000_000
NS_PER_MS, NS_PER_US = 1_000_000, 1000


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


def in_band(packet: bytes, sampled_ns: int) -> bytes:
    """Return a packet in RTP with the time at which it was sampled in it."""
    second, rest_ns = divmod(sampled_ns, 1_000_000_000)
    ntp = (second + NTP_ERA_S & 0xFFFFFFFF) << 32 | (rest_ns << 32) // 1_000_000_000
    head = bytes([packet[0] | RTP_EXTENDED]) + packet[1 : RTP.size]
    return head + IN_BAND.pack(*IN_BAND_HEAD, ntp) + packet[RTP.size :]


def sampled_ns(packet: memoryview) -> int:
    """Return at which time a packet in RTP was sampled, by its sender's clock; 0 if it does not say."""
    if not packet[0] & RTP_EXTENDED or len(packet) < RTP.size + IN_BAND.size:
        return 0
    *head, ntp = IN_BAND.unpack_from(packet, RTP.size)
    if tuple(head) != IN_BAND_HEAD:
        return 0
    return int(((ntp >> 32) - NTP_ERA_S) * 1_000_000_000 + ((ntp & 0xFFFFFFFF) * 1_000_000_000 >> 32))


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
        self.cpu_s, self.began_ns, self.took_ns = 0.0, 0, 0
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

    def report(self, now_ns: int, name: str) -> bytes:
        """Return a sender report with the sender's name."""
        flow, (second, rest_ns) = self.flow, divmod(now_ns, 1_000_000_000)
        stamp = flow.first_stamp + (now_ns - flow.start_ns) * flow.streamed.clock_hz // 1_000_000_000
        octets = sum(len(flow.streamed.payloads[place % len(flow.streamed.payloads)]) for place in range(self.sent))
        head = SENDER_REPORT.pack(
            *(RTP_VERSION, SENDER_REPORT_TYPE, SENDER_REPORT.size // 4 - 1, flow.ssrc),
            *(second + NTP_ERA_S & 0xFFFFFFFF, (rest_ns << 32) // 1_000_000_000),
            *(stamp & 0xFFFFFFFF, self.sent, octets & 0xFFFFFFFF),
        )
        canonical = name.encode()[:255]
        chunk = struct.pack("!IBB", flow.ssrc, CANONICAL_NAME, len(canonical)) + canonical + b"\0"
        chunk += bytes(-len(chunk) % 4)
        return head + struct.pack("!BBH", ONE_CHUNK, DESCRIPTION_TYPE, len(chunk) // 4) + chunk

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


class Announcer:
    """A session that is announced from its begin on, and deleted at its end."""

    def __init__(self, row: list[Any], zero_ns: int, ttl: int) -> None:
        _, address, port, start_ms, stop_ms, interval_ms, text, away_ms = row
        self.start_ns, self.stop_ns = int(zero_ns + start_ms * NS_PER_MS), int(zero_ns + stop_ms * NS_PER_MS)
        self.interval_ns = int(interval_ms * NS_PER_MS)
        self.away_ns = [[int(zero_ns + each * NS_PER_MS) for each in period] for period in away_ms]
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
        with suppress(OSError):
            self.sock.connect((address, port))
        self.source = self.sock.getsockname()[0]
        self.is_announced = False
        self.text: bytes = text.replace(SDP_SOURCE, self.source).encode()
        # None is zero, which some take for no hash.
        self.hash = zlib.crc32(self.text) & 0xFFFF or 1
        self.random = Random(self.hash)  # noqa: S311  (when, not what)

    def packet(self, *, deletion: bool = False) -> bytes:
        """Return what announces the session, or deletes it by the line that names its origin."""
        kind = SAP_VERSION | (SAP_DELETION if deletion else 0)
        head = SAP.pack(kind, 0, self.hash, socket.inet_aton(self.source)) + SDP_KIND
        lines = self.text.splitlines(keepends=True)
        return head + (next(each for each in lines if each.startswith(b"o=")) if deletion else self.text)

    def send(self, now_ns: int) -> None:
        """Announce it, unless its devices are away."""
        if not any(begin_ns <= now_ns < end_ns for begin_ns, end_ns in self.away_ns):
            self.is_announced = True
            with suppress(OSError):
                self.sock.send(self.packet())

    def end(self) -> None:
        """Delete what was announced; whoever is away by then does not."""
        if self.is_announced and not any(begin_ns <= self.stop_ns <= end_ns for begin_ns, end_ns in self.away_ns):
            with suppress(OSError):
                self.sock.send(self.packet(deletion=True))
        self.is_announced = False

    def next_ns(self, now_ns: int) -> int:
        """Return when it is announced next: after the interval, or up to a third sooner or later.

        The first announcement is repeated soon: it builds the tree by which others come, and may be lost in that.
        """
        if now_ns < self.start_ns + REPEATED_NS:
            return self.start_ns + REPEATED_NS
        return now_ns + int(self.interval_ns * (1 + (self.random.random() * 2 - 1) / 3))


class Record:
    """What was received of a flow."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.seen = bytearray(flow.count)
        self.received_ns = array("q", bytes(8 * flow.count))
        self.latency_ns = array("q", bytes(8 * flow.count))
        self.last = UNKNOWN
        self.again: list[int] = []
        self.delay_us = array("i")
        """How much later each packet arrived than it says that it was sampled: two clocks; empty where none says so."""

    @property
    def batch(self) -> int:
        """How many datagrams are a batch."""
        intervals, media = max(1, BATCH_NS // self.flow.interval_ns), self.flow.media
        return intervals * self.flow.burst if media is None else max(1, intervals * len(media.at) // media.ticks)

    def place(self, number: int, now_ns: int) -> int:
        """Return a packet's place in its stream, by its sequence number: near the last one, or by when it came."""
        last = self.last
        if last == UNKNOWN or now_ns - self.received_ns[last] > REMEMBERED_NS:
            return self.flow.sequence_of(number, now_ns)
        return last + ((number - self.flow.first - last + 0x8000) & 0xFFFF) - 0x8000

    def take(self, sequence: int, now_ns: int) -> None:
        """Count a packet in RTP."""
        if self.seen[sequence]:
            self.again.append(sequence)
            return
        self.seen[sequence] = 1
        self.received_ns[sequence] = now_ns
        self.last = sequence

    def note_delay(self, sequence: int, delay_ns: int) -> None:
        """Note how much later a packet arrived than it says that it was sampled."""
        if not self.delay_us:
            self.delay_us = array("i", [NEVER]) * self.flow.count
        delay_us = delay_ns // NS_PER_US
        self.delay_us[sequence] = delay_us if NEVER < delay_us < -NEVER else NEVER

    def settle(self) -> None:
        """Work out how much later than due packets in RTP came, by their timestamps: RFC 3550 defines jitter so."""
        media = self.flow.media
        if media is None:
            return
        begin_ns, step_ns = self.flow.start_ns, self.flow.interval_ns
        if len(media.at) == media.ticks:
            dues = range(begin_ns, begin_ns + self.flow.count * step_ns, step_ns)
            self.latency_ns = array("q", map(sub, self.received_ns, dues))
        else:
            self.latency_ns = array("q", map(sub, self.received_ns, map(self.flow.due_ns, range(self.flow.count))))

    @property
    def arrived_us(self) -> array[int]:
        """How much later than due by this node's clock each packet arrived; `NEVER` for one that did not."""
        late = -NEVER * NS_PER_US
        return array(
            "i",
            (
                (each // NS_PER_US if -late < each < late else NEVER) if seen else NEVER
                for each, seen in zip(self.latency_ns, self.seen)
            ),
        )

    def brief(self) -> dict[str, Any]:
        """Return what arrived where each packet's arrival is reported beside, and all is worked out from that."""
        left_out = ("duplicates", "reordered", "established_us", "join_delay_us", "jitter_us", "shift_us")
        raw = ("raw_min_us", "raw_median_us", "raw_p95_us", "raw_max_us")
        return {
            **dict.fromkeys((*left_out, *raw), 0),
            "flow": self.flow.number,
            "due": self.flow.count,
            "distinct": sum(self.seen),
            "window": [0, self.flow.count],
            "holes": [],
        }

    @property
    def shift_ns(self) -> int:
        """How much later than due by this node's clock datagrams arrived at most: clocks, the way, a late sender."""
        flow, received = self.flow, self.received_ns
        late = (received[each] - flow.due_ns(each) for each, seen in enumerate(self.seen) if seen)
        return max(late, default=0)

    def established(self, join_ns: int, end: int) -> int | None:
        """Return from which sequence number on the path stands: past the first batches in a row that arrived whole."""
        flow, batch = self.flow, self.batch
        needed = batch * WHOLE_BATCHES
        first = flow.sequence_at(join_ns)
        while first + needed <= end:
            hole = self.seen.rfind(0, first, first + needed)
            if hole < 0:
                return first + needed
            first += ((hole - first) // batch + 1) * batch
        return None

    def established_us(self, join_ns: int, stands: int) -> int:
        """Return the time until the first whole batch, on one clock: from the join by the receiver's own.

        A flow that begins after the join is timed by its sequence numbers, from the first one sent: the sender's begin
        by the receiver's clock is not known well enough.
        """
        whole = stands - (WHOLE_BATCHES - 1) * self.batch - 1
        if self.flow.start_ns > join_ns:
            return (self.flow.due_ns(whole) - self.flow.start_ns) // NS_PER_US
        return max(0, self.received_ns[whole] - join_ns) // NS_PER_US

    def holes(self, windows: list[range]) -> list[list[int]]:
        """Return the first and last sequence numbers of what did not arrive, of not too many parts."""
        found: list[list[int]] = []
        for window in windows:
            first = self.seen.find(0, window.start, window.stop)
            while first >= 0 and len(found) < HOLES:
                end = self.seen.find(1, first, window.stop)
                found.append([first, (window.stop if end < 0 else end) - 1])
                first = self.seen.find(0, end, window.stop) if end >= 0 else UNKNOWN
        return found

    def usual_shift_us(self) -> int:
        """Return how much later than due by this node's clock datagrams arrived as a rule; 0 of none."""
        some = (each for each in range(0, self.flow.count, 1 + self.flow.count // SAMPLED) if self.seen[each])
        return at_share(sorted(self.received_ns[each] - self.flow.due_ns(each) for each in some), 0.5)

    def window(self, join_ns: int, leave_ns: int, settle_ns: int, late_ns: int) -> range:
        """Return what is measured of a membership: what was due past the settling, and so long before the leave."""
        shift_ns, flow = self.shift_ns, self.flow
        first = max(flow.sequence_at(join_ns + settle_ns - shift_ns), flow.sequence_at(flow.start_ns + settle_ns))
        return range(first, max(first, flow.sequence_at(leave_ns - shift_ns - late_ns)))

    def summary(self, memberships: list[tuple[int, int]], settle_ns: int, late_ns: int) -> dict[str, Any]:
        """Return what arrived of what was measured while joined."""
        windows, established_us, join_us = [], [], []
        for join_ns, leave_ns in memberships:
            window = self.window(join_ns, leave_ns, settle_ns, late_ns)
            stands = self.established(join_ns - self.shift_ns, window.stop)
            # A path that stood late is still measured for what is left of the time; one that never did, for all of it.
            windows.append(range(max(window.start, stands or 0), window.stop))
            arrived = [each for each in self.received_ns if join_ns < each < leave_ns]
            # A delay of the join is that of a flow already being sent; what begins later has none.
            joined = arrived and self.flow.start_ns <= join_ns
            join_us.append((min(arrived) - join_ns) // NS_PER_US if joined else UNKNOWN)
            established_us.append(UNKNOWN if stands is None else self.established_us(join_ns, stands))
        due = [sequence for window in windows for sequence in window]
        wanted = set(due)
        order = sorted((each for each in due if self.seen[each]), key=self.received_ns.__getitem__)
        latencies = sorted(self.latency_ns[each] for each in order)
        return {
            "flow": self.flow.number,
            "due": len(due),
            "distinct": len(order),
            "duplicates": sum(each in wanted for each in self.again),
            "reordered": reordered(order),
            "established_us": -1 if -1 in established_us else max(established_us, default=-1),
            "join_delay_us": -1 if -1 in join_us else max(join_us, default=-1),
            "raw_min_us": at_share(latencies, 0),
            "raw_median_us": at_share(latencies, 0.5),
            "raw_p95_us": at_share(latencies, 0.95),
            "raw_max_us": at_share(latencies, 1),
            "jitter_us": jitter_us([self.latency_ns[each] for each in order]),
            "window": [windows[0].start, windows[-1].stop] if windows else [0, 0],
            "shift_us": self.usual_shift_us(),
            "holes": self.holes(windows),
        }

    def stands_ns(self, memberships: list[tuple[int, int]]) -> int:
        """Return when the path stood, by this node's clock; 0 if it never did."""
        join_ns, leave_ns = memberships[-1]
        stands = self.established(join_ns - self.shift_ns, self.flow.sequence_at(leave_ns))
        return 0 if stands is None else self.received_ns[stands - 1]

    def sizes_whole(self, since_ns: int) -> int:
        """Return the largest size of a sweep up to which every size arrived, in octets; 0 if the smallest did not.

        -1 if not every size was sent since the path stood.
        """
        sizes, first = self.flow.sizes, self.flow.sequence_at(since_ns)
        tried = range(first, self.flow.count)
        if len(tried) < len(sizes):
            return -1
        arrived = {sizes[place % len(sizes)] for place in tried if self.seen[place]}
        missing = min((size for size in sizes if size not in arrived), default=LARGEST_DATAGRAM)
        return max((size for size in arrived if size < missing), default=0)

    def slices(self, first: int, end: int) -> list[list[int]]:
        """Return the time from one sequence number to another in parts: begin in ms, due, lost, median raw latency."""
        flow, found = self.flow, []
        width = max(1, -(-(end - first) // SLICES))
        for begin in range(first, end, width):
            part = range(begin, min(end, begin + width))
            latencies = sorted(self.latency_ns[each] for each in part if self.seen[each])
            at_ms = (flow.due_ns(begin) - flow.due_ns(first)) // NS_PER_MS
            found.append([at_ms, len(part), len(part) - len(latencies), at_share(latencies, 0.5)])
        return found


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


def packed(values: array[int] | bytearray) -> str:
    """Return numbers as text: this machine's order of octets does not matter, as both ends are little-endian."""
    return base64.b64encode(zlib.compress(bytes(memoryview(values).cast("B")), 9)).decode() if values else ""


def extend(parts: list[list[int]], first: int, last: int, value: int) -> None:
    """Add a part of a flow, and the largest value in it, to those before it."""
    if parts and parts[-1][1] == first - 1:
        parts[-1][1:] = [last, max(value, parts[-1][2])]
    elif len(parts) < LATE_PARTS:
        parts.append([first, last, value])


def reordered(order: list[int]) -> int:
    """Return how many sequence numbers, in order of arrival, came after a later one. Source: RFC 4737, section 3."""
    latest, late = -1, 0
    for sequence in order:
        late += sequence < latest
        latest = max(latest, sequence)
    return late


def jitter_us(latencies_ns: list[int]) -> int:
    """Return the interarrival jitter after the last of some datagrams. Source: RFC 3550, section 6.4.1."""
    jitter = 0.0
    for before, after in zip(latencies_ns, latencies_ns[1:]):
        jitter += (abs(after - before) - jitter) / 16
    return int(jitter) // NS_PER_US


def at_share(ordered_ns: list[int], share: float) -> int:
    """Return the value at a share of ordered nanoseconds, in microseconds; 0 of none."""
    return ordered_ns[round(share * (len(ordered_ns) - 1))] // NS_PER_US if ordered_ns else 0


def stamped(sock: socket.socket) -> socket.socket:
    """Give a socket kernel timestamps, a large buffer where that is allowed, and no waiting."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
    except OSError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.settimeout(0)
    return sock


def stamp_ns(ancillary: list[Any]) -> int:
    """Return when the kernel got a datagram; 0 if it does not say."""
    for _, kind, value in ancillary:
        if kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = TIMESPEC.unpack(value)
            return int(seconds * 1_000_000_000 + nanoseconds)
    return 0


def member(group: str, port: int) -> socket.socket:
    """Return a socket that is a member of a group on the interface that routes to it.

    Each has one group: so none meets the kernel's limit of memberships a socket, and the kernel finds it by address.
    """
    sock = stamped(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with suppress(OSError):
        sock.setsockopt(socket.IPPROTO_UDP, UDP_GRO, 1)
    sock.bind((group, port))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + ANY_ADDRESS)
    return sock


def watcher() -> socket.socket:
    """Return a packet socket that sees what arrives at any interface, member or not; only root may have one.

    The kernel lets only UDP with our magic or RTP's version through: IPv4's protocol at octet 9, its length in octet 0.
    Source: bpf(4).
    """
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
    program = (
        *((0x30, 0, 0, 9), (0x15, 0, 6, socket.IPPROTO_UDP), (0xB1, 0, 0, 0), (0x40, 0, 0, UDP_HEADER)),
        *((0x15, 2, 0, MAGIC), (0x54, 0, 0, RTP_VERSION_MASK << 24), (0x15, 0, 1, RTP_VERSION << 24)),
        *((0x06, 0, 0, LARGEST_DATAGRAM), (0x06, 0, 0, 0)),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("@HBBI", *each) for each in program))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", len(program), ctypes.addressof(code)))
    return stamped(sock)


class PacketRing:
    """What arrives at any interface, in memory that is shared with the kernel: no call a datagram; only root may.

    A host of a thousand groups would need a thousand sockets and a call a datagram. Its memberships are those of
    sockets that read nothing. Source: the kernel's Documentation/networking/packet_mmap, TPACKET_V2.
    """

    def __init__(self) -> None:
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
        """End a membership."""
        sock = self.by_group.pop(number)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_DROP_MEMBERSHIP, socket.inet_aton(address) + ANY_ADDRESS)

    def lost(self) -> int:
        """Return what the kernel had no room for since it was asked last."""
        return int(struct.unpack("=II", self.sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1])


def joined_addresses() -> set[str]:
    """Return the groups that some program on this host is a member of."""
    lines = Path("/proc/net/igmp").read_text(encoding="ascii").splitlines()
    words = [line.split()[0] for line in lines if line.startswith("\t\t")]
    return {socket.inet_ntoa(struct.pack("=I", int(word, 16))) for word in words}


def checksum(octets: bytes) -> int:
    """Return the Internet checksum of an even number of octets. Source: RFC 1071."""
    total: int = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def member_interface(group: str) -> tuple[str, int]:
    """Return by which interface this host is a member of a group, and the version of IGMP there."""
    word, name, version = f"{struct.unpack('=I', socket.inet_aton(group))[0]:08X}", "", 2
    for line in Path("/proc/net/igmp").read_text(encoding="ascii").splitlines()[1:]:
        if not line.startswith("\t\t"):
            name, version = line.split()[1], int(line.split()[-1].strip("V"))
        elif line.split()[0] == word:
            return name, version
    raise OSError("no interface is a member")


def report_membership(group: str) -> None:
    """Report that this host is a member of a group, as if it had just become one; only root may."""
    name, version = member_interface(group)
    address, to = socket.inet_aton(group), group
    if version == IGMP_VERSION_3:
        to, parts = IGMP_3_ROUTERS, (1, IGMP_3_TO_EXCLUDE, 0, address)
        packet = IGMP_3.pack(IGMP_3_REPORT, checksum(IGMP_3.pack(IGMP_3_REPORT, 0, *parts)), *parts)
    else:
        packet = IGMP_2.pack(IGMP_2_REPORT, checksum(IGMP_2.pack(IGMP_2_REPORT, 0, address)), address)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP) as sock:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, ROUTER_ALERT)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        by = struct.pack("@4s4si", ANY_ADDRESS, ANY_ADDRESS, socket.if_nametoindex(name))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, by)
        sock.sendto(packet, (to, 0))


class Engine:
    """A node's part of a plan, in one loop."""

    def __init__(self, plan: dict[str, Any], node: int) -> None:
        self.plan, self.node, self.zero_ns = plan, node, plan["nodes"][node][1]
        self.tag = MAGIC << 32 | int(plan["run"], 16)
        streams = [RtpStream(row) for row in plan.get("media", [])]
        self.flows = [Flow(number, row, self.zero_ns, streams) for number, row in enumerate(plan["flows"])]
        mine, loop = plan["memberships"].get(str(node), []), bool(plan.get("loop"))
        groups = {group for group, _, _ in mine}
        self.records = {
            flow.number: Record(flow) for flow in self.flows if flow.group in groups and (loop or flow.sender != node)
        }
        # Of several that are sent as one source, the first one is it.
        self.by_ssrc = {flow.ssrc: flow for flow in reversed(self.flows) if flow.media is not None}
        self.damaging = any(fault.kind in DAMAGING for flow in self.flows for fault in flow.faults)
        self.foreign: dict[tuple[int, str, int], Foreign] | None = {} if plan.get("foreign") else None
        self.is_brief, self.is_stamped = bool(plan.get("brief")), bool(plan.get("in_band"))
        self.use_ring(groups)
        self.records_audio = node in plan.get("recording", ())
        self.rtcp: list[int] = plan.get("rtcp", [])
        self.reporting: dict[int, socket.socket] = {}
        self.reports: dict[tuple[int, str], int] = {}
        self.awaited: list[Any] | None = plan.get("awaited")
        self.end_ns = self.at(plan["end_ms"])
        self.senders: list[Sender] = []
        self.members: dict[int, tuple[socket.socket, int]] = {}
        self.pauses_ns: list[tuple[int, int]] = []
        self.dropped: list[list[int]] = []
        self.drops: dict[int, int] = {}
        self.emptied_ns: dict[int, int] = {}
        self.periods: dict[int, list[tuple[int, int]]] = {}
        self.silences = [[group, self.at(a), self.at(b), 0] for group, a, b in plan["silences"].get(str(node), [])]
        self.heard_ns: dict[int, int] = {}
        self.watch: socket.socket | None = None
        self.blind = False
        self.joined_ns: list[int] = []
        self.buffer = bytearray(LARGEST_DATAGRAM + 1)
        self.poller = select.epoll()
        self.readers: dict[int, Callable[[], Any]] = {}
        self.errors: list[str] = []
        self.cpu_s: dict[int, list[float]] = {}
        self.actions: list[tuple[int, int, Callable[[], Any]]] = []
        for group, join_ms, leave_ms in mine:
            self.due(self.at(join_ms), partial(self.join, group))
            self.due(self.at(leave_ms), partial(self.leave, group, self.at(leave_ms)))
        for _, begin_ns, end_ns, _ in self.silences:
            self.due(begin_ns, self.watch_as_needed)
            self.due(end_ns, self.watch_as_needed)
        for flow in self.flows:
            if flow.sender == node:
                to = tuple(plan["groups"][flow.group])
                self.senders.append(Sender(flow, to, self.tag, plan["ttl"], loop=loop, is_stamping=self.is_stamped))
                self.due(flow.start_ns, partial(self.send, self.senders[-1]))
                if flow.media is not None and flow.group in self.rtcp:
                    self.due(flow.start_ns + RTCP_EVERY_NS // 2, partial(self.report, self.senders[-1]))
            if flow.kind == "rate" and (flow.sender == node or flow.number in self.records):
                self.due(flow.start_ns, partial(self.mark_cpu, flow))
                self.due(flow.stop_ns, partial(self.mark_cpu, flow))
        self.announcers = self.announcing()

    def use_ring(self, groups: set[int]) -> None:
        """Read a ring where this node is in many groups, and nothing but the plan's own streams is measured."""
        self.ring: PacketRing | None = None
        self.addresses = [(socket.inet_aton(address), port) for address, port in self.plan["groups"]]
        # What it sends itself does not come from outside.
        self.sent_groups = {flow.group for flow in self.flows if flow.sender == self.node}
        reads_more = self.damaging or self.is_stamped or self.plan.get("foreign") or self.plan.get("rtcp")
        if self.is_brief and len(groups) > FEW_MEMBERS and not reads_more:
            with suppress(OSError, ValueError):
                self.ring = PacketRing()

    def at(self, ms: int) -> int:
        """Return a moment of the plan in nanoseconds of this node's clock."""
        return int(self.zero_ns + ms * NS_PER_MS)

    def us(self, time_ns: int) -> int:
        """Return a moment in microseconds from the plan's begin."""
        return int(time_ns - self.zero_ns) // NS_PER_US

    def due(self, time_ns: int, action: Callable[[], Any]) -> None:
        """Do something at a time; of the same time, in the order in which it was asked for."""
        self.order = getattr(self, "order", 0) + 1
        heapq.heappush(self.actions, (time_ns, self.order, action))

    def read(self, sock: socket.socket, reader: Callable[[], Any]) -> None:
        """Read a socket whenever there is something."""
        self.readers[sock.fileno()] = reader
        self.poller.register(sock, select.EPOLLIN)

    def forget(self, sock: socket.socket) -> None:
        """Close a socket that is read."""
        self.poller.unregister(sock)
        del self.readers[sock.fileno()]
        sock.close()

    def drain(self) -> None:
        """Count what is in the ring, and do so again soon."""
        self.take_ring()
        if self.ring is not None:
            self.due(time.time_ns() + DRAIN_NS, self.drain)

    def take_ring(self) -> None:
        """Count the packets in RTP that are in the ring: those of groups of which this node is a member."""
        ring = self.ring
        if ring is None:
            return
        memory, at, size, members = ring.memory, ring.at, ring.size, ring.by_group
        head, body, done = RING_HEAD.unpack_from, RING_BODY.unpack_from, RING_STATUS.pack_into
        by_ssrc, records, addresses = self.by_ssrc, self.records, self.addresses
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
        ring.at = at

    def join(self, group: int) -> None:
        """Become a member."""
        joined_ns = time.time_ns()
        if self.ring is not None and group not in self.sent_groups:
            try:
                self.ring.join(group, self.plan["groups"][group][0])
            except OSError as error:
                self.errors.append(f"joining {self.plan['groups'][group][0]}: {error}")
                return
            self.members[group] = (self.ring.sock, joined_ns)
            self.joined_ns.append(joined_ns)
            return
        try:
            sock = member(*self.plan["groups"][group])
        except OSError as error:
            self.errors.append(f"joining {self.plan['groups'][group][0]}: {error}")
            return
        self.members[group] = (sock, joined_ns)
        self.joined_ns.append(joined_ns)
        self.drops[group], self.emptied_ns[group] = 0, joined_ns
        self.read(sock, partial(self.take, sock, group))
        if self.foreign is not None and group in self.rtcp:
            self.hear_reports(group)

    def leave(self, group: int, due_ns: int = 0) -> None:
        """End a membership; what the kernel has already received still counts."""
        if group in self.members:
            sock, joined_ns = self.members.pop(group)
            left_ns = time.time_ns()
            if self.ring is not None and sock is self.ring.sock:
                self.take_ring()
                self.ring.leave(group, self.plan["groups"][group][0])
            else:
                while self.take(sock, group):
                    pass
                self.note_drops(sock, group)
                self.forget(sock)
            if group in self.reporting:
                self.forget(self.reporting.pop(group))
            self.periods.setdefault(group, []).append((joined_ns, left_ns))
            # Who leaves late may hear something for so much longer.
            for silence in self.silences:
                if due_ns and silence[0] == group and silence[1] > due_ns:
                    silence[1] += left_ns - due_ns

    def returning(self) -> None:
        """Plan what is reported once devices are up again: twice, as a report may be lost (RFC 2236, section 3)."""
        for group, at_ms in self.plan.get("returns", {}).get(str(self.node), []):
            for at_ns in (self.at(at_ms), self.at(at_ms) + REPORTED_AGAIN_NS):
                self.due(at_ns, partial(self.return_to, group))

    def return_to(self, group: int) -> None:
        """Report a membership once more, as its device is up again: as it went down, it said nothing."""
        if group in self.members:
            address = self.plan["groups"][group][0]
            try:
                report_membership(address)
            except OSError as error:
                self.errors.append(f"reporting {address}: {error}")

    def send(self, sender: Sender) -> None:
        """Send what a flow has due, until its end."""
        next_ns = sender.send_due(time.time_ns())
        for due_ns, packet in sender.postponed:
            self.due(due_ns, partial(sender.send_postponed, packet))
        sender.postponed.clear()
        if next_ns:
            self.due(next_ns, lambda: self.send(sender))

    def report(self, sender: Sender) -> None:
        """Send a sender report, and the next one later."""
        flow, now_ns = sender.flow, time.time_ns()
        if now_ns < flow.stop_ns and sender.sent:
            address, port = self.plan["groups"][flow.group]
            with suppress(OSError):
                sender.sock.sendto(sender.report(now_ns, f"{flow.ssrc:08x}@{os.uname().nodename}"), (address, port + 1))
            self.due(now_ns + RTCP_EVERY_NS, partial(self.report, sender))

    def announcing(self) -> list[Announcer]:
        """Return what this node announces, each of it to begin and to end at its time."""
        mine = [row for row in self.plan.get("announced", []) if row[0] == self.node]
        found = [Announcer(row, self.zero_ns, self.plan["ttl"]) for row in mine]
        for announcer in found:
            self.due(announcer.start_ns, partial(self.announce, announcer))
            self.due(announcer.stop_ns, announcer.end)
        return found

    def announce(self, announcer: Announcer) -> None:
        """Announce a session, and again later."""
        now_ns = time.time_ns()
        if now_ns < announcer.stop_ns:
            announcer.send(now_ns)
            self.due(announcer.next_ns(now_ns), partial(self.announce, announcer))

    def hear_reports(self, group: int) -> None:
        """Listen to what is said in RTCP of a group."""
        address, port = self.plan["groups"][group]
        try:
            sock = self.reporting[group] = member(address, port + 1)
        except OSError as error:
            self.errors.append(f"joining {address} for RTCP: {error}")
            return
        self.read(sock, partial(self.take_reports, sock, group))

    def take_reports(self, sock: socket.socket, group: int) -> None:
        """Count RTCP packets by their sources."""
        with suppress(BlockingIOError):
            while True:
                packet, (source, _) = sock.recvfrom(LARGEST_DATAGRAM)
                if len(packet) > 1 and packet[0] & RTP_VERSION_MASK == RTP_VERSION and packet[1] in RTCP_TYPES:
                    self.reports[group, source] = self.reports.get((group, source), 0) + 1

    def mark_cpu(self, flow: Flow) -> None:
        """Note this process's time of CPU at the begin and the end of a flow."""
        self.cpu_s.setdefault(flow.number, []).append(time.process_time())

    def note_drops(self, sock: socket.socket, group: int) -> None:
        """Note what the kernel threw away as a member's queue was full: group, from and to when, how much."""
        with suppress(OSError, struct.error):
            (after,) = MEMINFO.unpack_from(sock.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, MEMINFO.size))
            if after != self.drops[group] and len(self.dropped) < PAUSES:
                period_us = self.us(self.emptied_ns[group]), self.us(time.time_ns())
                self.dropped.append([group, *period_us, after - self.drops[group]])
            self.drops[group] = after

    def take(self, sock: socket.socket, group: int) -> bool:  # noqa: C901  (a call a datagram would cost its rate)
        """Count the datagrams of a member's socket, and say whether there may be more.

        Another run's or program's are not ours to count.
        """
        buffers, unpack, records, tag = [self.buffer], HEADER.unpack_from, self.records, self.tag
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
            if self.buffer[0] & RTP_VERSION_MASK == RTP_VERSION:
                self.take_rtp(group, size, segment, now_ns, address[0])
                continue
            for place in range(0, size - HEADER.size + 1, segment):
                theirs, number, sequence, sent_ns = unpack(self.buffer, place)
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

    def take_rtp(self, group: int, size: int, segment: int, now_ns: int, source: str) -> None:
        """Count packets in RTP: those of the plan's streams, and of others where the plan wants them measured."""
        for place in range(0, size - RTP.size + 1, segment):
            _, kind, number, stamp, ssrc = RTP.unpack_from(self.buffer, place)
            flow = self.by_ssrc.get(ssrc)
            if flow is None:
                if self.foreign is not None and len(self.foreign) < FOREIGN_STREAMS:
                    key = (group, source, ssrc)
                    if key not in self.foreign:
                        self.foreign[key] = Foreign(bytearray() if self.records_audio else None)
                    packet = memoryview(self.buffer)[place : min(size, place + segment)]
                    self.foreign[key].take(kind, number, stamp, self.us(now_ns), packet)
                    self.end_soon_after(source, now_ns)
                continue
            record = self.records.get(flow.number)
            if record is None or flow.group != group:
                continue
            sequence = record.place(number, now_ns)
            if not 0 <= sequence < flow.count:
                continue
            if self.damaging or self.is_stamped:
                packet = memoryview(self.buffer)[place : min(size, place + segment)]
                if not self.is_whole(packet, record, sequence, now_ns):
                    # A device has no use for it.
                    continue
            record.take(sequence, now_ns)

    def end_soon_after(self, source: str, now_ns: int) -> None:
        """End this node's part some time after the first packet of a source that is waited for."""
        if self.awaited is not None and self.awaited[0] == source:
            self.end_ns = min(self.end_ns, now_ns + self.awaited[1] * NS_PER_MS)
            self.awaited = None

    def is_whole(self, packet: memoryview, record: Record, sequence: int, now_ns: int) -> bool:
        """Say whether a packet is as it was to be sent, and note its delay where it says when it was sampled."""
        left_ns = sampled_ns(packet) if self.is_stamped else 0
        if self.damaging:
            whole = record.flow.packet(sequence)
            if packet != (in_band(whole, left_ns) if left_ns else whole):
                return False
        if left_ns and not record.seen[sequence]:
            record.note_delay(sequence, now_ns - left_ns)
        return True

    def watch_as_needed(self) -> None:
        """Watch the interfaces for as long as some silence lasts."""
        now_ns = time.time_ns()
        wanted = any(begin_ns <= now_ns < end_ns for _, begin_ns, end_ns, _ in self.silences)
        if wanted and self.watch is None:
            try:
                self.watch = watcher()
            except OSError as error:
                self.errors.append(f"watching: {error}")
                self.blind = True
                self.silences.clear()
                return
            self.read(self.watch, self.overhear)
            # Where another program is a member, its host hears the group rightly.
            foreign = joined_addresses() - {self.plan["groups"][group][0] for group in self.members}
            for silence in self.silences:
                if self.plan["groups"][silence[0]][0] in foreign:
                    silence[3] = UNKNOWN
        elif not wanted and self.watch is not None:
            self.overhear()
            self.forget(self.watch)
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
            if not 0 <= number < len(self.flows):
                continue
            group = self.flows[number].group
            if group not in self.members and group in self.periods:
                self.heard_ns[number] = now_ns
            for silence in self.silences:
                if silence[3] != UNKNOWN and silence[0] == group and silence[1] <= now_ns < silence[2]:
                    silence[3] += 1

    def number_of(self, begin: int, size: int) -> int:
        """Return which flow the datagram in the buffer is of; -1 if of none."""
        if size >= begin + RTP.size and self.buffer[begin] & RTP_VERSION_MASK == RTP_VERSION:
            flow = self.by_ssrc.get(RTP.unpack_from(self.buffer, begin)[4])
            return UNKNOWN if flow is None else flow.number
        theirs, number = HEADER.unpack_from(self.buffer, begin)[:2] if size >= begin + HEADER.size else (0, UNKNOWN)
        return int(number) if theirs == self.tag else UNKNOWN

    def run(self, listener: socket.socket) -> dict[str, Any]:
        """Carry out the plan to its end, or until asked to stop, and return what was found."""
        orders: list[bytes] = []
        self.read(listener, lambda: orders.append(heed(listener)))
        self.returning()
        now_ns = time.time_ns()
        self.drain()
        if now_ns > self.zero_ns + PAUSE_NS:
            self.pauses_ns.append((self.zero_ns, now_ns))
        # What is overdue at the end is still done: a host that was busy has sent what it was to send.
        while b"stop" not in orders and (now_ns < self.end_ns or (self.actions and self.actions[0][0] <= self.end_ns)):
            next_ns = min(self.end_ns, now_ns + HEARTBEAT_NS, self.actions[0][0] if self.actions else self.end_ns)
            wait_ns = max(0, next_ns - now_ns)
            if self.actions and self.actions[0][0] <= now_ns:
                heapq.heappop(self.actions)[2]()
            for descriptor, _ in self.poller.poll(wait_ns / 1e9):
                self.readers[descriptor]()
            before_ns, now_ns = now_ns, time.time_ns()
            if now_ns - before_ns > wait_ns + PAUSE_NS:
                self.pauses_ns.append((before_ns, now_ns))
        for group in list(self.members):
            self.leave(group)
        for announcer in self.announcers:
            announcer.end()
        if self.ring is not None and (lost := self.ring.lost()):
            self.errors.append(f"{lost} datagrams were lost as this host was busy")
        return self.found()

    def found(self) -> dict[str, Any]:
        """Return what was sent and heard."""
        for record in self.records.values():
            record.settle()
        main = [record for record in self.records.values() if record.flow.kind == "main"]
        stands_ns = {
            (record.flow.group, record.flow.sender): record.stands_ns(self.periods[record.flow.group])
            for record in main
            if record.flow.group in self.periods and not self.is_brief
        }
        return {
            "errors": self.errors,
            "pauses": [
                [self.us(begin_ns), self.us(end_ns)]
                for begin_ns, end_ns in sorted(self.pauses_ns, key=lambda each: each[0] - each[1])[:PAUSES]
            ],
            "dropped": self.dropped,
            "joins": len(self.joined_ns),
            "joins_took_ms": (max(self.joined_ns) - min(self.joined_ns)) // NS_PER_MS if self.joined_ns else 0,
            "sent": [
                {
                    "flow": sender.flow.number,
                    "sent": sender.sent - sender.errors,
                    "errors": sender.errors,
                    "error": sender.error,
                    "began_late_us": max(0, sender.began_ns - sender.flow.start_ns) // NS_PER_US,
                    "late_max_us": sender.late_ns // NS_PER_US,
                    "late": sender.late,
                    "failed": sender.failed,
                    "took_us": sender.took_ns // NS_PER_US,
                    "datagrams_a_call": sender.at_once,
                    "left_us": packed(sender.left_us),
                }
                for sender in self.senders
            ],
            "received": columns([self.received(record) for record in main]),
            "slices": {
                record.flow.number: record.slices(*self.shown(record))
                for record in (main if len(main) <= SLICED_FLOWS and not self.is_brief else ())
            },
            "sweeps": [
                {
                    "flow": number,
                    "whole_octets": record.sizes_whole(stands_ns.get((record.flow.group, record.flow.sender), 0)),
                    "shift_us": record.usual_shift_us(),
                    "holes": record.holes([range(record.flow.count)]),
                }
                for number, record in self.records.items()
                if record.flow.kind == "sweep"
            ],
            "rates": [
                {
                    "flow": number,
                    "distinct": sum(record.seen),
                    "duplicates": len(record.again),
                    "shift_us": record.usual_shift_us(),
                    "holes": record.holes([range(record.flow.count)]),
                }
                for number, record in self.records.items()
                if record.flow.kind == "rate"
            ],
            "arrived_us": {
                number: packed(record.arrived_us)
                for number, record in self.records.items()
                if record.flow.media is not None
            },
            "delay_us": {number: packed(each.delay_us) for number, each in self.records.items() if each.delay_us},
            "reports": [[*key, number] for key, number in self.reports.items()],
            "foreign": [[*key, *stream.row()] for key, stream in (self.foreign or {}).items()],
            "periods": {
                group: [[self.us(begin_ns), self.us(end_ns)] for begin_ns, end_ns in periods]
                for group, periods in self.periods.items()
            },
            "cpu_s": {number: marks[1] - marks[0] for number, marks in self.cpu_s.items() if len(marks) > 1},
            "silences": None if self.blind else [heard for _, _, _, heard in self.silences],
        }

    @property
    def edges_ns(self) -> tuple[int, int]:
        """What of a membership's begin and of its end is not measured."""
        return self.plan["settle_ms"] * NS_PER_MS, self.plan["late_ms"] * NS_PER_MS

    def received(self, record: Record) -> dict[str, Any]:
        """Return what was received of a flow, and how long it went on after the last leave."""
        number, periods = record.flow.number, self.periods.get(record.flow.group, [])
        heard_ns = self.heard_ns.get(number, 0)
        delay_us = max(0, heard_ns - periods[-1][1]) // NS_PER_US if periods else 0
        found = record.brief() if self.is_brief and record.flow.media else record.summary(periods, *self.edges_ns)
        return {**found, "leave_delay_us": -1 if self.blind or not found["distinct"] else delay_us}

    def shown(self, record: Record) -> tuple[int, int]:
        """Return the sequence numbers between which a flow is shown over time: from the first settling to the end."""
        windows = [record.window(*period, *self.edges_ns) for period in self.periods.get(record.flow.group, [])]
        return (windows[0].start, windows[-1].stop) if windows else (0, 0)


def columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return rows of equal keys by column, which is shorter."""
    return {key: [row[key] for row in rows] for key in rows[0]} if rows else {}


def raise_limits() -> None:
    """Take as many open files as this user may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def inlet(run: str, node: int) -> str:
    """Return the name of the abstract Unix socket by which a run is sent things; it is no file."""
    return f"\0mcastlab-{run}-{node}"


def heed(listener: socket.socket) -> bytes:
    """Return what a caller tells; it is answered by the end of its connection."""
    caller, _ = listener.accept()
    with caller:
        return caller.recv(100)


def running() -> list[str]:
    """Return the names of the inlets of all runs on this host."""
    lines = Path("/proc/net/unix").read_text(encoding="utf-8").splitlines()
    names = {line.split()[-1] for line in lines if "@mcastlab-" in line}
    return ["\0" + name[1:] for name in sorted(names)]


def tell(name: str, word: str) -> bytes:
    """Tell a run something by its inlet and return its answer; none if there is no such run."""
    with socket.socket(socket.AF_UNIX) as caller:
        try:
            caller.connect(name)
        except ConnectionRefusedError:
            return b""
        caller.sendall(word.encode())
        caller.shutdown(socket.SHUT_WR)
        return whole(caller)


def whole(caller: socket.socket) -> bytes:
    """Return all that the other end writes."""
    return b"".join(iter(lambda: caller.recv(1 << 16), b""))


def page_of(text: str, number: int) -> dict[str, Any]:
    """Return a part of a packed answer as small as a shell's output has to be."""
    page = text[number * PAGE_CHARACTERS :][:PAGE_CHARACTERS]
    return {"pages": -(-len(text) // PAGE_CHARACTERS), "page": page}


def serve(listener: socket.socket, answer: Callable[[bytes], bytes | None]) -> None:
    """Answer from a process in the background, until asked to stop, an answer is none, or nobody asks for a while."""
    if os.fork():
        return
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    listener.settimeout(PAGES_WAIT_S)
    try:
        answered: bytes | None = b""
        while answered is not None:
            caller, _ = listener.accept()
            with caller:
                word = whole(caller)
                answered = None if word == b"stop" else answer(word)
                caller.sendall(answered or b"")
    finally:
        os._exit(0)


def serve_pages(listener: socket.socket, text: str) -> None:
    """Hand out the pages of an answer."""
    serve(listener, lambda word: json.dumps(page_of(text, int(word))).encode())


def hold(run: str, text: str) -> int:
    """Keep a part of what a run will send behind those before it, and return how much is kept."""
    name = inlet(run, HELD)
    kept = tell(name, text)
    if kept:
        return int(kept)
    parts = [text]

    def keep(word: bytes) -> bytes:
        if word == b"all":
            return "".join(parts).encode()
        parts.append(word.decode())
        return str(sum(map(len, parts))).encode()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(name)
        listener.listen()
        serve(listener, keep)
    return len(text)


def held(run: str) -> Any:
    """Return what was kept for a run, and keep it no longer."""
    text = tell(inlet(run, HELD), "all")
    tell(inlet(run, HELD), "stop")
    return json.loads(zlib.decompress(base64.b64decode(text)))


def run(plan: dict[str, Any], node: int) -> None:
    """Carry out a node's part of a plan and print what was found, or its first page."""
    raise_limits()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(inlet(plan["run"], node))
        listener.listen()
        text = json.dumps(Engine(plan, node).run(listener), separators=(",", ":"))
        if len(text) > PAGE_CHARACTERS:
            packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
            text = json.dumps(page_of(packed, 0))
            if len(packed) > PAGE_CHARACTERS:
                serve_pages(listener, packed)
        print(text, flush=True)


def hello() -> dict[str, Any]:
    """Return what this host is, what its clock shows, and what its time service tells of that."""
    import subprocess  # noqa: PLC0415  (nothing else starts a program, and each start of the probe would load it)

    found: dict[str, Any] = {"python": sys.version.split()[0], "kernel": os.uname().release, "time_ns": time.time_ns()}
    with suppress(OSError, subprocess.SubprocessError):
        asked = subprocess.run(
            ["chronyc", "-c", "-n", "tracking"], capture_output=True, text=True, timeout=CHRONY_S, check=True
        )
        found["tracking"] = asked.stdout
    # Of a hardware clock chrony knows no error: the driver of the network card tells that.
    with suppress(OSError, ValueError):
        errors = [int(each.read_text()) for each in Path("/sys/bus/pci/devices").glob("*/phc_error_bound")]
        found["ptp_error_ns"] = max(errors) if errors else None
    return found


def main(arguments: list[str]) -> None:
    """Run one verb."""
    verb, *words = arguments or [""]
    if verb == "hello":
        print(json.dumps(hello()))
    elif verb == "run":
        text = words[0] if words[0].startswith("{") else zlib.decompress(base64.b64decode(words[0])).decode()
        plan = json.loads(text)
        if plan.get("held"):
            plan["media"] = held(plan["run"])
        run(plan, [name for name, _ in plan["nodes"]].index(words[1]))
    elif verb == "hold":
        print(json.dumps({"kept": hold(words[0], words[1])}))
    elif verb == "page":
        print(tell(inlet(words[0], int(words[1])), words[2]).decode() or json.dumps({"pages": 0, "page": ""}))
    elif verb == "stop":
        print(json.dumps({"stopped": tell(inlet(words[0], int(words[1])), "stop") == b""}))
    elif verb == "clear":
        print(json.dumps({"stopped": len([tell(name, "stop") for name in running()])}))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
