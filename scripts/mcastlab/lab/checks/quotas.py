"""What AWS gives an account at first, against what the stacks of a lab take."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import collapse_addresses
from typing import TYPE_CHECKING, Final

from mcastlab.lab.checks.finding import design_check, error, warning
from mcastlab.lab.design.addresses import host_route
from mcastlab.lab.design.roles import Roles
from mcastlab.lab.design.routes import subnet_routes, vpc_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from ipaddress import IPv4Network

    from mcastlab.lab.checks.finding import Observation
    from mcastlab.lab.model import Group, Lab

MOST_RULES: Final = 1000
"""Rules of all security groups of one network interface; no quota is raised beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A quota that can be raised, by the name that Service Quotas has for it."""

    name: str
    service: str
    given: int
    path: str
    used: Callable[[Lab], int]


def routes_a_table(lab: Lab) -> int:
    """Return the routes in a member subnet's table, the local ones among them."""
    return len(vpc_blocks(lab)) + len(subnet_routes(lab))


def security_group_rules(lab: Lab) -> dict[str, int]:
    """Return the rules of the lab's security groups, by stack and direction."""
    roles = Roles(lab)
    bridged = roles.bridged()
    subnets = {subnet.name: subnet.cidr for subnet in lab.vpc.subnets}

    def from_hosts(group: Group) -> set[IPv4Network]:
        return {subnets[hosts.subnet] for hosts in roles.hosts(group, "senders")}

    def from_anywhere(group: Group) -> set[IPv4Network]:
        return from_hosts(group) | {site.lan for site in roles.sites(group, "senders")}

    received = [group for group in lab.groups if roles.hosts(group, "receivers")]
    sent = [group for group in lab.groups if roles.hosts(group, "senders")]
    far = 3 * len(lab.sites)
    return {
        # IGMP queries, ICMP from the VPC, SSH; GRE, PIM and ICMP of each site
        "router in": 3 + _data_in((group for group in bridged if roles.leaves_vpc(group)), from_hosts) + far,
        # IGMP leaves; GRE, PIM and ICMP to each site
        "router out": 1 + _networks(bridged) + _data_out(group for group in bridged if roles.enters_vpc(group)) + far,
        "hosts in": 1 + _data_in(received, from_anywhere),
        # IGMP leaves, HTTPS to the SSM endpoints
        "hosts out": 2 + _networks(received) + _data_out(sent),
    }


def _data_in(groups: Iterable[Group], sources: Callable[[Group], set[IPv4Network]]) -> int:
    """Return how many networks datagrams come from, port by port; equal lists of senders are resolved once."""
    by_port: dict[int, dict[object, Group]] = {}
    for group in groups:
        by_port.setdefault(group.port, {}).setdefault(group.senders, group)
    known: dict[frozenset[object], int] = {}
    for of_port in by_port.values():
        if (senders := frozenset(of_port)) not in known:
            known[senders] = len(set[object]().union(*(sources(group) for group in of_port.values())))
    return sum(known[frozenset(of_port)] for of_port in by_port.values())


def _networks(groups: Iterable[Group]) -> int:
    return len(list(collapse_addresses(host_route(group.address) for group in groups)))


def _data_out(groups: Iterable[Group]) -> int:
    by_port: dict[int, list[Group]] = {}
    for group in groups:
        by_port.setdefault(group.port, []).append(group)
    return sum(_networks(of_port) for of_port in by_port.values())


def _most_rules(lab: Lab) -> int:
    return max(security_group_rules(lab).values())


QUOTAS: Final = (
    Quota(
        name="Multicast domain associations per VPC",
        service="Amazon VPC Transit Gateways",
        given=20,
        path="vpc.subnets",
        used=lambda lab: len(lab.vpc.subnets),
    ),
    Quota(
        name="Site-to-Site VPN connections per Region",
        service="AWS Site-to-Site VPN",
        given=50,
        path="sites",
        used=lambda lab: len(lab.sites),
    ),
    Quota(
        name="Customer gateways per Region",
        service="AWS Site-to-Site VPN",
        given=50,
        path="sites",
        used=lambda lab: len(lab.sites),
    ),
    Quota(name="Routes per route table", service="Amazon VPC", given=50, path="sites", used=routes_a_table),
    Quota(
        name="Inbound or outbound rules per security group",
        service="Amazon VPC",
        given=60,
        path="groups",
        used=_most_rules,
    ),
    Quota(
        name="Subnets per VPC",
        service="Amazon VPC",
        given=200,
        path="vpc.subnets",
        used=lambda lab: len(lab.vpc.subnets) + 1,
    ),
)
"""Sources: AWS Transit Gateway quotas; AWS Site-to-Site VPN quotas; Amazon VPC quotas."""


@design_check("AWS Transit Gateway quotas; AWS Site-to-Site VPN quotas; Amazon VPC quotas")
def quotas_suffice(lab: Lab) -> Iterator[Observation]:
    """The lab takes no more of anything than AWS gives a new account."""
    for quota in QUOTAS:
        used = quota.used(lab)
        if used > quota.given:
            yield warning(
                quota.path,
                f"the lab takes {used} of what AWS gives {quota.given} of at first: {quota.name}",
                f"ask for {used} in Service Quotas, {quota.service}, {quota.name}, unless you have them",
            )


@design_check("Amazon VPC quotas: rules per security group times groups per network interface are at most 1000")
def security_groups_can_be_made(lab: Lab) -> Iterator[Observation]:
    """No security group needs more rules than any account can have."""
    for name, rules in security_group_rules(lab).items():
        if rules > MOST_RULES:
            yield error(
                "groups",
                f"the security group of the {name} needs {rules} rules, and AWS allows {MOST_RULES}",
                "let the groups share ports, fill blocks of addresses, or name fewer senders",
            )
