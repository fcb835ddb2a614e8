"""What `show ip igmp` tells: groups with members, and interfaces with their queriers."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface

from mcastlab.ios.show.tables import rows


@dataclass(frozen=True, slots=True, kw_only=True)
class IgmpGroup:
    """A line of ``show ip igmp groups``: a group may be on several interfaces."""

    group: IPv4Address
    interface: str
    uptime_s: int | None
    expires_s: int | None
    last_reporter: IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class IgmpInterface:
    """An interface of ``show ip igmp interface`` that runs IGMP: IOS shows others with the same lines."""

    interface: str
    address: IPv4Interface | None
    version: int
    query_interval_s: int
    querier: IPv4Address | None
    is_querier: bool
    joined: tuple[IPv4Address, ...]


def igmp_groups(text: str) -> tuple[IgmpGroup, ...]:
    """Read ``show ip igmp groups``."""
    return tuple(
        IgmpGroup(
            group=row.address("GROUP"),
            interface=row.text("INTERFACE"),
            uptime_s=row.age("UPTIME"),
            expires_s=row.age("EXPIRES"),
            last_reporter=row.address("REPORTER"),
        )
        for row in rows("ip_igmp_groups", text, known="IGMP Connected Group Membership")
    )


def igmp_interfaces(text: str) -> tuple[IgmpInterface, ...]:
    """Read ``show ip igmp interface``; interfaces that do not run IGMP are left out."""
    return tuple(
        IgmpInterface(
            interface=row.text("INTERFACE"),
            address=row.interface_address("ADDRESS") if row.text("ADDRESS") else None,
            version=row.number("VERSION"),
            query_interval_s=row.number("INTERVAL"),
            querier=row.maybe_address("QUERIER"),
            is_querier=bool(row.text("SELF")),
            joined=tuple(
                row.read(entry.partition("(")[0], IPv4Address, "a group's address")
                for line in row.items("JOINED")
                for entry in line.split()
            ),
        )
        for row in rows("ip_igmp_interface", text, known="Global IGMP State Limit")
        if row.text("VERSION") and not row.text("DISABLED")
    )
