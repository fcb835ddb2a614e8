"""What AWS gives an account at first, against what the stacks of a lab take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.lab.checks.finding import design_check, error, warning
from mcastlab.lab.design.flows import rules
from mcastlab.lab.design.quotas import quota_use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcastlab.lab.checks.finding import Observation
    from mcastlab.lab.design.quotas import QuotaUse
    from mcastlab.lab.model import Lab

MOST_RULES: Final = 1000
"""Rules of all security groups of one network interface; no quota is raised beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A quota that can be raised, by the name that Service Quotas has for it."""

    name: str
    service: str
    given: int
    path: str
    used: Callable[[QuotaUse], int]


QUOTAS: Final = (
    Quota(
        name="Multicast domain associations per VPC",
        service="Amazon VPC Transit Gateways",
        given=20,
        path="vpc.subnets",
        used=lambda use: use.resources.domain_associations,
    ),
    Quota(
        name="Site-to-Site VPN connections per Region",
        service="AWS Site-to-Site VPN",
        given=50,
        path="sites",
        used=lambda use: use.resources.vpn_connections,
    ),
    Quota(
        name="Customer gateways per Region",
        service="AWS Site-to-Site VPN",
        given=50,
        path="sites",
        used=lambda use: use.resources.customer_gateways,
    ),
    Quota(
        name="Routes per route table",
        service="Amazon VPC",
        given=50,
        path="sites",
        used=lambda use: use.routes_a_table,
    ),
    Quota(
        name="Inbound or outbound rules per security group",
        service="Amazon VPC",
        given=60,
        path="groups",
        used=lambda use: use.rules_a_security_group,
    ),
    Quota(
        name="Subnets per VPC",
        service="Amazon VPC",
        given=200,
        path="vpc.subnets",
        used=lambda use: use.resources.subnets,
    ),
)
"""Sources: AWS Transit Gateway quotas; AWS Site-to-Site VPN quotas; Amazon VPC quotas."""


@design_check("AWS Transit Gateway quotas; AWS Site-to-Site VPN quotas; Amazon VPC quotas")
def quotas_suffice(lab: Lab) -> Iterator[Observation]:
    """The lab takes no more of anything than AWS gives a new account."""
    use = quota_use(lab)
    for quota in QUOTAS:
        used = quota.used(use)
        if used > quota.given:
            yield warning(
                quota.path,
                f"the lab takes {used} of what AWS gives {quota.given} of at first: {quota.name}",
                f"ask for {used} in Service Quotas, {quota.service}, {quota.name}, unless you have them",
            )


@design_check("Amazon VPC quotas: rules per security group times groups per network interface are at most 1000")
def security_groups_can_be_made(lab: Lab) -> Iterator[Observation]:
    """No security group needs more rules than any account can have."""
    for (interface, direction), count in rules(lab).items():
        if count > MOST_RULES:
            yield error(
                "groups",
                f"the security group of the {interface} {direction} needs {count} rules, and AWS allows {MOST_RULES}",
                "let the groups share ports, fill blocks of addresses, or name fewer senders",
            )
