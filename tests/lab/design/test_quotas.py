"""Quota use against what was written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from documents import lab_with
from lab.design.oracle import lab

from mcastlab.lab.cost import estimate
from mcastlab.lab.design.quotas import QuotaUse, Resources, members, quota_use, resources
from mcastlab.lab.design.roles import Roles

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

ONE = {"vpcs": 1, "transit_gateways": 1, "interface_endpoints": 3, "connect_endpoints": 1}

USE: dict[str, dict[str, Any]] = {
    "default": {
        **ONE,
        "subnets": 2,
        "domain_associations": 1,
        "customer_gateways": 1,
        "vpn_connections": 1,
        "instances": {"c5n.large": 1, "m5n.large": 2},
    },
    "three_zones": {
        **ONE,
        "subnets": 4,
        "domain_associations": 3,
        "customer_gateways": 1,
        "vpn_connections": 1,
        "instances": {"c5n.large": 1, "m5n.large": 3, "c6in.large": 4},
    },
    "behind_nat": {
        **ONE,
        "subnets": 2,
        "domain_associations": 1,
        "customer_gateways": 2,
        "vpn_connections": 2,
        "instances": {"c5n.large": 1, "m5n.large": 2},
    },
}

LIMITS = {
    # Two local routes, one to the loopback and two a site; the rules that the router's security group lets in or out.
    "default": (5, 8, 3),
    "three_zones": (5, 14, 8),
    "behind_nat": (7, 10, 3),
}

MEMBERS = {
    # Two hosts and the router.
    "default": {3},
    # Seven hosts receive `page`, six of them `music`; the router bridges both.
    "three_zones": {8, 7},
    "behind_nat": {3},
    # Two hosts and both interfaces of the router; of `alarms`, which no host receives, its first one alone.
    "two_subnets": {4, 1},
}

PRICES = {
    # Attachments at 0.05, VPNs at 0.05, three endpoints a zone at 0.01, c5n.large at 0.108, m5n.large at 0.119.
    "default": 2 * 0.05 + 0.05 + 3 * 0.01 + 0.108 + 2 * 0.119,
    "three_zones": 2 * 0.05 + 0.05 + 9 * 0.01 + 0.108 + 3 * 0.119 + 4 * 0.1134,
    "behind_nat": 3 * 0.05 + 2 * 0.05 + 3 * 0.01 + 0.108 + 2 * 0.119,
}


@pytest.mark.parametrize("name", USE)
def test_a_lab_takes_what_is_expected(name: str) -> None:
    routes, most, of_a_group = LIMITS[name]
    assert quota_use(lab(name)) == QuotaUse(
        resources=Resources(**USE[name]),
        routes_a_table=routes,
        rules_a_security_group=most,
        members_a_group=of_a_group,
    )


@pytest.mark.parametrize("name", USE)
def test_a_deployed_lab_takes_nothing_more(name: str) -> None:
    prefix = lab(name).name
    stacks = {f"{prefix}-{each}" for each in ("Network", "Router", "Hosts")}
    stacks |= {f"{prefix}-Site-{site.name}" for site in lab(name).sites}
    use = resources(lab(name), stacks)
    assert (use.vpcs, use.subnets, use.customer_gateways, sum(use.instances.values())) == (0, 0, 0, 0)


def counted(of: Lab) -> set[int]:
    roles = Roles(of)
    return {members(roles, group) for group in of.groups}


@pytest.mark.parametrize("name", MEMBERS)
def test_groups_have_the_members_that_are_expected(name: str) -> None:
    assert counted(lab(name)) == MEMBERS[name]


def test_the_router_is_no_member_of_a_group_that_stays_outside_the_vpc() -> None:
    assert counted(lab_with({"groups.0.senders": ["berlin"], "groups.0.receivers": ["berlin"]})) == {0}


@pytest.mark.parametrize("name", PRICES)
def test_an_hour_costs_what_its_parts_do(name: str) -> None:
    assert estimate(lab(name)).usd_per_hour == pytest.approx(PRICES[name])
