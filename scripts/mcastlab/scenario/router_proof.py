"""How far the tables of a site's router prove that an appliance received a group. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcastlab.scenario.results import Grade

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from mcastlab.ios.show.igmp import IgmpGroup
    from mcastlab.ios.show.multicast import Mroute, MrouteCount
    from mcastlab.scenario.script import TestAppliance


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterLook:
    """What a site's router shows of its groups at one time."""

    members: tuple[IgmpGroup, ...]
    routes: tuple[Mroute, ...]
    counts: tuple[MrouteCount, ...]

    def packets(self, group: IPv4Address) -> int:
        """Return how many packets of a group it counted, of all sources."""
        return sum(each.packets for each in self.counts if each.group == group and each.source is not None)


def graded(
    before: RouterLook, after: RouterLook, appliance: TestAppliance, group: IPv4Address, lan: str
) -> tuple[Grade, str]:
    """Return how far a router's tables prove that an appliance received a group, and why.

    Members of IGMPv2 suppress each other's reports, so that a router knows one of a LAN. Source: RFC 2236, section 3.
    """
    member = next((each for each in after.members if each.group == group and each.interface == lan), None)
    if member is None:
        return Grade.NONE, f"its router has no member of {group} on {lan}"
    leads = any(_leads(each, lan) for each in after.routes if each.group == group)
    counted = after.packets(group) - before.packets(group)
    if not leads or counted <= 0:
        return Grade.NONE, f"its router has a member of {group} on {lan}, and counted no packet of it"
    if str(member.last_reporter) == appliance.address:
        return Grade.LAST_REPORTER, f"its router names it as the last reporter on {lan}, and counted {counted} packets"
    return Grade.LAN_MEMBER, f"the last report on {lan} is of {member.last_reporter}; {counted} packets were counted"


def _leads(route: Mroute, lan: str) -> bool:
    """Say whether packets of a group's source are in the LAN: led there, or sent there."""
    forwarded = any(each.interface == lan and each.forwarding for each in route.outgoing)
    return route.source is not None and (forwarded or route.incoming_interface == lan)
