"""Sessions that are announced. Sources: RFC 2974, sections 4 and 6; RFC 8866."""

from __future__ import annotations

import socket
import struct
import zlib
from contextlib import suppress
from random import Random
from typing import Any

from mcastlab.traffic.probe.figures import NS_PER_MS

# Version 1 or that as a deletion, no authentication, a hash of what is announced, the sender; then the kind of the
# description.
SAP = struct.Struct("!BBH4s")
SAP_VERSION, SAP_DELETION, SDP_KIND, SDP_SOURCE = 0x20, 0x04, b"application/sdp\0", "{source}"
REPEATED_NS = 2_000_000_000


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
