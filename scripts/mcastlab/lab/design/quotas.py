"""The quotas of an account that a lab takes something of, and how much that is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.flows import rules
from mcastlab.lab.design.names import StackRole, site_stack_name, ssm_services, stack_name
from mcastlab.lab.design.roles import Roles, associated_subnets
from mcastlab.lab.design.routes import subnet_routes, vpc_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from mcastlab.lab.design.roles import AnyGroup
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
    interface_endpoints: int
    """Of the VPC, for the SSM agent."""
    connect_endpoints: int
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
    members_a_group: int
    """Of the multicast group that has most of them, the AWS router among them."""


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
    code: str | None = None
    """Its code in Service Quotas, which stays where a name changes; None where no public source has it."""


QUOTAS: Final = (
    AccountQuota(
        name="VPCs per Region",
        service="Amazon VPC",
        listed=("vpc", "VPCs per Region"),
        given=5,
        path="vpc",
        needed=lambda use: use.resources.vpcs,
        code="L-F678F1CE",
    ),
    AccountQuota(
        name="Transit gateways per account",
        service="Amazon VPC Transit Gateways",
        listed=("ec2", "Transit gateways per account"),
        given=5,
        path="vpc",
        needed=lambda use: use.resources.transit_gateways,
        code="L-A2478D36",
    ),
    AccountQuota(
        name="Multicast domain associations per VPC",
        service="Amazon VPC Transit Gateways",
        listed=("ec2", "Multicast domain associations per VPC"),
        given=20,
        path="vpc.subnets",
        needed=lambda use: use.resources.domain_associations,
        code="L-9F8FA74B",
    ),
    AccountQuota(
        name="Site-to-Site VPN connections per Region",
        service="AWS Site-to-Site VPN",
        listed=("ec2", "VPN connections per region"),
        given=50,
        path="sites",
        needed=lambda use: use.resources.vpn_connections,
        code="L-3E6EC3A3",
    ),
    AccountQuota(
        name="Customer gateways per Region",
        service="AWS Site-to-Site VPN",
        listed=("ec2", "Customer gateways per region"),
        given=50,
        path="sites",
        needed=lambda use: use.resources.customer_gateways,
        code="L-4FB7FF5D",
    ),
    AccountQuota(
        name="Routes per route table",
        service="Amazon VPC",
        listed=("vpc", "Routes per route table"),
        given=50,
        path="sites",
        needed=lambda use: use.routes_a_table,
        code="L-93826ACB",
    ),
    AccountQuota(
        name="Inbound or outbound rules per security group",
        service="Amazon VPC",
        listed=("vpc", "Inbound or outbound rules per security group"),
        given=60,
        path="groups",
        needed=lambda use: use.rules_a_security_group,
        code="L-0EA8095F",
    ),
    AccountQuota(
        name="Subnets per VPC",
        service="Amazon VPC",
        listed=("vpc", "Subnets per VPC"),
        given=200,
        path="vpc.subnets",
        needed=lambda use: use.resources.subnets,
        code="L-407747CB",
    ),
    AccountQuota(
        name="Attachments per transit gateway",
        service="Amazon VPC Transit Gateways",
        listed=("ec2", "Attachments per transit gateway"),
        given=5000,
        path="sites",
        needed=lambda use: use.resources.vpcs + use.resources.vpn_connections,
        code="L-E0233F82",
    ),
    AccountQuota(
        name="Multicast domains per transit gateway",
        service="Amazon VPC Transit Gateways",
        listed=("ec2", "Multicast domains per transit gateway"),
        given=20,
        path="vpc",
        needed=lambda use: use.resources.transit_gateways,
        code="L-31775423",
    ),
    AccountQuota(
        name="Members per transit gateway multicast group",
        service="Amazon VPC Transit Gateways",
        listed=("ec2", "Members per transit gateway multicast group"),
        given=100,
        path="groups",
        needed=lambda use: use.members_a_group,
        code="L-C768F2D6",
    ),
    AccountQuota(
        name="Interface VPC endpoints per VPC",
        service="Amazon VPC",
        listed=("vpc", "Interface VPC endpoints per VPC"),
        given=50,
        path="vpc",
        needed=lambda use: use.resources.interface_endpoints,
        code="L-29B6F2EB",
    ),
    AccountQuota(
        name="EC2 Instance Connect Endpoints per Region",
        service="Amazon EC2",
        listed=("ec2", "EC2 Instance Connect Endpoints per Region"),
        given=5,
        path="router",
        needed=lambda use: use.resources.connect_endpoints,
    ),
)
"""Sources: AWS Transit Gateway quotas; AWS Site-to-Site VPN quotas; Amazon VPC quotas; EC2 user guide, quotas of EC2
Instance Connect Endpoint."""


def quota_use(lab: Lab, deployed: Collection[str] = ()) -> QuotaUse:
    """Return what a lab takes, beside what the stacks have that are deployed already."""
    return QuotaUse(
        resources=resources(lab, deployed),
        routes_a_table=len(vpc_blocks(lab)) + len(subnet_routes(lab)),
        rules_a_security_group=max(rules(lab).values()),
        members_a_group=_most_members(lab),
    )


def _most_members(lab: Lab) -> int:
    roles, found = Roles(lab), set[int]()
    seen: set[object] = set()
    for group in lab.entries:
        # Groups of one entry are alike.
        if (alike := (group.senders, group.receivers, group.bridge)) not in seen:
            seen.add(alike)
            found.add(members(roles, group))
    return max(found, default=0)


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
        interface_endpoints=int(stack_name(lab, StackRole.HOSTS) not in deployed) * len(ssm_services(lab.region)),
        connect_endpoints=int(stack_name(lab, StackRole.ROUTER) not in deployed),
        instances=instances,
    )


def members(roles: Roles, group: AnyGroup) -> int:
    """Return how many members a group has in the multicast domain: receiving hosts, and a router that bridges it."""
    return roles.host_count(group, "receivers") + len(roles.interfaces_of(group))
