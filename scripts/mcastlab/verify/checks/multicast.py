"""The checks of PIM: interfaces, neighbours, rendezvous point, reverse paths, registers."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from mcastlab.ios.access_lists import permits
from mcastlab.ios.rp_mapping import rp_of
from mcastlab.lab.design import roles
from mcastlab.lab.design.addresses import gre_addresses
from mcastlab.lab.design.names import GROUPS_ACCESS_LIST
from mcastlab.verify.checks.check import SILENT, CheckKey, above, check, finding, unreached
from mcastlab.verify.checks.diagnosis import RootCause, configuration_of, diagnosis, listed
from mcastlab.verify.checks.overlay import gre_ends
from mcastlab.verify.findings import Subject
from mcastlab.verify.snapshot.lab import router_subject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address

    from mcastlab.lab.design.routers import RouterDesign
    from mcastlab.lab.model import Site
    from mcastlab.verify.findings import Diagnosis, Finding
    from mcastlab.verify.snapshot.lab import Snapshot
    from mcastlab.verify.snapshot.routers import ObservedRouter


def _routes_multicast(router: ObservedRouter) -> bool:
    return router.has_line("ip multicast-routing")


@check(
    CheckKey.PIM_INTERFACES,
    "PIM runs on every interface of the path",
    "RFC 7761, section 4.3; Cisco, ip pim sparse-mode",
)
def pim_runs(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """Multicast routing is on, and each interface that datagrams or joins pass runs PIM sparse mode."""
    for design, router in snapshot.designed():
        subject = router_subject(design.name, design.site)
        if router is None:
            yield unreached(subject, "PIM runs on every interface of the path", SILENT)
            continue
        on, bare = _routes_multicast(router), snapshot.is_bare(router)
        yield finding(subject, "multicast routing is on", "on" if on else "off", holds=on, where="show running-config")
        if not on and not bare:
            yield diagnosis(
                RootCause.MULTICAST_ROUTING_OFF,
                f"{router.name} does not route multicast at all",
                fix="ip multicast-routing distributed",
                where=configuration_of(router.name),
                explains=(*above(CheckKey.PIM_INTERFACES), CheckKey.REVERSE_PATHS),
                subjects=(subject,),
            )
        running = {each.interface for each in router.pim_interfaces}
        for interface in design.pim_interfaces:
            runs = interface in running
            yield finding(
                subject,
                f"PIM runs on {interface}",
                "it does" if runs else f"only on {', '.join(sorted(running)) or 'no interface'}",
                holds=runs,
                where="show ip pim interface",
            )
            if on and not runs and not bare:
                yield from _pim_off(snapshot, design, router, interface)


def _pim_off(snapshot: Snapshot, design: RouterDesign, router: ObservedRouter, interface: str) -> Iterator[Diagnosis]:
    """Say that an interface of the path is up and has no PIM in its configuration."""
    lines, line = router.lines(interface), router.interface(interface)
    if lines is None or "ip pim sparse-mode" in lines or line is None or not line.admin_up:
        return
    explains = (
        CheckKey.PIM_INTERFACES,
        CheckKey.IGMP,
        *((CheckKey.DOMAIN,) if design.site is None else ()),
        *above(CheckKey.REGISTER_SOURCE),
    )
    if interface.startswith("Tunnel"):
        effect = ": no join and no datagram passes GRE there"
        explains = (CheckKey.PIM_INTERFACES, *above(CheckKey.PIM_NEIGHBORS))
    elif interface == design.member_interface:
        effect = ": it hears no members there and registers no senders"
    elif interface in design.sender_interfaces:
        effect = ": it registers no senders there"
        explains = (CheckKey.PIM_INTERFACES, *above(CheckKey.REGISTER_SOURCE))
    else:
        effect = ", the rendezvous point's own" if design.site is None else ", from which it registers"
    of_site = next((each for each in snapshot.lab.sites if each.gre_interface == interface), design.site)
    yield diagnosis(
        RootCause.PIM_OFF,
        f"PIM does not run on {interface} of {router.name}{effect}",
        fix=f"interface {interface}\n ip pim sparse-mode",
        where=configuration_of(router.name),
        explains=explains,
        subjects=(router_subject(router.name, of_site),),
    )


@check(CheckKey.PIM_NEIGHBORS, "PIM neighbours see each other over GRE", "RFC 7761, section 4.3.1")
def neighbors_see_each_other(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """The routers at the two ends of each GRE tunnel are PIM neighbours."""
    for site in snapshot.sites:
        near, far = gre_addresses(site)
        for (name, router, _), other in zip(gre_ends(snapshot, site), (far.ip, near.ip), strict=True):
            subject = Subject(kind="router", name=name, site=site.name)
            expected = f"{name} has the PIM neighbour {other} on {site.gre_interface}"
            if router is None:
                yield unreached(subject, expected, SILENT)
                continue
            there = any(each.address == other and each.interface == site.gre_interface for each in router.pim_neighbors)
            if not there and not snapshot.vpn_up(site):
                yield unreached(subject, expected, f"no VPN tunnel of {site.name} is up")
            elif not there and not (snapshot.underlay_up(site) or snapshot.overlay_up(site)):
                yield unreached(subject, expected, "GRE carries nothing")
            else:
                seen = "it does" if there else "no such neighbour"
                yield finding(subject, expected, seen, holds=there, where="show ip pim neighbor")


@check(CheckKey.RENDEZVOUS_POINT, "All routers agree on the rendezvous point", "RFC 7761, section 4.7")
def one_rendezvous_point(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """Each router has the AWS router's loopback as the rendezvous point of every group."""
    point = snapshot.lab.rendezvous_point
    # Of a block, the first address of each of its networks stands for all: the access list has a line a network.
    groups = [
        *(IPv4Network(group.address) for group in snapshot.lab.groups),
        *(network for block in snapshot.lab.blocks for network in block.address.networks),
    ]
    for design, router in snapshot.designed():
        subject, expected = router_subject(design.name, design.site), f"{point} is the rendezvous point of every group"
        if router is None:
            yield unreached(subject, expected, SILENT)
            continue
        found = ((group, rp_of(router.rp_mappings, router.tree, group.network_address)) for group in groups)
        wrong = [(group, has) for group, has in found if has != point]
        words = ", ".join(f"{_group(group)}: {has or 'none'}" for group, has in wrong[:3])
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""  # noqa: PLR2004  (three are shown)
        seen = f"{words}{more}" if wrong else f"it is, of {len(groups)} groups"
        yield finding(subject, expected, seen, holds=not wrong, where="show ip pim rp mapping; show running-config")
        if wrong and _routes_multicast(router) and not snapshot.is_bare(router):
            yield _another_rendezvous_point(router, subject, point, wrong)


def _group(network: IPv4Network) -> str:
    """Return a group, or a block of them, as the lab file has it."""
    return str(network if network.num_addresses > 1 else network.network_address)


def _another_rendezvous_point(
    router: ObservedRouter, subject: Subject, point: IPv4Address, wrong: list[tuple[IPv4Network, IPv4Address | None]]
) -> Diagnosis:
    """Say that a router has another rendezvous point than the AWS router's loopback for some group, or none."""
    has = next((has for _, has in wrong), None)
    right = f"ip pim rp-address {point} {GROUPS_ACCESS_LIST}"
    fix = [right]
    if any(mapping.rp == has and not mapping.static for mapping in router.rp_mappings):
        fix = [f"{right} override"]
    elif has is not None:
        lines = (line.text for line in router.tree if line.text.startswith(f"ip pim rp-address {has}"))
        fix = [*(f"no {line}" for line in lines), right]
    elif any(mapping.rp == point for mapping in router.rp_mappings):
        denied = (group for group, _ in wrong if not permits(router.tree, GROUPS_ACCESS_LIST, group.network_address))
        fix = [f"ip access-list standard {GROUPS_ACCESS_LIST}", *(f" permit {_wildcard(each)}" for each in denied)]
    return diagnosis(
        RootCause.RENDEZVOUS_POINT_DIFFERS,
        f"{router.name} has {'no rendezvous point' if has is None else f'the rendezvous point {has}'} for "
        f"{listed(_group(group) for group, _ in wrong)}, and the AWS router's loopback {point} is the others': "
        "joins and registers do not meet",
        fix="\n".join(fix),
        where=configuration_of(router.name),
        explains=(*above(CheckKey.RENDEZVOUS_POINT), CheckKey.REVERSE_PATHS),
        subjects=(subject,),
    )


def _wildcard(network: IPv4Network) -> str:
    """Return a network as a standard access list has it."""
    many = network.num_addresses > 1
    return f"{network.network_address} {network.hostmask}" if many else str(network.network_address)


@check(
    CheckKey.REGISTER_SOURCE,
    "Registers come from the remote routers' loopbacks",
    "RFC 7761, section 4.4; Cisco, ip pim register-source",
)
def registers_come_from_the_loopback(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """A remote router registers from its loopback, to which the VPC has a route and the security group a rule."""
    point = snapshot.lab.rendezvous_point
    for design, router in snapshot.designed():
        site = design.site
        if site is None or not roles.elsewhere(snapshot.lab, site):
            continue
        subject, expected = router_subject(design.name, site), f"registers leave from {site.router.loopback}"
        tunnel = None if router is None else router.register_tunnel(point)
        if router is None:
            yield unreached(subject, expected, SILENT)
        elif tunnel is None:
            yield unreached(subject, expected, f"there is no register tunnel to {point}")
        else:
            holds = tunnel.source == site.router.loopback
            seen = f"{tunnel.interface} has the source {tunnel.source or 'none'}"
            yield finding(subject, expected, seen, holds=holds, where="show ip pim tunnel")
            configured = router.has_line(f"ip pim register-source {site.router.loopback_interface}")
            if not holds and not configured and not snapshot.is_bare(router):
                yield _register_source_wrong(router, site, tunnel.source)


def _register_source_wrong(router: ObservedRouter, site: Site, source: IPv4Address | None) -> Diagnosis:
    """Say that a remote router registers from an address that the VPC cannot answer."""
    return diagnosis(
        RootCause.REGISTER_SOURCE_WRONG,
        f"{router.name} registers from {source or 'no address'}, which neither the AWS router's security group nor the "
        f"VPC's routes know: senders of {site.name} do not reach the VPC",
        fix=f"ip pim register-source {site.router.loopback_interface}",
        where=configuration_of(router.name),
        explains=above(CheckKey.REGISTER_SOURCE),
        subjects=(router_subject(router.name, site),),
    )
