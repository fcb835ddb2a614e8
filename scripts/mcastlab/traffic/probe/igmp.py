"""What this host is a member of, and reports of that. Sources: RFC 2236; RFC 3376."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

from mcastlab.traffic.probe.sockets import ANY_ADDRESS

# Of a report: type, checksum, group; of version 3 its one record, that no source is excluded, and to whom it is sent.
# The option has routers look at it. Sources: RFC 2236, section 2; RFC 3376, sections 4.2 and 9.2; RFC 2113.
IGMP_2, IGMP_3 = struct.Struct("!BxH4s"), struct.Struct("!BxHxxHBxH4s")
IGMP_2_REPORT, IGMP_3_REPORT, IGMP_3_TO_EXCLUDE, IGMP_3_ROUTERS = 0x16, 0x22, 4, "224.0.0.22"
ROUTER_ALERT = b"\x94\x04\0\0"
IGMP_VERSION_3 = 3


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
