"""What stations do.

``send GROUP ADDRESS COUNT GAP_S`` and ``receive GROUP ADDRESS SECONDS``: numbered datagrams; prints what came.
``serve ADDRESS`` and ``connect ADDRESS``: one TCP connection; the client prints its segment size.
"""

from __future__ import annotations

import json
import socket
import sys
import time

PORT = 5005


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
        case ["serve", address]:
            serve(address)
        case ["connect", address]:
            connect(address)
