"""The routes that the tables of the VPC and of the Transit Gateway have to have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mcastlab.lab.design.addresses import host_route, loopback_block, loopback_subnet

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network

    from mcastlab.lab.model import Lab, Site


class Table(StrEnum):
    """Tables that have the same routes."""

    SUBNET = "of a member subnet"
    SITES = "of the gateway, for what comes from the sites"
    VPC = "of the gateway, for what comes from the VPC"


class RouteTarget(StrEnum):
    """Where a route leads."""

    AWS_ROUTER = "the AWS router's interface"
    GATEWAY = "the Transit Gateway"
    VPC = "the VPC's attachment"
    VPN = "the attachment of the site's VPN"


class RoutePart(StrEnum):
    """What a route's destination is."""

    LAN = "Lan"
    LOOPBACK = "Loopback"
    VPC = "Vpc"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedRoute:
    """A route that a table has to have."""

    table: Table
    destination: IPv4Network
    target: RouteTarget
    part: RoutePart
    site: str | None = None
    """The site that the destination is of, and that is cut off without the route; None where all are."""
    address: IPv4Address
    """One of the destination, by which the route that is really taken is looked up."""


def vpc_blocks(lab: Lab) -> tuple[IPv4Network, ...]:
    """Return the VPC's CIDR blocks: its tables have a local route to each, and the gateway propagates them."""
    return lab.vpc.cidr, loopback_block(lab)


def site_networks(site: Site) -> tuple[IPv4Network, ...]:
    """Return what a site has behind its tunnels, and its router advertises by BGP: the LAN and the loopback."""
    return site.lan, host_route(site.router.loopback)


def subnet_routes(lab: Lab) -> tuple[ExpectedRoute, ...]:
    """Return the routes of each member subnet's table, beside the local ones."""
    return loopback_route(lab), *(route for site in lab.sites for route in routes_to(site, Table.SUBNET))


def loopback_route(lab: Lab) -> ExpectedRoute:
    """Return the route of each member subnet's table to the AWS router's loopback."""
    return ExpectedRoute(
        table=Table.SUBNET,
        destination=loopback_subnet(lab),
        target=RouteTarget.AWS_ROUTER,
        part=RoutePart.LOOPBACK,
        address=lab.router.loopback,
    )


def routes_to(site: Site, table: Table) -> tuple[ExpectedRoute, ...]:
    """Return a table's routes to a site: to its LAN, and to its router's loopback."""
    target = RouteTarget.GATEWAY if table is Table.SUBNET else RouteTarget.VPN
    lan, loopback = site_networks(site)
    return (
        ExpectedRoute(
            table=table,
            destination=lan,
            target=target,
            part=RoutePart.LAN,
            site=site.name,
            address=site.router.lan.address.ip,
        ),
        ExpectedRoute(
            table=table,
            destination=loopback,
            target=target,
            part=RoutePart.LOOPBACK,
            site=site.name,
            address=site.router.loopback,
        ),
    )


def routes_to_vpc(lab: Lab) -> tuple[ExpectedRoute, ...]:
    """Return the gateway's routes for what comes from the sites: to the VPC's blocks."""
    cidr, block = vpc_blocks(lab)
    return (
        ExpectedRoute(
            table=Table.SITES,
            destination=block,
            target=RouteTarget.VPC,
            part=RoutePart.LOOPBACK,
            address=lab.router.loopback,
        ),
        ExpectedRoute(
            table=Table.SITES,
            destination=cidr,
            target=RouteTarget.VPC,
            part=RoutePart.VPC,
            address=lab.subnet(lab.router.subnet).cidr.network_address + 1,
        ),
    )


def gateway_routes(lab: Lab) -> tuple[ExpectedRoute, ...]:
    """Return all routes of the gateway's tables."""
    return *routes_to_vpc(lab), *(route for site in lab.sites for route in routes_to(site, Table.VPC))
