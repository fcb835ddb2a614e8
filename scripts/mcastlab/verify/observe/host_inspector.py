"""What a Linux host says of its own multicast; Python 3.9 or later, standard library only.

    host_inspector.py GROUP PORT TTL     with TTL 0 nothing is sent

It prints one JSON object. With a TTL one datagram leaves, and is looked at on its way out, behind the host's own packet
filter: that needs root, and where it is not root its TTL is reported as null.
"""

from __future__ import annotations

import json
import os
import re
import select
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ETH_P_ALL = 3
"""Only who listens for every protocol sees what leaves. Source: packet(7), Linux net/core/dev.c."""

WORD = b"mcastlab-look"
WITHIN_S = 0.3
NEWEST_IGMP = 3
PROC = Path("/proc")


def read(path: Path) -> str:
    """Return a file's text, or nothing where there is none."""
    try:
        return path.read_text()
    except OSError:
        return ""


def way_out(group: str) -> tuple[str | None, str | None]:
    """Return the interface and the source address of what is sent to a group."""
    try:
        done = subprocess.run(
            ["ip", "-o", "route", "get", group], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
        )
    except OSError:
        return None, None
    route = done.stdout.decode()
    interface, source = re.search(r" dev (\S+)", route), re.search(r" src (\S+)", route)
    return (interface[1] if interface else None), (source[1] if source else None)


def igmp_version(interface: str) -> tuple[int, bool]:
    """Return the version of the host's first report, and whether it is forced: else it is that of the last query.

    Source: Linux, Documentation/networking/ip-sysctl.rst, force_igmp_version; net/ipv4/igmp.c.
    """
    for name in ("all", interface):
        forced = read(PROC / "sys/net/ipv4/conf" / name / "force_igmp_version").strip()
        if forced in {"1", "2"}:
            return int(forced), True
    for line in read(PROC / "net/igmp").splitlines():
        fields = line.split()
        if len(fields) > 1 and fields[1] == interface and fields[-1].startswith("V"):
            return int(fields[-1][1:]), False
    return NEWEST_IGMP, False


def leaving_ttl(group: str, port: int, ttl: int, interface: str) -> int | None:
    """Send one datagram and return the TTL with which it left; None if none was seen to leave.

    Raises:
        PermissionError: only root may look.
    """
    nonce = WORD + os.urandom(8)
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL)) as watcher:
        watcher.bind((interface, ETH_P_ALL))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
            try:
                sender.sendto(nonce, (group, port))
            except OSError:
                return None
        end = time.monotonic() + WITHIN_S
        while time.monotonic() < end:
            if not select.select([watcher], [], [], max(0, end - time.monotonic()))[0]:
                break
            packet, address = watcher.recvfrom(2048)
            if address[2] == socket.PACKET_OUTGOING and packet.endswith(nonce):
                # IPv4 header: octet 8 is the TTL. Source: RFC 791, section 3.1.
                return packet[8]
    return None


def look(group: str, port: int, ttl: int) -> dict[str, Any]:
    """Return what the host says."""
    interface, source = way_out(group)
    answer: dict[str, Any] = {"kernel": os.uname().release, "interface": interface, "source": source}
    if interface is None:
        return answer
    mtu = read(Path("/sys/class/net") / interface / "mtu").strip()
    answer["mtu_octets"] = int(mtu) if mtu else None
    answer["igmp_version"], answer["igmp_forced"] = igmp_version(interface)
    if ttl:
        try:
            answer["ttl"], answer["ttl_given"] = leaving_ttl(group, port, ttl, interface) or 0, ttl
        except PermissionError:
            answer["ttl"] = None
    return answer


if __name__ == "__main__":
    print(json.dumps(look(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
