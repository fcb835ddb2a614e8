"""What a host prints while a person listens live: each datagram of a group, as it comes.

    live_listener.py ADDRESS PORT

Python 3.9 or later, standard library only, Linux. Each datagram stands on standard output behind its length and its
sender's address; every second, and once the group is joined, a length of zero says that the listener is there. It ends
as soon as nobody reads; nothing is written to a file.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import sys
import time

FRAME = struct.Struct("!H4s")
PRESENT = FRAME.pack(0, bytes(4))
OUTPUT = 1
PRESENT_EVERY_S = 1.0
LARGEST_DATAGRAM = 65535
ANY_ADDRESS = bytes(4)


def member(address: str, port: int) -> socket.socket:
    """Return a socket that is a member of a group on the interface that routes to it."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(address) + ANY_ADDRESS)
    return sock


def write(data: bytes) -> None:
    """Write all of it."""
    while data:
        data = data[os.write(OUTPUT, data) :]


def main(address: str, port: int) -> None:
    """Print what comes until nobody reads it."""
    sock, poller = member(address, port), select.poll()
    poller.register(sock, select.POLLIN)
    # What has nobody at its other end is reported unasked.
    poller.register(OUTPUT, 0)
    present_s = 0.0
    try:
        while True:
            now_s = time.monotonic()
            if now_s >= present_s:
                write(PRESENT)
                present_s = now_s + PRESENT_EVERY_S
            ready = poller.poll((present_s - now_s) * 1000)
            if any(descriptor == OUTPUT for descriptor, _ in ready):
                return
            if ready:
                datagram, (source, _) = sock.recvfrom(LARGEST_DATAGRAM)
                write(FRAME.pack(len(datagram), socket.inet_aton(source)) + datagram)
    except BrokenPipeError:
        return


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
