"""The check of the unicast routes: those of the VPC's tables and those of the Transit Gateway's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.lab.design.addresses import loopback_block
from mcastlab.lab.design.routes import RouteTarget
from mcastlab.verify.checks.check import NO_AWS, CheckKey, above, check, finding, unreached
from mcastlab.verify.checks.diagnosis import SHELL, RootCause, configuration_of, diagnosis, listed
from mcastlab.verify.findings import Subject
from mcastlab.verify.snapshot.routes import gateway_routes, vpc_routes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from ipaddress import IPv4Network

    from mcastlab.lab.model import Site
    from mcastlab.verify.findings import Diagnosis, Finding
    from mcastlab.verify.snapshot.aws import ObservedAttachment, ObservedGatewayTable
    from mcastlab.verify.snapshot.lab import Snapshot
    from mcastlab.verify.snapshot.routes import TakenRoute


@check(
    CheckKey.ROUTES,
    "Routes lead both ways",
    "AWS VPC user guide, Route tables; AWS Transit Gateway, Route evaluation order",
)
def routes_lead_both_ways(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """The VPC's tables lead to the router's loopback and to the remote sites; the gateway's lead back and forth."""
    domain = snapshot.aws.domain
    if domain is None:
        yield unreached(Subject(kind="gateway", name=snapshot.lab.name), "routes lead both ways", NO_AWS)
        return
    yield from _unattached(snapshot, domain.gateway_id)
    vpc, gateway = tuple(vpc_routes(snapshot, domain.gateway_id)), tuple(gateway_routes(snapshot))
    for routes, where in (
        (vpc, "describe-route-tables --route-table-ids"),
        (gateway, "search-transit-gateway-routes --transit-gateway-route-table-id"),
    ):
        for route in routes:
            subject = Subject(kind="route_table", name=route.table)
            expected = f"{route.network} leads to {route.towards}"
            if route.waits_for:
                yield unreached(subject, expected, route.waits_for)
            else:
                yield finding(subject, expected, route.seen, holds=route.holds, where=f"ec2 {where} {route.table}")
    yield from _gateway_route_missing(snapshot, gateway)
    if snapshot.aws.router is not None:
        yield from _vpc_route_missing(snapshot, vpc)


def _unattached(snapshot: Snapshot, gateway: str) -> Iterator[Diagnosis]:
    """Say that the VPC or a VPN connection is not attached to the gateway, or to none of its route tables."""
    wanted: list[tuple[str, ObservedAttachment | None, Site | None]] = [("the VPC", snapshot.vpc_attachment(), None)]
    wanted += [(f"the VPN of {site.name}", snapshot.vpn_attachment(site), site) for site in snapshot.sites]
    for name, attachment, site in wanted:
        subject = Subject(kind="gateway", name=snapshot.lab.name, site=None if site is None else site.name)
        if attachment is None or attachment.state != "available":
            why = "is not attached" if attachment is None else f"has an attachment that is {attachment.state}"
            yield diagnosis(
                RootCause.ATTACHMENT_MISSING,
                f"{name} {why} to the gateway {gateway}",
                fix=snapshot.command.cdk("deploy", "--all"),
                where=SHELL,
                explains=(*above(CheckKey.ROUTES), CheckKey.DOMAIN, CheckKey.VPN_TUNNELS),
                subjects=(subject,),
            )
        elif attachment.table_id is None:
            table = next(iter(snapshot.aws.gateway_tables), "TABLE")
            yield diagnosis(
                RootCause.ATTACHMENT_WITHOUT_TABLE,
                f"the attachment {attachment.attachment_id} of {name} is associated with no route table of the gateway",
                fix=f"aws ec2 associate-transit-gateway-route-table --transit-gateway-route-table-id {table} "
                f"--transit-gateway-attachment-id {attachment.attachment_id}",
                where=SHELL,
                explains=above(CheckKey.ROUTES),
                subjects=(subject,),
            )


def _vpc_route_missing(snapshot: Snapshot, routes: Iterable[TakenRoute]) -> Iterator[Diagnosis]:
    """Say that tables of member subnets lack a route, or lead elsewhere."""
    lacking: dict[tuple[IPv4Network, str], list[TakenRoute]] = {}
    for route in routes:
        if route.lacking:
            lacking.setdefault((route.network, route.actual), []).append(route)
    for (network, actual), needed in lacking.items():
        first = needed[0]
        still = _still(snapshot, first.expected.site)
        leads = f"leads {network} to {actual}" if actual and actual != "local" else f"has no route to {network}"
        effect = "; what flows now does so without it, and what is sent there by unicast is lost" if still else ""
        yield diagnosis(
            RootCause.VPC_ROUTE_MISSING,
            f"the VPC's route table {listed(route.table for route in needed)} {leads}, the way to "
            f"{first.towards.partition(' (')[0]}{effect}",
            fix="\n".join(_vpc_fix(route) for route in needed),
            where=SHELL,
            explains=(CheckKey.ROUTES,) if still else above(CheckKey.ROUTES),
            subjects=[route.subject for route in needed],
            flows_still=still,
        )


def _vpc_fix(route: TakenRoute) -> str:
    verb = "replace-route" if route.taken == route.network else "create-route"
    option = "network-interface-id" if route.expected.target is RouteTarget.AWS_ROUTER else "transit-gateway-id"
    return (
        f"aws ec2 {verb} --route-table-id {route.table} --destination-cidr-block {route.network} "
        f"--{option} {route.target}"
    )


def _gateway_route_missing(snapshot: Snapshot, routes: Iterable[TakenRoute]) -> Iterator[Diagnosis]:
    """Say that the gateway's tables lack a route, for a reason that they or the remote router show."""
    lacking: dict[tuple[str, str], list[TakenRoute]] = {}
    for route in routes:
        if route.lacking and route.table in snapshot.aws.gateway_tables:
            lacking.setdefault((route.table, route.target), []).append(route)
    for (table, target), needed in lacking.items():
        site = next((each for each in snapshot.sites if each.name == needed[0].expected.site), None)
        reason = _why_missing(snapshot, snapshot.aws.gateway_tables[table], target, site, needed)
        if reason is None:
            continue
        key, why, fix, where = reason
        still = _still(snapshot, None if site is None else site.name)
        towards = listed(route.towards.partition(", for ")[0] for route in needed)
        effect = "; packets still flow by what the routers learnt before" if still else ""
        yield diagnosis(
            key,
            f"the gateway's route table {table} {why}: it does not lead to {towards}{effect}",
            fix=fix,
            where=where,
            explains=(CheckKey.ROUTES,) if still else (*above(CheckKey.ROUTES), CheckKey.BGP),
            subjects=[route.subject for route in needed],
            flows_still=still,
        )


def _why_missing(
    snapshot: Snapshot, table: ObservedGatewayTable, target: str, site: Site | None, needed: list[TakenRoute]
) -> tuple[RootCause, str, str, str] | None:
    """Return the root cause, the same in words, the fix and where it is typed."""
    networks = listed(str(route.network) for route in needed)
    elsewhere = [route for route in needed if route.actual]
    if elsewhere:
        way = f"to {elsewhere[0].actual}" if elsewhere[0].active else "into a black hole"
        taken = dict.fromkeys(str(route.taken) for route in elsewhere)
        fix = "\n".join(
            f"aws ec2 delete-transit-gateway-route --transit-gateway-route-table-id {table.table_id} "
            f"--destination-cidr-block {network}"
            for network in taken
        )
        return RootCause.GATEWAY_ROUTE_ELSEWHERE, f"leads {listed(taken)} {way} by a route of its own", fix, SHELL
    if target not in table.propagating:
        why = f"has no route to {networks}, as the attachment {target} does not propagate there"
        fix = (
            "aws ec2 enable-transit-gateway-route-table-propagation "
            f"--transit-gateway-route-table-id {table.table_id} --transit-gateway-attachment-id {target}"
        )
        return RootCause.GATEWAY_PROPAGATION_OFF, why, fix, SHELL
    if site is None:
        why = f"has no route to {networks}: the VPC has no such CIDR block any more"
        attachment = snapshot.vpc_attachment()
        vpc = "VPC" if attachment is None else attachment.resource_id
        fix = f"aws ec2 associate-vpc-cidr-block --vpc-id {vpc} --cidr-block {loopback_block(snapshot.lab)}"
        return RootCause.VPC_BLOCK_MISSING, why, fix, SHELL
    router = snapshot.remote_router(site)
    if router is None or snapshot.is_bare(router):
        return None
    # A classful network needs no mask.
    lines = {
        route.network: f"network {route.network.network_address} mask {route.network.netmask}"
        for route in needed
        if not {
            f"network {route.network.network_address} mask {route.network.netmask}",
            f"network {route.network.network_address}",
        }
        & router.bgp_lines()
    }
    if not lines:
        return None
    why = f"has no route to {networks}, as {router.name} does not advertise it by BGP"
    fix = "\n ".join((f"router bgp {site.router.asn}", *lines.values()))
    return RootCause.NOT_ADVERTISED, why, fix, configuration_of(router.name)


def _still(snapshot: Snapshot, site: str | None) -> bool:
    """Say whether packets pass all the same, both ways below GRE and through it."""
    sites = [each for each in snapshot.sites if site in {None, each.name}]
    return all(snapshot.underlay_up(each) and snapshot.overlay_up(each) for each in sites)
