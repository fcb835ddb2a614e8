"""Expected routes against what was written by hand, for the VPC, the gateway and the routers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lab.design.oracle import lab

from mcastlab.lab.design.names import AWS_ROUTER
from mcastlab.lab.design.router_routes import LabRoutes
from mcastlab.lab.design.routes import RouteTarget, Table, gateway_routes, subnet_routes, vpc_blocks

if TYPE_CHECKING:
    from mcastlab.lab.design.routes import ExpectedRoute

SUBNETS = {
    "default": {
        ("10.255.0.0/28", RouteTarget.AWS_ROUTER, None),
        ("192.168.50.0/24", RouteTarget.GATEWAY, "lab"),
        ("10.254.0.10/32", RouteTarget.GATEWAY, "lab"),
    },
    "three_zones": {
        # A VPC of 172.16.0.0/12 has the loopback in its own range.
        ("172.31.255.0/28", RouteTarget.AWS_ROUTER, None),
        ("192.168.50.0/24", RouteTarget.GATEWAY, "berlin"),
        # 10.254.0.1 and Berlin's 2367 more: 9 times 256, and 63.
        ("10.254.9.64/32", RouteTarget.GATEWAY, "berlin"),
    },
    "behind_nat": {
        ("10.200.0.16/28", RouteTarget.AWS_ROUTER, None),
        ("192.168.50.0/24", RouteTarget.GATEWAY, "berlin"),
        ("10.254.9.64/32", RouteTarget.GATEWAY, "berlin"),
        ("192.168.60.0/24", RouteTarget.GATEWAY, "lyon"),
        ("10.254.100.1/32", RouteTarget.GATEWAY, "lyon"),
    },
}

GATEWAY = {
    "default": {
        (Table.SITES, "10.10.0.0/16", RouteTarget.VPC, None),
        (Table.SITES, "10.255.0.0/27", RouteTarget.VPC, None),
        (Table.VPC, "192.168.50.0/24", RouteTarget.VPN, "lab"),
        (Table.VPC, "10.254.0.10/32", RouteTarget.VPN, "lab"),
    },
    "three_zones": {
        (Table.SITES, "172.20.0.0/16", RouteTarget.VPC, None),
        (Table.SITES, "172.31.255.0/27", RouteTarget.VPC, None),
        (Table.VPC, "192.168.50.0/24", RouteTarget.VPN, "berlin"),
        (Table.VPC, "10.254.9.64/32", RouteTarget.VPN, "berlin"),
    },
    "behind_nat": {
        (Table.SITES, "10.10.0.0/16", RouteTarget.VPC, None),
        (Table.SITES, "10.200.0.0/27", RouteTarget.VPC, None),
        (Table.VPC, "192.168.50.0/24", RouteTarget.VPN, "berlin"),
        (Table.VPC, "10.254.9.64/32", RouteTarget.VPN, "berlin"),
        (Table.VPC, "192.168.60.0/24", RouteTarget.VPN, "lyon"),
        (Table.VPC, "10.254.100.1/32", RouteTarget.VPN, "lyon"),
    },
}

LOCAL = {
    "default": ("10.10.0.0/16", "10.255.0.0/27"),
    "three_zones": ("172.20.0.0/16", "172.31.255.0/27"),
    "behind_nat": ("10.10.0.0/16", "10.200.0.0/27"),
}

MROUTES = {
    "default": {
        AWS_ROUTER: {("192.168.50.0/24", "Tunnel200"), ("10.254.0.10/32", "Tunnel200")},
        "lab": {("10.10.0.0/16", "Tunnel200"), ("10.255.0.10/32", "Tunnel200")},
    },
    "three_zones": {
        AWS_ROUTER: {("192.168.50.0/24", "Tunnel2567"), ("10.254.9.64/32", "Tunnel2567")},
        "berlin": {("172.20.0.0/16", "Tunnel2567"), ("172.31.255.10/32", "Tunnel2567")},
    },
    "behind_nat": {
        AWS_ROUTER: {
            ("192.168.50.0/24", "Tunnel2567"),
            ("10.254.9.64/32", "Tunnel2567"),
            ("192.168.60.0/24", "Tunnel900"),
            ("10.254.100.1/32", "Tunnel900"),
        },
        # Each site receives what the other sends.
        "berlin": {
            ("10.10.0.0/16", "Tunnel2567"),
            ("10.200.0.20/32", "Tunnel2567"),
            ("192.168.60.0/24", "Tunnel2567"),
        },
        "lyon": {("10.10.0.0/16", "Tunnel900"), ("10.200.0.20/32", "Tunnel900"), ("192.168.50.0/24", "Tunnel900")},
    },
}


@pytest.mark.parametrize("name", SUBNETS)
def test_tables_of_member_subnets_have_the_routes_that_are_expected(name: str) -> None:
    found = subnet_routes(lab(name))
    assert {(str(each.destination), each.target, each.site) for each in found} == SUBNETS[name]
    assert len(found) == len(SUBNETS[name])
    assert {each.table for each in found} == {Table.SUBNET}
    assert tuple(map(str, vpc_blocks(lab(name)))) == LOCAL[name]


@pytest.mark.parametrize("name", GATEWAY)
def test_tables_of_the_gateway_have_the_routes_that_are_expected(name: str) -> None:
    found = gateway_routes(lab(name))
    assert {(each.table, str(each.destination), each.target, each.site) for each in found} == GATEWAY[name]
    assert len(found) == len(GATEWAY[name])


@pytest.mark.parametrize("name", GATEWAY)
def test_each_route_has_an_address_of_its_destination(name: str) -> None:
    every: tuple[ExpectedRoute, ...] = (*subnet_routes(lab(name)), *gateway_routes(lab(name)))
    assert all(each.address in each.destination for each in every)


@pytest.mark.parametrize("name", MROUTES)
def test_routers_have_the_static_multicast_routes_that_are_expected(name: str) -> None:
    routes = LabRoutes(lab(name))
    tables = {AWS_ROUTER: routes.aws_router(), **{site.name: routes.remote_router(site) for site in lab(name).sites}}
    found = {
        router: {(str(each.network), each.interface) for each in of_router.mroutes.all}
        for router, of_router in tables.items()
    }
    assert found == MROUTES[name]
