"""The data path of one GRE tunnel in user space: ``gre_path.py DEVICE LOCAL REMOTE``. Standard library alone.

A TUN device that is opened with packet information puts four bytes before each packet: flags and EtherType. With no
flag set those are a GRE header without options (RFC 2784 2.1), so packets pass between the TUN and a raw socket of
protocol 47 as they are. One process for each direction, each in blocking reads and writes: two system calls a packet.

The device exists already; it has carrier from the moment on that there is a route to the other end.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import struct
import sys
import time
from typing import NoReturn

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
PR_SET_PDEATHSIG = 1
IP_MTU_DISCOVER = 10
IP_PMTUDISC_DONT = 0
IP_FREEBIND = 15
SO_RCVBUFFORCE = 33
LARGEST_PACKET = 65535 + 4
ROUTE_WAIT_S = 0.05
QUEUE_BYTES = 4 << 20
OUTER_TTL = 255


def deepen(sock: socket.socket) -> None:
    """Let a socket hold more, past the machine's limit where that is allowed: on a busy one nobody may read a while."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, QUEUE_BYTES)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUEUE_BYTES)


def raw_socket(local: str, remote: str) -> socket.socket:
    """Return a socket that carries GRE between the two addresses; waits until there is a route."""
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_GRE)
    deepen(raw)
    raw.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, OUTER_TTL)
    # As IOS does without path MTU discovery: the outer packet may be fragmented.
    raw.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
    raw.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
    raw.bind((local, 0))
    while True:
        try:
            raw.connect((remote, 0))
        except OSError:
            time.sleep(ROUTE_WAIT_S)
        else:
            return raw


def open_tun(name: str) -> int:
    """Attach to the TUN device and return its file descriptor."""
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN))
    return tun


def encapsulate(tun: int, raw: socket.socket) -> NoReturn:
    """Carry packets from the TUN to the other end."""
    buffer = bytearray(LARGEST_PACKET)
    view = memoryview(buffer)
    into, readv, send = [buffer], os.readv, raw.send
    while True:
        size = readv(tun, into)
        # IPv4 alone, and whole (flag 1 says that the TUN cut it).
        if buffer[2] == 8 and not buffer[3] and not buffer[1]:  # noqa: PLR2004  (EtherType 0x0800)
            try:
                send(view[:size])
            except OSError:
                continue  # no route at the moment, or an ICMP error for an earlier packet: as on a wire, it is lost


def decapsulate(raw: socket.socket, tun: int) -> NoReturn:
    """Carry packets from the other end to the TUN."""
    buffer = bytearray(LARGEST_PACKET)
    view = memoryview(buffer)
    receive, write = raw.recv_into, os.write
    while True:
        try:
            size = receive(buffer)
            at = (buffer[0] & 15) << 2
            # Base header without checksum, key or sequence number, and IPv4 in it.
            if buffer[at : at + 4] == b"\x00\x00\x08\x00":
                write(tun, view[at:size])
        except OSError:
            continue  # the device is down, or an ICMP error was reported


def end_with_parent() -> None:
    """Have the kernel end this process when its parent ends, however that does (prctl(2), PR_SET_PDEATHSIG)."""
    import ctypes  # noqa: PLC0415  (the parent starts without it)

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main(device: str, local: str, remote: str) -> None:
    """Run both directions until terminated; when one ends, both do."""
    raw = raw_socket(local, remote)
    tun = open_tun(device)
    if (child := os.fork()) == 0:
        end_with_parent()
        decapsulate(raw, tun)

    def end(*_: object) -> NoReturn:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.kill(child, signal.SIGKILL)
        # Who waits for us finds both gone.
        os.waitpid(child, 0)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGCHLD, lambda *_: os._exit(1))
    encapsulate(tun, raw)


if __name__ == "__main__":
    main(*sys.argv[1:])
