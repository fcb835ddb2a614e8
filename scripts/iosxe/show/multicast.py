"""``show ip pim``, ``show ip mroute`` and ``show ip igmp groups``.

Source: samples of IOS-XE 17; outgoing lines end in ``, flags:`` there.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from iosxe.show.ages import age, clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from ipaddress import IPv4Network

    from iosxe.state import LiveIgmpGroup, LiveMroute, LivePimNeighbor

NOBODY: Final = IPv4Address(0)
NEIGHBOR_HEAD: Final = """\
PIM Neighbor Table
Mode: B - Bidir Capable, DR - Designated Router, N - Default DR Priority,
      P - Proxy Capable, S - State Refresh Capable, G - GenID Capable,
      L - DR Load-balancing Capable
Neighbor          Interface                Uptime/Expires    Ver   DR
Address                                                            Prio/Mode
"""
INTERFACE_HEAD: Final = """\

Address          Interface                Ver/   Nbr    Query  DR         DR
                                          Mode   Count  Intvl  Prior
"""
MROUTE_HEAD: Final = """\
IP Multicast Routing Table
Flags: D - Dense, S - Sparse, B - Bidir Group, s - SSM Group, C - Connected,
       L - Local, P - Pruned, R - RP-bit set, F - Register flag,
       T - SPT-bit set, J - Join SPT, M - MSDP created entry, E - Extranet,
       X - Proxy Join Timer Running, A - Candidate for MSDP Advertisement,
       U - URD, I - Received Source Specific Host Report,\x20
       Z - Multicast Tunnel, z - MDT-data group sender,\x20
       Y - Joined MDT-data group, y - Sending to MDT-data group,\x20
       G - Received BGP C-Mroute, g - Sent BGP C-Mroute,\x20
       N - Received BGP Shared-Tree Prune, n - BGP C-Mroute suppressed,\x20
       Q - Received BGP S-A Route, q - Sent BGP S-A Route,\x20
       V - RD & Vector, v - Vector, p - PIM Joins on route,\x20
       x - VxLAN group, c - PFP-SA cache created entry,\x20
       * - determined by Assert, # - iif-starg configured on rpf intf,\x20
       e - encap-helper tunnel flag, l - LISP decap ref count contributor
Outgoing interface flags: H - Hardware switched, A - Assert winner, p - PIM Join
                          t - LISP transit group
 Timers: Uptime/Expires
 Interface state: Interface, Next-Hop or VCD, State/Mode
"""
IGMP_HEAD: Final = """\
IGMP Connected Group Membership
Group Address    Interface                Uptime    Expires   Last Reporter   Group Accounted
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PimPort:
    """An interface that runs PIM."""

    name: str
    address: IPv4Address
    neighbors: int
    designated_router: IPv4Address
    """0.0.0.0 on a point-to-point link, which has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A static rendezvous point and the access list that limits it."""

    address: IPv4Address
    groups: Sequence[IPv4Network]
    access_list: str
    override: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterTunnel:
    """A tunnel that PIM made for registering: to the RP, or on the RP from whoever registers."""

    name: str
    decap: bool
    point: IPv4Address
    is_own: bool
    source: IPv4Address | None
    age_s: float


def pim_tunnel(tunnels: Iterable[RegisterTunnel]) -> str:
    """Return the tunnels that PIM made; a star marks those of a router that is the RP itself."""
    lines: list[str] = []
    for tunnel in tunnels:
        star = "*" if tunnel.is_own else ""
        lines += [
            f"{tunnel.name}{star} ",
            f"  Type       : PIM {'Decap' if tunnel.decap else 'Encap'}",
            f"  RP         : {tunnel.point}{star} ",
            f"  Source     : {'-' if tunnel.decap or tunnel.source is None else tunnel.source} ",
            "  State      : UP",
            f"  Last event : Created ({age(tunnel.age_s)})",
        ]
    return "".join(f"{line}\n" for line in lines)


def pim_neighbor(neighbors: Iterable[LivePimNeighbor]) -> str:
    """Return the PIM neighbours."""
    lines = [
        f"{neighbor.address!s:<17} {neighbor.interface:<24} {age(neighbor.uptime_s)}/{clock(neighbor.expires_s)} "
        f"v2    {neighbor.dr_priority} / {'DR ' if neighbor.is_dr else ''}S P G"
        for neighbor in neighbors
    ]
    return NEIGHBOR_HEAD + "".join(f"{line}\n" for line in lines)


def pim_interface(ports: Iterable[PimPort]) -> str:
    """Return the interfaces that run PIM."""
    lines = [
        f"{port.address!s:<16} {port.name:<24} v2/S   {port.neighbors:<6} 30     1          {port.designated_router}"
        for port in ports
    ]
    return INTERFACE_HEAD + "".join(f"{line}\n" for line in lines)


def rp_mapping(points: Iterable[Mapping], *, is_rp: bool) -> str:
    """Return which rendezvous point serves which groups."""
    lines = ["PIM Group-to-RP Mappings", *(["This system is an RP"] if is_rp else []), ""]
    for point in points:
        kind = "Static-Override" if point.override else "Static"
        if point.access_list:
            lines.append(f"Acl: {point.access_list}, {kind}")
        else:
            lines.extend(f"Group(s): {groups}, {kind}" for groups in point.groups)
        lines.append(f"    RP: {point.address} (?)")
    return "\n".join(lines) + "\n"


def mroute(routes: Iterable[LiveMroute]) -> str:
    """Return the multicast routing table."""
    return MROUTE_HEAD + "".join(f"\n{_mroute(route)}" for route in routes) + "\n"


def _mroute(route: LiveMroute) -> str:
    source = "*" if route.source is None else str(route.source)
    expires = "stopped" if route.expires_s is None else clock(route.expires_s)
    point = f", RP {route.rendezvous_point or NOBODY}" if route.source is None else ""
    lines = [
        f"({source}, {route.group}), {age(route.uptime_s)}/{expires}{point}, flags: {route.flags}",
        f"  Incoming interface: {route.incoming_interface or 'Null'}, RPF nbr {route.rpf_neighbor or NOBODY}"
        + (", Mroute" if route.rpf_is_mroute else "")
        + (", Registering" if route.registering else ""),
    ]
    if not route.outgoing:
        return "\n".join([*lines, "  Outgoing interface list: Null", ""])
    lines.append("  Outgoing interface list:")
    for entry in route.outgoing:
        expires = "stopped" if entry.expires_s is None else clock(entry.expires_s)
        lines.append(f"    {entry.interface}, Forward/Sparse, {age(entry.uptime_s)}/{expires}, flags: ")
    return "\n".join([*lines, ""])


def igmp_groups(groups: Iterable[LiveIgmpGroup]) -> str:
    """Return the groups with members."""
    lines = [
        f"{group.group!s:<16} {group.interface:<24} {age(group.uptime_s):<9} "
        f"{'stopped' if group.expires_s is None else clock(group.expires_s):<9} {group.last_reporter!s:<15} "
        for group in groups
    ]
    return IGMP_HEAD + "".join(f"{line}\n" for line in lines)
