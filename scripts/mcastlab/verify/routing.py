"""The routes that the VPC's and the gateway's tables have to have, and where they really lead. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from mcastlab.lab.addressing import host_route, loopback_block, loopback_subnet
from mcastlab.verify.model import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from ipaddress import IPv4Address, IPv4Network

    from mcastlab.lab.model import Site
    from mcastlab.verify.observations import GatewayRoute, GatewayTableView, VpcRoute
    from mcastlab.verify.scene import Scene

    _Route = TypeVar("_Route", GatewayRoute, VpcRoute)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteNeed:
    """A route that a table has to have, and what it has instead."""

    table: str
    """The table's id."""
    subject: Subject
    network: IPv4Network
    towards: str
    """In words: ``the AWS router``."""
    target: str
    """The id that it must lead to; empty where that is not known."""
    actual: str
    """The id that it leads to; empty where there is no route."""
    active: bool
    where: str
    site: str | None = None
    """The site that is cut off without it; None where all are."""
    waits_for: str = ""
    """Why it cannot be there yet."""
    route: IPv4Network | None = None
    """The route that is taken instead, or that is right."""
    exact: bool = False
    """Whether the table has a route of its own to this network."""

    @property
    def holds(self) -> bool:
        """Whether the route leads where it has to."""
        return bool(self.target) and self.actual == self.target and self.active

    @property
    def seen(self) -> str:
        """What was found, in words."""
        if not self.actual:
            return f"{self.table} has no route to {self.network}"
        return f"{self.table} leads to {self.actual}" + ("" if self.active else ", a black hole")


def best(routes: Iterable[_Route], address: IPv4Address) -> _Route | None:
    """Return the route with the longest match."""
    return max(
        (each for each in routes if address in each.network), key=lambda each: each.network.prefixlen, default=None
    )


def vpc_routes(scene: Scene) -> Iterator[RouteNeed]:
    """Return what each table of a member subnet has to have: the router's loopback, far LANs and far loopbacks."""
    lab, domain = scene.lab, scene.aws.domain
    gateway = "" if domain is None else domain.gateway_id
    interface = "" if scene.aws.router is None else scene.aws.router.interface_id
    names: dict[str, str] = {}
    for subnet in lab.vpc.subnets:
        view = scene.subnet_of(subnet.name)
        if view is not None and view.table_id is not None:
            names.setdefault(view.table_id, subnet.name)
    for table, name in names.items():
        wanted: list[tuple[IPv4Network, IPv4Address, str, str, Site | None]] = [
            (loopback_subnet(lab), lab.router.loopback, "the AWS router's loopback", interface, None)
        ]
        for site in scene.sites:
            wanted += [
                (site.lan, site.router.lan.address.ip, f"the LAN of {site.name}", gateway, site),
                (host_route(site.router.loopback), site.router.loopback, f"the router of {site.name}", gateway, site),
            ]
        routes = scene.aws.route_tables.get(table, ())
        for network, address, towards, target, site_or_none in wanted:
            found = best(routes, address)
            yield RouteNeed(
                table=table,
                subject=Subject(kind="route-table", name=table),
                network=network,
                towards=f"{towards} (subnet {name})",
                target=target,
                actual="" if found is None else found.target,
                active=found is not None and found.active,
                where=f"ec2 describe-route-tables --route-table-ids {table}",
                site=None if site_or_none is None else site_or_none.name,
                route=None if found is None else found.network,
                exact=found is not None and found.network == network,
            )


def gateway_routes(scene: Scene) -> Iterator[RouteNeed]:
    """Return what the gateway's tables have to have: from a site to the VPC's blocks, from the VPC to the sites."""
    lab, vpc = scene.lab, scene.vpc_attachment()
    vpc_id = "" if vpc is None else vpc.attachment_id
    back = [
        (loopback_block(lab), lab.router.loopback, "the AWS router's loopback in the VPC"),
        (lab.vpc.cidr, lab.subnet(lab.router.subnet).cidr.network_address + 1, "the VPC"),
    ]
    for site in scene.sites:
        vpn = scene.vpn_attachment(site)
        table = None if vpn is None or vpn.table_id is None else scene.aws.gateway_tables.get(vpn.table_id)
        for network, address, towards in back:
            yield _need(table, network, address, f"{towards}, for {site.name}", vpc_id)
    table = None if vpc is None or vpc.table_id is None else scene.aws.gateway_tables.get(vpc.table_id)
    for site in scene.sites:
        vpn = scene.vpn_attachment(site)
        vpn_id = "" if vpn is None else vpn.attachment_id
        waits = "" if scene.vpn_up(site) and scene.bgp_up(site) else "no BGP session tells the gateway of it"
        far = (
            (host_route(site.router.loopback), site.router.loopback, f"the router of {site.name}"),
            (site.lan, site.router.lan.address.ip, f"the LAN of {site.name}"),
        )
        for network, address, towards in far:
            yield _need(table, network, address, towards, vpn_id, site=site, waits_for=waits)


def _need(
    table: GatewayTableView | None,
    network: IPv4Network,
    address: IPv4Address,
    towards: str,
    target: str,
    *,
    site: Site | None = None,
    waits_for: str = "",
) -> RouteNeed:
    name = "no route table" if table is None else table.table_id
    found = None if table is None else best(table.routes, address)
    actual = "" if found is None else (target if target in found.attachments else next(iter(found.attachments), "?"))
    return RouteNeed(
        table=name,
        subject=Subject(kind="route-table", name=name),
        network=network,
        towards=towards,
        target=target,
        actual=actual,
        active=found is not None and found.active,
        where=f"ec2 search-transit-gateway-routes --transit-gateway-route-table-id {name}",
        site=None if site is None else site.name,
        waits_for=waits_for,
        route=None if found is None else found.network,
        exact=found is not None and found.network == network,
    )
