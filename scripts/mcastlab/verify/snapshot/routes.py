"""The route that each table of the VPC and of the Transit Gateway takes where the design expects one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from mcastlab.lab.design.routes import RoutePart, RouteTarget, Table, routes_to, routes_to_vpc, subnet_routes
from mcastlab.verify.findings import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from ipaddress import IPv4Address, IPv4Network

    from mcastlab.lab.design.routes import ExpectedRoute
    from mcastlab.verify.snapshot.aws import GatewayRoute, ObservedAttachment, ObservedGatewayTable, VpcRoute
    from mcastlab.verify.snapshot.lab import Snapshot

    _Route = TypeVar("_Route", GatewayRoute, VpcRoute)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenRoute:
    """A route that a table has to have, and the one that is taken instead."""

    expected: ExpectedRoute
    table: str
    """The table's id."""
    towards: str
    """In words: ``the AWS router``."""
    target: str
    """The id that it must lead to; empty where that is not known."""
    actual: str = ""
    """The id that it leads to; empty where there is no route."""
    active: bool = False
    taken: IPv4Network | None = None
    """The destination of the route that is taken."""
    waits_for: str = ""
    """Why it cannot be there yet."""

    @property
    def network(self) -> IPv4Network:
        """The destination."""
        return self.expected.destination

    @property
    def holds(self) -> bool:
        """Whether the route leads where it has to."""
        return bool(self.target) and self.actual == self.target and self.active

    @property
    def lacking(self) -> bool:
        """Whether it does not although its target is known and nothing is waited for."""
        return bool(self.target) and not self.holds and not self.waits_for

    @property
    def subject(self) -> Subject:
        """The table, and the site that is cut off without the route."""
        return Subject(kind="route_table", name=self.table, site=self.expected.site)

    @property
    def seen(self) -> str:
        """What the table does instead, in words."""
        if not self.actual:
            return f"{self.table} has no route to {self.network}"
        return f"{self.table} leads to {self.actual}" + ("" if self.active else ", a black hole")


def vpc_routes(snapshot: Snapshot, gateway: str) -> Iterator[TakenRoute]:
    """Return what each table of a member subnet has to have, and what it has."""
    router = snapshot.aws.router
    targets = {RouteTarget.GATEWAY: gateway, RouteTarget.AWS_ROUTER: "" if router is None else router.interface_id}
    names: dict[str, str] = {}
    for subnet in snapshot.lab.vpc.subnets:
        observed = snapshot.subnet_of(subnet.name)
        if observed is not None and observed.table_id is not None:
            names.setdefault(observed.table_id, subnet.name)
    for table, name in names.items():
        routes = snapshot.aws.route_tables.get(table, ())
        for expected in subnet_routes(snapshot.lab):
            if expected.site is None or snapshot.only in {None, expected.site}:
                found = _best(routes, expected.address)
                yield TakenRoute(
                    expected=expected,
                    table=table,
                    towards=f"{_words(expected)} (subnet {name})",
                    target=targets[expected.target],
                    actual="" if found is None else found.target,
                    active=found is not None and found.active,
                    taken=None if found is None else found.network,
                )


def gateway_routes(snapshot: Snapshot) -> Iterator[TakenRoute]:
    """Return what the gateway's tables have to have: from a site to the VPC's blocks, from the VPC to the sites."""
    vpc = snapshot.vpc_attachment()
    for site in snapshot.sites:
        table = _table_of(snapshot, snapshot.vpn_attachment(site))
        for expected in routes_to_vpc(snapshot.lab):
            yield _taken(table, expected, f"{_words(expected)}, for {site.name}", vpc)
    table = _table_of(snapshot, vpc)
    for site in snapshot.sites:
        up = snapshot.vpn_up(site) and snapshot.bgp_up(site)
        waits = "" if up else "no BGP session tells the gateway of it"
        for expected in routes_to(site, Table.VPC):
            yield _taken(table, expected, _words(expected), snapshot.vpn_attachment(site), waits)


def _table_of(snapshot: Snapshot, attachment: ObservedAttachment | None) -> ObservedGatewayTable | None:
    if attachment is None or attachment.table_id is None:
        return None
    return snapshot.aws.gateway_tables.get(attachment.table_id)


def _taken(
    table: ObservedGatewayTable | None,
    expected: ExpectedRoute,
    towards: str,
    attachment: ObservedAttachment | None,
    waits_for: str = "",
) -> TakenRoute:
    target = "" if attachment is None else attachment.attachment_id
    found = None if table is None else _best(table.routes, expected.address)
    actual = "" if found is None else (target if target in found.attachments else next(iter(found.attachments), "?"))
    return TakenRoute(
        expected=expected,
        table="no route table" if table is None else table.table_id,
        towards=towards,
        target=target,
        actual=actual,
        active=found is not None and found.active,
        taken=None if found is None else found.network,
        waits_for=waits_for,
    )


def _best(routes: Iterable[_Route], address: IPv4Address) -> _Route | None:
    """Return the route with the longest match."""
    matching = (each for each in routes if address in each.network)
    return max(matching, key=lambda each: each.network.prefixlen, default=None)


def _words(expected: ExpectedRoute) -> str:
    """Return what a route leads to, in words."""
    match expected.part, expected.site:
        case RoutePart.VPC, _:
            return "the VPC"
        case RoutePart.LOOPBACK, None:
            inside = " in the VPC" if expected.table is Table.SITES else ""
            return f"the AWS router's loopback{inside}"
        case RoutePart.LOOPBACK, site:
            return f"the router of {site}"
        case _, site:
            return f"the LAN of {site}"
