"""The routes that the VPC's and the gateway's tables have to have, and where they really lead. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from mcastlab.lab.design.routes import Part, Table, Target, routes_to, routes_to_vpc, subnet_routes
from mcastlab.verify.model import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from ipaddress import IPv4Address, IPv4Network

    from mcastlab.lab.design.routes import ExpectedRoute
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
    domain, router = scene.aws.domain, scene.aws.router
    targets = {
        Target.GATEWAY: "" if domain is None else domain.gateway_id,
        Target.AWS_ROUTER: "" if router is None else router.interface_id,
    }
    names: dict[str, str] = {}
    for subnet in scene.lab.vpc.subnets:
        view = scene.subnet_of(subnet.name)
        if view is not None and view.table_id is not None:
            names.setdefault(view.table_id, subnet.name)
    wanted = [each for each in subnet_routes(scene.lab) if _is_looked_at(scene, each)]
    for table, name in names.items():
        routes = scene.aws.route_tables.get(table, ())
        for expected in wanted:
            found = best(routes, expected.address)
            yield RouteNeed(
                table=table,
                subject=Subject(kind="route-table", name=table),
                network=expected.destination,
                towards=f"{_words(expected)} (subnet {name})",
                target=targets[expected.target],
                actual="" if found is None else found.target,
                active=found is not None and found.active,
                where=f"ec2 describe-route-tables --route-table-ids {table}",
                site=expected.site,
                route=None if found is None else found.network,
                exact=found is not None and found.network == expected.destination,
            )


def gateway_routes(scene: Scene) -> Iterator[RouteNeed]:
    """Return what the gateway's tables have to have: from a site to the VPC's blocks, from the VPC to the sites."""
    vpc = scene.vpc_attachment()
    vpc_id = "" if vpc is None else vpc.attachment_id
    for site in scene.sites:
        vpn = scene.vpn_attachment(site)
        table = None if vpn is None or vpn.table_id is None else scene.aws.gateway_tables.get(vpn.table_id)
        for expected in routes_to_vpc(scene.lab):
            yield _need(table, expected, f"{_words(expected)}, for {site.name}", vpc_id)
    table = None if vpc is None or vpc.table_id is None else scene.aws.gateway_tables.get(vpc.table_id)
    for site in scene.sites:
        vpn = scene.vpn_attachment(site)
        vpn_id = "" if vpn is None else vpn.attachment_id
        waits = "" if scene.vpn_up(site) and scene.bgp_up(site) else "no BGP session tells the gateway of it"
        for expected in routes_to(site, Table.VPC):
            yield _need(table, expected, _words(expected), vpn_id, waits_for=waits)


def _is_looked_at(scene: Scene, expected: ExpectedRoute) -> bool:
    return expected.site is None or scene.only in {None, expected.site}


def _words(expected: ExpectedRoute) -> str:
    """Return what a route leads to, in words."""
    match expected.part, expected.site:
        case Part.VPC, _:
            return "the VPC"
        case Part.LOOPBACK, None:
            inside = " in the VPC" if expected.table is Table.SITES else ""
            return f"the AWS router's loopback{inside}"
        case Part.LOOPBACK, site:
            return f"the router of {site}"
        case _, site:
            return f"the LAN of {site}"


def _need(
    table: GatewayTableView | None, expected: ExpectedRoute, towards: str, target: str, *, waits_for: str = ""
) -> RouteNeed:
    name = "no route table" if table is None else table.table_id
    found = None if table is None else best(table.routes, expected.address)
    actual = "" if found is None else (target if target in found.attachments else next(iter(found.attachments), "?"))
    return RouteNeed(
        table=name,
        subject=Subject(kind="route-table", name=name),
        network=expected.destination,
        towards=towards,
        target=target,
        actual=actual,
        active=found is not None and found.active,
        where=f"ec2 search-transit-gateway-routes --transit-gateway-route-table-id {name}",
        site=expected.site,
        waits_for=waits_for,
        route=None if found is None else found.network,
        exact=found is not None and found.network == expected.destination,
    )
