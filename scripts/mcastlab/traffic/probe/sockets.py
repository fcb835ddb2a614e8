"""Sockets of a member of a group, and of what sees all that arrives."""

from __future__ import annotations

import ctypes
import socket
import struct
from contextlib import suppress
from typing import Any

from mcastlab.traffic.probe.wire import LARGEST_DATAGRAM, MAGIC, RTP_VERSION, RTP_VERSION_MASK, UDP_HEADER

TIMESPEC = struct.Struct("@ll")
SEGMENT = struct.Struct("@i")
ANY_ADDRESS = bytes(4)
ETH_P_IP = 0x0800
# Linux's own numbers, where the socket module lacks them. Sources: asm-generic/socket.h, linux/udp.h.
SO_ATTACH_FILTER, SO_RCVBUFFORCE, SO_TIMESTAMPNS = 26, 33, 35
UDP_GRO = 104
RECEIVE_BUFFER = 8 << 20
ANCILLARY = socket.CMSG_SPACE(TIMESPEC.size) + socket.CMSG_SPACE(SEGMENT.size)


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
