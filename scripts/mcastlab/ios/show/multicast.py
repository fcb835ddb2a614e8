"""PIM, multicast routes and reverse paths, as a router shows them. Ages in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address
from typing import TYPE_CHECKING

from mcastlab.ios.show.tables import NO_ADDRESS, UnreadableError, first_line, rows
from mcastlab_base.as_numbers import in_asplain

if TYPE_CHECKING:
    from mcastlab.ios.show.tables import ShowRow


@dataclass(frozen=True, slots=True, kw_only=True)
class PimNeighbor:
    """A line of ``show ip pim neighbor``."""

    address: IPv4Address
    interface: str
    uptime_s: int | None
    expires_s: int | None
    dr_priority: int | None
    """None where the neighbour tells none."""
    is_dr: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PimInterface:
    """A line of ``show ip pim interface``; `dr` is None on a point-to-point link."""

    address: IPv4Address
    interface: str
    sparse: bool
    neighbors: int
    dr: IPv4Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RpMapping:
    """A mapping of ``show ip pim rp mapping``; `groups` is None where an access list says them."""

    rp: IPv4Address
    groups: IPv4Network | None
    access_list: str
    static: bool
    override: bool
    negative: bool = False
    """Whether it says that these groups have no rendezvous point. Source: Cisco, ``ip pim send-rp-announce``."""
    auto_rp: bool = False
    """Whether Auto-RP brought it; what else is not static came from the bootstrap router."""
    priority: int = 0
    """The priority of a candidate of the bootstrap router: the lowest goes first. Source: RFC 5059, section 3.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PimTunnel:
    """A register tunnel of ``show ip pim tunnel``."""

    interface: str
    decap: bool
    rp: IPv4Address
    source: IPv4Address | None
    up: bool | None
    """None where the release does not print it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingInterface:
    """An entry of an outgoing interface list."""

    interface: str
    forwarding: bool
    uptime_s: int | None
    expires_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mroute:
    """An entry of ``show ip mroute``: (*, G) where `source` is None."""

    source: IPv4Address | None
    group: IPv4Address
    rp: IPv4Address | None
    flags: str
    uptime_s: int | None
    expires_s: int | None
    incoming_interface: str | None
    rpf_neighbor: IPv4Address | IPv6Address | None
    """None where the source or the RP is this router or directly connected."""
    rpf_is_mroute: bool
    registering: bool
    outgoing: tuple[OutgoingInterface, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MrouteCount:
    """What ``show ip mroute count`` says of a source; `source` is None for the shared tree."""

    group: IPv4Address
    source: IPv4Address | None
    packets: int
    packet_size: int
    rpf_failed: int
    other_drops: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rpf:
    """``show ip rpf``; `neighbor` is None where the address is directly connected."""

    interface: str
    neighbor: IPv4Address | None
    prefix: IPv4Network
    kind: str
    """``multicast (static)``, ``unicast (bgp 65000)``, ``unicast (connected)``."""


def pim_neighbors(text: str) -> tuple[PimNeighbor, ...]:
    """Read ``show ip pim neighbor``."""
    return tuple(
        PimNeighbor(
            address=row.address("ADDRESS"),
            interface=row.text("INTERFACE"),
            uptime_s=row.age("UPTIME"),
            expires_s=row.age("EXPIRES"),
            dr_priority=row.number("PRIORITY") if row.text("PRIORITY").isdecimal() else None,
            is_dr="DR" in row.text("MODE").split(),
        )
        for row in rows("ip_pim_neighbor", text, known="PIM Neighbor Table")
    )


def pim_interfaces(text: str) -> tuple[PimInterface, ...]:
    """Read ``show ip pim interface``."""
    return tuple(
        PimInterface(
            address=row.address("ADDRESS"),
            interface=row.text("INTERFACE"),
            sparse="S" in row.text("MODE"),
            neighbors=row.number("NEIGHBORS"),
            dr=row.maybe_address("DR"),
        )
        for row in rows("ip_pim_interface", text, known=r"^\s*Address\s+Interface")
    )


def rp_mappings(text: str) -> tuple[RpMapping, ...]:
    """Read ``show ip pim rp mapping``."""
    return tuple(
        RpMapping(
            rp=row.address("RP"),
            groups=None if row.text("ACL") else row.network("GROUPS"),
            access_list=row.text("ACL"),
            static="Static" in row.text("KIND"),
            override="Override" in row.text("KIND"),
            negative=bool(row.text("NEGATIVE")),
            auto_rp=row.text("LEARNT") == "Auto-RP",
            priority=row.maybe_number("PRIORITY") or 0,
        )
        for row in rows("ip_pim_rp_mapping", text, known="PIM Group-to-RP Mappings")
    )


def pim_tunnels(text: str) -> tuple[PimTunnel, ...]:
    """Read ``show ip pim tunnel``."""
    return tuple(
        PimTunnel(
            interface=row.text("INTERFACE"),
            decap=row.needed("TYPE") == "Decap",
            rp=row.address("RP"),
            source=None if row.text("SOURCE") in {"-", ""} else row.address("SOURCE"),
            up=row.text("STATE") == "UP" if row.text("STATE") else None,
        )
        for row in rows("ip_pim_tunnel", text, known=r"^\s+Type\s*:\s+PIM")
    )


def mroutes(text: str) -> tuple[Mroute, ...]:
    """Read ``show ip mroute``, with and without flags behind outgoing interfaces."""
    return tuple(
        _mroute(row) for row in rows("ip_mroute", text, known=r"IP Multicast (Routing|Forwarding)|^\(.*, flags:")
    )


def _mroute(row: ShowRow) -> Mroute:
    notes = row.text("RPF_NOTES")
    outgoing = zip(
        row.items("OUTGOING"), row.items("OUT_STATE"), row.items("OUT_UPTIME"), row.items("OUT_EXPIRES"), strict=True
    )
    return Mroute(
        source=None if row.text("SOURCE") == "*" else row.address("SOURCE"),
        group=row.address("GROUP"),
        rp=row.maybe_address("RP"),
        flags=row.text("FLAGS"),
        uptime_s=row.age("UPTIME"),
        expires_s=row.age("EXPIRES"),
        incoming_interface=None if row.text("NOWHERE") else row.needed("INCOMING"),
        rpf_neighbor=row.read(row.text("RPF_NEIGHBOR"), ip_address, "an address (rpf neighbor)")
        if row.text("RPF_NEIGHBOR") not in NO_ADDRESS
        else None,
        rpf_is_mroute="Mroute" in notes,
        registering="Registering" in notes,
        outgoing=tuple(
            OutgoingInterface(
                interface=name,
                forwarding=state.startswith("Forward"),
                uptime_s=row.age_of(uptime),
                expires_s=row.age_of(expires),
            )
            for name, state, uptime, expires in outgoing
        ),
    )


def mroute_counts(text: str) -> tuple[MrouteCount, ...]:
    """Read ``show ip mroute count``."""
    return tuple(
        MrouteCount(
            group=row.address("GROUP"),
            source=row.address("SOURCE") if row.text("SOURCE") else None,
            packets=row.number("PACKETS"),
            packet_size=row.number("SIZE"),
            rpf_failed=row.number("RPF_FAILED"),
            other_drops=row.number("DROPS"),
        )
        for row in rows("ip_mroute_count", text, known="IP Multicast (Statistics|Forwarding)|No mroutes")
    )


def rpf(text: str) -> Rpf | None:
    """Read ``show ip rpf``; None where the router has no reverse path."""
    found = rows("ip_rpf", text)
    if not found:
        raise UnreadableError("show ip rpf", first_line(text), expected="an RPF interface, or that no route exists")
    row = found[0]
    if row.text("FAILED"):
        return None
    return Rpf(
        interface=row.text("INTERFACE"),
        neighbor=None if row.text("DIRECT") else row.address("NEIGHBOR"),
        prefix=row.network("PREFIX"),
        kind=in_asplain(row.text("KIND")),
    )
