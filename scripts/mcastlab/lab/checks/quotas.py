"""What AWS gives an account at first, and what an hour may cost, against what the stacks of a lab take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.checks.finding import design_check, error, warning
from mcastlab.lab.cost import PRICED_REGION, estimate
from mcastlab.lab.design.flows import rules
from mcastlab.lab.design.quotas import QUOTAS, quota_use

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.checks.finding import Observation
    from mcastlab.lab.model import Lab

MOST_RULES: Final = 1000
"""Rules of all security groups of one network interface; no quota is raised beyond."""


@design_check("AWS Transit Gateway quotas; AWS Site-to-Site VPN quotas; Amazon VPC quotas")
def quotas_suffice(lab: Lab) -> Iterator[Observation]:
    """The lab takes no more of anything than AWS gives a new account."""
    use = quota_use(lab)
    for quota in QUOTAS:
        used = quota.needed(use)
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


@design_check(f"AWS price pages, {PRICED_REGION}, on demand")
def an_hour_is_within_the_budget(lab: Lab) -> Iterator[Observation]:
    """The estimate for an hour is not above the lab file's budget."""
    hour = estimate(lab)
    limit = lab.budget_usd_per_hour
    if limit is not None and hour.usd_per_hour > limit:
        yield error(
            "budget_usd_per_hour",
            f"an hour costs about {hour.usd_per_hour:.2f} USD at {PRICED_REGION}'s prices, and {limit:.2f} are "
            f"allowed; not counted: {', '.join(hour.not_included)}",
            f"write at least {hour.usd_per_hour:.2f}, or fewer sites, hosts or smaller instances",
        )
