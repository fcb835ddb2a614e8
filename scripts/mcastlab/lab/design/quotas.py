"""The quotas of an account that a lab takes something of, and how much that is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.flows import rules
from mcastlab.lab.design.names import StackRole, site_stack_name, stack_name
from mcastlab.lab.design.roles import associated_subnets
from mcastlab.lab.design.routes import subnet_routes, vpc_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from mcastlab.lab.design.roles import AnyGroup, Roles
    from mcastlab.lab.model import Lab


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """How many a lab has of what is counted in an account."""

    vpcs: int
    transit_gateways: int
    subnets: int
    """Of the VPC: the member subnets, and the AWS router's loopback's."""
    domain_associations: int
    """Of the multicast domain with subnets of the VPC."""
    customer_gateways: int
    vpn_connections: int
    instances: Mapping[str, int]
    """By instance type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaUse:
    """How many a lab has of what accounts have quotas of."""

    resources: Resources
    routes_a_table: int
    """In the table of a member subnet, the local ones among them."""
    rules_a_security_group: int
    """Of the group that has most of them in one direction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountQuota:
    """A quota of an account in a region, which AWS raises on request."""

    name: str
    """In AWS's user guides."""
    service: str
    """Where Service Quotas lists it."""
    listed: tuple[str, str] | None
    """That service's code, and the quota's name there; None where no public source has them."""
    given: int
    """What AWS gives a new account."""
    path: str
    """The field of the lab file that most of it depends on."""
    needed: Callable[[QuotaUse], int]


QUOTAS: Final = (
    AccountQuota(
        name="VPCs per Region",
        service="Amazon VPC",
        listed=("vpc", "VPCs per Region"),
        given=5,
        path="vpc",
        needed=lambda use: use.resources.vpcs,
    ),
    AccountQuota(
        name="Transit gateways per account",
        service="Amazon VPC Transit Gateways",
        listed=("ec2", "Transit gateways per account"),
        given=5,
        path="vpc",
        needed=lambda use: use.resources.transit_gateways,
    ),
    AccountQuota(
        name="Multicast domain associations per VPC",
        service="Amazon VPC Transit Gateways",
        listed=None,
        given=20,
        path="vpc.subnets",
        needed=lambda use: use.resources.domain_associations,
    ),
    AccountQuota(
        name="Site-to-Site VPN connections per Region",
        service="AWS Site-to-Site VPN",
        listed=("ec2", "VPN connections per region"),
        given=50,
        path="sites",
        needed=lambda use: use.resources.vpn_connections,
    ),
    AccountQuota(
        name="Customer gateways per Region",
        service="AWS Site-to-Site VPN",
        listed=("ec2", "Customer gateways per region"),
        given=50,
        path="sites",
        needed=lambda use: use.resources.customer_gateways,
    ),
    AccountQuota(
        name="Routes per route table",
        service="Amazon VPC",
        listed=("vpc", "Routes per route table"),
        given=50,
        path="sites",
        needed=lambda use: use.routes_a_table,
    ),
    AccountQuota(
        name="Inbound or outbound rules per security group",
        service="Amazon VPC",
        listed=("vpc", "Inbound or outbound rules per security group"),
        given=60,
        path="groups",
        needed=lambda use: use.rules_a_security_group,
    ),
    AccountQuota(
        name="Subnets per VPC",
        service="Amazon VPC",
        listed=("vpc", "Subnets per VPC"),
        given=200,
        path="vpc.subnets",
        needed=lambda use: use.resources.subnets,
    ),
)
"""Sources: AWS Transit Gateway quotas; AWS Site-to-Site VPN quotas; Amazon VPC quotas."""


def quota_use(lab: Lab, deployed: Collection[str] = ()) -> QuotaUse:
    """Return what a lab takes, beside what the stacks have that are deployed already."""
    return QuotaUse(
        resources=resources(lab, deployed),
        routes_a_table=len(vpc_blocks(lab)) + len(subnet_routes(lab)),
        rules_a_security_group=max(rules(lab).values()),
    )


def resources(lab: Lab, deployed: Collection[str] = ()) -> Resources:
    """Return how many resources a lab has, beside those of the stacks that are deployed already."""
    network = int(stack_name(lab, StackRole.NETWORK) not in deployed)
    sites = sum(site_stack_name(lab, site.name) not in deployed for site in lab.sites)
    instances: Counter[str] = Counter()
    if stack_name(lab, StackRole.ROUTER) not in deployed:
        instances[lab.router.instance_type] += 1
    if stack_name(lab, StackRole.HOSTS) not in deployed:
        for hosts in lab.hosts:
            instances[hosts.instance_type] += hosts.count
    return Resources(
        vpcs=network,
        transit_gateways=network,
        subnets=network * (len(lab.vpc.subnets) + 1),
        domain_associations=network * len(associated_subnets(lab)),
        customer_gateways=sites,
        vpn_connections=sites,
        instances=instances,
    )


def members(roles: Roles, group: AnyGroup) -> int:
    """Return how many members a group has in the multicast domain: receiving hosts, and a router that bridges it."""
    return roles.host_count(group, "receivers") + len(roles.interfaces_of(group))
