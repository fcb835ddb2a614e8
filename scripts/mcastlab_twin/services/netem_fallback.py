"""A way on which packets are late or lost: ``netem_fallback.py DEVICE DELAY_MS JITTER_MS LOSS_PERCENT``.

Standard library alone. Each packet that is routed into the TUN device comes out of it again after its delay, or never.
Packets with different delays overtake each other. On SIGTERM nothing more is taken in, and what is on its way is
delivered first.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import random
import select
import signal
import struct
import sys
import time
from itertools import count

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
LARGEST_PACKET = 65535
PACKETS_A_TURN = 64
"""How many are read before those that are due are looked at again."""


def open_tun(name: str) -> int:
    """Attach to the TUN device and return its file descriptor, which does not block."""
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return tun


def packets(tun: int) -> list[bytes]:
    """Return what waits in the device, a turn's worth at most."""
    found: list[bytes] = []
    try:
        while len(found) < PACKETS_A_TURN:
            found.append(os.read(tun, LARGEST_PACKET))
    except OSError:
        pass  # nothing more waits, or the device is down
    return found


def deliver(tun: int, packet: bytes) -> None:
    """Put a packet back; one that the device does not take is lost."""
    try:
        os.write(tun, packet)
    except OSError:
        return


def main(device: str, delay_ms: str, jitter_ms: str, loss_percent: str) -> None:
    """Carry packets until terminated."""
    delay, jitter, loss = float(delay_ms) / 1000, float(jitter_ms) / 1000, float(loss_percent) / 100
    tun = open_tun(device)
    late: list[tuple[float, int, bytes]] = []
    numbers = count()
    ending: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: ending.append(number))
    while late or not ending:
        wait = max(0.0, late[0][0] - time.monotonic()) if late else 0.2
        ready, _, _ = select.select([] if ending else [tun], [], [], wait)
        now = time.monotonic()
        for packet in packets(tun) if ready else ():
            if random.random() >= loss:  # noqa: S311  (no secret depends on it)
                heapq.heappush(late, (now + delay + random.uniform(-jitter, jitter), next(numbers), packet))  # noqa: S311
        while late and late[0][0] <= now:
            deliver(tun, heapq.heappop(late)[2])


if __name__ == "__main__":
    main(*sys.argv[1:])
