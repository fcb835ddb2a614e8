"""``show ip igmp interface``.

Source: Cisco, IP Multicast Command Reference, fields of ``show ip igmp interface``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from ipaddress import IPv4Address

    from iosxe.state import InterfaceState

GROUPS_A_LINE: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class IgmpPort:
    """An interface, with what IGMP does there. Times in seconds."""

    state: InterfaceState
    enabled: bool
    """Whether it runs IGMP: it does where it runs PIM."""
    version: int
    query_interval_s: int
    querier_timeout_s: int
    max_response_s: int
    last_member_ms: int
    access_group: str
    querier: IPv4Address | None
    """None while it is not known."""
    designated_router: IPv4Address | None
    """None on a point-to-point link."""
    joined: Sequence[IPv4Address]
    activity: int
    """How many groups have members."""


def igmp_interface(ports: Iterable[IgmpPort]) -> str:
    """Return the interfaces; of one that has no address IOS says no more than that."""
    return "".join(f"{line}\n" for port in ports for line in _port(port))


def _port(port: IgmpPort) -> list[str]:
    state = port.state
    own = state.address.ip if state.address is not None else None
    status = "up" if state.admin_up else "administratively down"
    head = f"{state.name} is {status}, line protocol is {'up' if state.protocol_up else 'down'}"
    if own is None:
        return [head, "  Internet protocol processing disabled"]
    word = "enabled" if port.enabled else "disabled"
    lines = [
        head,
        f"  Internet address is {state.address}",
        f"  IGMP is {word} on interface",
        *(["  Multicast routing table is default"] if port.enabled else []),
        f"  Current IGMP host version is {port.version}",
        f"  Current IGMP router version is {port.version}",
        f"  IGMP query interval is {port.query_interval_s} seconds",
        f"  IGMP configured query interval is {port.query_interval_s} seconds",
        f"  IGMP querier timeout is {port.querier_timeout_s} seconds",
        f"  IGMP configured querier timeout is {port.querier_timeout_s} seconds",
        f"  IGMP max query response time is {port.max_response_s} seconds",
        "  Last member query count is 2",
        f"  Last member query response interval is {port.last_member_ms} ms",
        f"  Inbound IGMP access group is {port.access_group or 'not set'}",
        f"  IGMP activity: {port.activity} joins, 0 leaves",
        f"  Multicast routing is {word} on interface",
        "  Multicast TTL threshold is 0",
    ]
    if port.designated_router is not None:
        lines.append(f"  Multicast designated router (DR) is {_named(port.designated_router, own)}")
    if port.querier is not None:
        lines.append(f"  IGMP querying router is {_named(port.querier, own)}")
    if not port.joined:
        return [*lines, "  No multicast groups joined by this system"]
    lines.append("  Multicast groups joined by this system (number of users):")
    names = [f"{group}(1)" for group in port.joined]
    rows = [names[at : at + GROUPS_A_LINE] for at in range(0, len(names), GROUPS_A_LINE)]
    return [*lines, *(f"      {'  '.join(row)}" for row in rows)]


def _named(address: IPv4Address, own: IPv4Address | None) -> str:
    return f"{address}{' (this system)' if address == own else ''}"
