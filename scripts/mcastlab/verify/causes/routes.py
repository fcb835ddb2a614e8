"""Causes in the route tables of the VPC and of the Transit Gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.addresses import loopback_block
from mcastlab.verify.causes.rule import SHELL, cause, configuration_of, listed
from mcastlab.verify.model import Subject
from mcastlab.verify.routing import gateway_routes, vpc_routes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcastlab.lab.model import Site
    from mcastlab.verify.model import Cause
    from mcastlab.verify.observations import AttachmentView
    from mcastlab.verify.routing import RouteNeed
    from mcastlab.verify.scene import Scene

CUT: Final = ("routes", "gre", "mtu", "pim-neighbors", "reverse-paths", "traffic")
STILL: Final = ("routes",)


def vpc_route_is_missing(scene: Scene) -> Iterator[Cause]:
    """Tables of member subnets lack a route, or lead elsewhere."""
    if scene.aws.domain is None or scene.aws.router is None:
        return
    lacking: dict[tuple[object, str], list[RouteNeed]] = {}
    for need in vpc_routes(scene):
        if need.target and not need.holds:
            lacking.setdefault((need.network, need.actual), []).append(need)
    for (network, actual), needed in lacking.items():
        first = needed[0]
        still = _still(scene, first.site)
        tables = listed(need.table for need in needed)
        leads = f"leads {network} to {actual}" if actual and actual != "local" else f"has no route to {network}"
        towards = first.towards.partition(" (")[0]
        effect = "; what flows now does so without it, and what is sent there by unicast is lost" if still else ""
        yield cause(
            "vpc-route-missing",
            f"the VPC's route table {tables} {leads}, the way to {towards}{effect}",
            mend="\n".join(_vpc_mend(need) for need in needed),
            where=SHELL,
            rungs=STILL if still else CUT,
            subjects=[Subject(kind=need.subject.kind, name=need.subject.name, site=need.site) for need in needed],
            flows_still=still,
        )


def _vpc_mend(need: RouteNeed) -> str:
    verb = "replace-route" if need.exact else "create-route"
    option = "network-interface-id" if need.target.startswith("eni-") else "transit-gateway-id"
    return (
        f"aws ec2 {verb} --route-table-id {need.table} --destination-cidr-block {need.network} --{option} {need.target}"
    )


def attachment_is_missing(scene: Scene) -> Iterator[Cause]:
    """The VPC or a VPN connection is not attached to the gateway, or to none of its route tables."""
    if scene.aws.domain is None:
        return
    wanted: list[tuple[str, AttachmentView | None, Site | None]] = [("the VPC", scene.vpc_attachment(), None)]
    wanted += [(f"the VPN of {site.name}", scene.vpn_attachment(site), site) for site in scene.sites]
    for name, view, site in wanted:
        subject = Subject(kind="gateway", name=scene.lab.name, site=None if site is None else site.name)
        if view is None or view.state != "available":
            state = "is not attached" if view is None else f"has an attachment that is {view.state}"
            yield cause(
                "attachment-missing",
                f"{name} {state} to the gateway {scene.aws.domain.gateway_id}",
                mend=scene.command.cdk("deploy", "--all"),
                where=SHELL,
                rungs=(*CUT, "domain", "vpn-tunnels"),
                subjects=(subject,),
            )
        elif view.table_id is None:
            table = next(iter(scene.aws.gateway_tables), "TABLE")
            yield cause(
                "attachment-without-table",
                f"the attachment {view.attachment_id} of {name} is associated with no route table of the gateway",
                mend=f"aws ec2 associate-transit-gateway-route-table --transit-gateway-route-table-id {table} "
                f"--transit-gateway-attachment-id {view.attachment_id}",
                where=SHELL,
                rungs=CUT,
                subjects=(subject,),
            )


def gateway_route_is_missing(scene: Scene) -> Iterator[Cause]:
    """The gateway's tables lack a route, for a reason that they or the far router show."""
    if scene.aws.domain is None:
        return
    lacking: dict[tuple[str, str], list[RouteNeed]] = {}
    for need in gateway_routes(scene):
        if need.target and not need.holds and not need.waits_for and need.table in scene.aws.gateway_tables:
            lacking.setdefault((need.table, need.target), []).append(need)
    for (table, target), needed in lacking.items():
        yield from _gateway_causes(scene, table, target, needed)


def _gateway_causes(scene: Scene, table: str, target: str, needed: list[RouteNeed]) -> Iterator[Cause]:
    site = next((each for each in scene.sites if each.name == needed[0].site), None)
    still = _still(scene, None if site is None else site.name)
    networks = listed(str(need.network) for need in needed)
    towards = listed(need.towards.partition(", for ")[0] for need in needed)
    elsewhere = [need for need in needed if need.actual]
    if elsewhere:
        key, where = "gateway-route-elsewhere", SHELL
        way = f"to {elsewhere[0].actual}" if elsewhere[0].active else "into a black hole"
        why = f"leads {listed(str(need.route) for need in elsewhere)} {way} by a route of its own"
        mend = "\n".join(
            f"aws ec2 delete-transit-gateway-route --transit-gateway-route-table-id {table} "
            f"--destination-cidr-block {network}"
            for network in dict.fromkeys(str(need.route) for need in elsewhere)
        )
    elif target not in scene.aws.gateway_tables[table].propagating:
        key, where = "gateway-propagation-off", SHELL
        why = f"has no route to {networks}, as the attachment {target} does not propagate there"
        mend = (
            "aws ec2 enable-transit-gateway-route-table-propagation "
            f"--transit-gateway-route-table-id {table} --transit-gateway-attachment-id {target}"
        )
    elif site is None:
        key, where = "vpc-block-missing", SHELL
        why = f"has no route to {networks}: the VPC has no such CIDR block any more"
        attachment = scene.vpc_attachment()
        vpc = "VPC" if attachment is None else attachment.resource_id
        mend = f"aws ec2 associate-vpc-cidr-block --vpc-id {vpc} --cidr-block {loopback_block(scene.lab)}"
    else:
        view = scene.far_router(site)
        missing = [] if view is None else [need for need in needed if not _advertised(scene, site, need)]
        if view is None or not missing:
            return
        key, where = "not-advertised", configuration_of(view.name)
        why = f"has no route to {networks}, as {view.name} does not advertise it by BGP"
        lines = "\n".join(f" network {need.network.network_address} mask {need.network.netmask}" for need in missing)
        mend = f"router bgp {site.router.asn}\n{lines}"
    effect = "; packets still flow by what the routers learnt before" if still else ""
    yield cause(
        key,
        f"the gateway's route table {table} {why}: it does not lead to {towards}{effect}",
        mend=mend,
        where=where,
        rungs=STILL if still else (*CUT, "bgp"),
        subjects=_subjects(needed, site),
        flows_still=still,
    )


def _advertised(scene: Scene, site: Site, need: RouteNeed) -> bool:
    """Say whether a far router has a ``network`` line for it; a classful one needs no mask."""
    view = scene.far_router(site)
    lines = {
        line.text
        for top in (() if view is None else view.tree)
        if top.text.startswith("router bgp ")
        for line in top.below
    }
    network = need.network
    return bool(
        {f"network {network.network_address} mask {network.netmask}", f"network {network.network_address}"} & lines
    )


def _subjects(needed: Iterable[RouteNeed], site: Site | None) -> list[Subject]:
    name = None if site is None else site.name
    return [Subject(kind=need.subject.kind, name=need.subject.name, site=name) for need in needed]


def _still(scene: Scene, site: str | None) -> bool:
    """Say whether packets pass all the same, both ways below GRE and through it."""
    sites = [each for each in scene.sites if site in {None, each.name}]
    return all(scene.underlay_up(each) and scene.overlay_up(each) for each in sites)
