"""What stations do.

``send GROUP ADDRESS COUNT GAP_S`` and ``receive GROUP ADDRESS SECONDS``: numbered datagrams; prints what came.
``hello ADDRESS HOLD_S PRIORITY``: a PIM Hello, as of a router (RFC 7761 4.9.2).
``prune-then-join ADDRESS UPSTREAM GROUP RP SOURCE``: two PIM Join/Prunes, as of a router that hears of a source.
``serve ADDRESS`` and ``connect ADDRESS``: one TCP connection; the client prints its segment size.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time

PORT = 5005
PIM = 103


def send(group: str, address: str, count: int, gap_s: float) -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 16)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
    for number in range(count):
        sock.sendto(str(number).encode().ljust(200), (group, PORT))
        time.sleep(gap_s)


def receive(group: str, address: str, seconds: float) -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((group, PORT))
    membership = socket.inet_aton(group) + socket.inet_aton(address)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    sys.stdout.write("joined\n")
    sys.stdout.flush()
    heard: dict[str, list[int]] = {}
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            data, (sender, _) = sock.recvfrom(2048)
        except TimeoutError:
            break
        if sender != address:
            heard.setdefault(sender, []).append(int(data))
    sys.stdout.write(json.dumps(heard))


def hello(address: str, hold_s: int, priority: int) -> None:
    pim(address, 0, struct.pack("!HHH HHI HHI", 1, 2, hold_s, 19, 4, priority, 20, 4, 1))


def prune_then_join(address: str, upstream: str, group: str, point: str, source: str) -> None:
    """Say what a last hop says that hears a source by the shared tree first, then by its own (RFC 7761 4.9.5)."""
    shared, pruned, joined = encoded(point, 7), encoded(source, 5), encoded(source, 4)
    for joins, prunes in (((shared,), (pruned,)), ((joined,), ())):
        sources = struct.pack("!HH", len(joins), len(prunes)) + b"".join((*joins, *prunes))
        start = b"\1\0" + socket.inet_aton(upstream) + struct.pack("!BBH", 0, 1, 210)
        pim(address, 3, start + encoded(group, 0) + sources)


def encoded(address: str, flags: int) -> bytes:
    """A group, or a source with its S, W and R bits."""
    return bytes((1, 0, flags, 32)) + socket.inet_aton(address)


def pim(address: str, kind: int, body: bytes) -> None:
    """Send a PIM message to the routers of the link with this address."""
    header = bytes((0x20 | kind, 0))
    words = struct.unpack(f"!{(len(body) + 4) // 2}H", header + b"\0\0" + body)
    total = sum(words)
    checksum = ~(total + (total >> 16)) & 0xFFFF
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, PIM)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
    sock.sendto(header + struct.pack("!H", checksum) + body, ("224.0.0.13", 0))


def serve(address: str) -> None:
    with socket.create_server((address, PORT)) as listener:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        listener.settimeout(10)
        connection, _ = listener.accept()
        connection.close()


def connect(address: str) -> None:
    with socket.create_connection((address, PORT), timeout=5) as connection:
        sys.stdout.write(str(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["send", group, address, count, gap_s]:
            send(group, address, int(count), float(gap_s))
        case ["receive", group, address, seconds]:
            receive(group, address, float(seconds))
        case ["hello", address, hold_s, priority]:
            hello(address, int(hold_s), int(priority))
        case ["prune-then-join", address, upstream, group, point, source]:
            prune_then_join(address, upstream, group, point, source)
        case ["serve", address]:
            serve(address)
        case ["connect", address]:
            connect(address)
