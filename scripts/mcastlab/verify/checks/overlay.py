"""The checks of the GRE tunnels: that they carry packets, and how large ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.addresses import gre_addresses
from mcastlab.lab.design.names import GRE_FALLBACK_DISTANCE, LOOPBACK, NOWHERE, aws_router_name, remote_router_name
from mcastlab.lab.design.sizes import GRE_OVERHEAD, UDP_OVERHEAD, budget_of
from mcastlab.verify.checks.check import CheckKey, above, check, finding, unreached
from mcastlab.verify.checks.diagnosis import SHELL, RootCause, configuration_of, diagnosis, exec_of
from mcastlab.verify.findings import Subject
from mcastlab.verify.snapshot.lab import came_back, router_subject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address

    from mcastlab.ios.show.system import Ping
    from mcastlab.lab.design.sizes import MtuBudget
    from mcastlab.lab.model import Site
    from mcastlab.verify.findings import Diagnosis, Finding
    from mcastlab.verify.snapshot.lab import Snapshot
    from mcastlab.verify.snapshot.routers import ObservedRouter

BROKEN = (*above(CheckKey.GRE), CheckKey.PIM_INTERFACES, CheckKey.REGISTER_SOURCE)
"""What fails while an end of a tunnel is not what the design says."""

_FALLBACK: Final = f" {NOWHERE} {GRE_FALLBACK_DISTANCE}"
"""How the line of ours ends by which GRE goes nowhere while BGP has no route."""


def gre_ends(snapshot: Snapshot, site: Site) -> tuple[tuple[str, ObservedRouter | None, Site | None], ...]:
    """Return both ends of a site's GRE tunnel: name, router and its site, the AWS router's first."""
    return (
        (aws_router_name(snapshot.lab), snapshot.aws_router, None),
        (remote_router_name(snapshot.lab, site), snapshot.remote_router(site), site),
    )


@check(CheckKey.GRE, "GRE carries packets to every site", "RFC 2784; Cisco, Configuring GRE tunnels")
def gre_carries(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """The routers' loopbacks reach each other, both ends are up, and a packet passes the tunnel and comes back."""
    if snapshot.aws_router is not None and not snapshot.is_bare(snapshot.aws_router):
        yield from _loopback_wrong(snapshot.aws_router, None, snapshot.lab.router.loopback)
    for site in snapshot.sites:
        subject = Subject(kind="gre_tunnel", name=site.gre_interface, site=site.name)
        remote_loopbacks = (site.router.loopback, snapshot.lab.router.loopback)
        for (name, router, _), address, remote in zip(
            gre_ends(snapshot, site), gre_addresses(site), remote_loopbacks, strict=True
        ):
            if router is None:
                continue
            line = router.interface(site.gre_interface)
            up = line is not None and line.admin_up and line.protocol_up
            seen = "there is no such interface" if line is None else "up" if up else "down"
            yield finding(
                subject,
                f"{site.gre_interface} of {name} is up",
                seen if up or line is None or line.admin_up else "shut down",
                holds=up,
                where="show ip interface brief",
            )
            if not snapshot.is_bare(router):
                yield from _misconfigured(snapshot, router, site, remote, f"{address.ip} {address.netmask}")
        yield from _carries(snapshot, site, subject)


def _carries(snapshot: Snapshot, site: Site, subject: Subject) -> Iterator[Finding | Diagnosis]:
    """Say whether packets pass below a site's GRE tunnel and through it."""
    router = snapshot.remote_router(site)
    loopbacks = f"{site.router.loopback} reaches {snapshot.lab.router.loopback}, and is answered"
    if router is not None and not snapshot.is_bare(router):
        yield from _loopback_wrong(router, site, site.router.loopback)
        yield from _end_elsewhere(snapshot, router, site, subject)
    if router is None:
        yield unreached(subject, loopbacks, "the remote router does not answer")
        return
    if not snapshot.vpn_up(site):
        yield unreached(subject, loopbacks, f"no VPN tunnel of {site.name} is up")
        return
    below, through = came_back(router.underlay), came_back(router.overlay)
    where = f"ping source {site.router.loopback_interface}"
    yield finding(subject, loopbacks, _answered(router.underlay), holds=below, where=where)
    near = gre_addresses(site)[0].ip
    expected = f"{near} answers through {site.gre_interface}"
    if below or through:
        yield finding(subject, expected, _answered(router.overlay), holds=through, where=f"ping {near}")
    else:
        yield unreached(subject, expected, "the loopbacks do not reach each other")


def _answered(ping: Ping | None) -> str:
    if ping is None:
        return "the router did not ping"
    average = "" if ping.average_ms is None else f", {ping.average_ms} ms"
    return f"{ping.received} of {ping.sent} echo requests were answered{average}"


def _loopback_wrong(router: ObservedRouter, site: Site | None, wanted: IPv4Address) -> Iterator[Diagnosis]:
    """Say that a router's loopback, the end of GRE, is missing, shut down, or has another address."""
    name = LOOPBACK if site is None else site.router.loopback_interface
    line = router.interface(name)
    if line is not None and line.admin_up and line.address == wanted:
        return
    fix = f"interface {name}\n ip address {wanted} 255.255.255.255"
    if line is None:
        why = "is missing"
    elif line.address != wanted:
        why = f"has the address {line.address or 'none'}"
    else:
        why, fix = "is shut down", f"interface {name}\n no shutdown"
    yield diagnosis(
        RootCause.LOOPBACK_WRONG,
        f"{name} of {router.name}, the end of GRE with {wanted}, {why}",
        fix=fix,
        where=configuration_of(router.name),
        explains=(CheckKey.ROUTES, CheckKey.RENDEZVOUS_POINT, CheckKey.DOMAIN, *BROKEN),
        subjects=(router_subject(router.name, site),),
    )


def _misconfigured(
    snapshot: Snapshot, router: ObservedRouter, site: Site, remote: IPv4Address, address: str
) -> Iterator[Diagnosis]:
    """Say that an end of a GRE tunnel is missing, shut down, or does not lead to the other."""
    interface = site.gre_interface
    lines, line = router.lines(interface), router.interface(interface)
    where = configuration_of(router.name)
    if lines is None or line is None:
        why, fix = "is missing", snapshot.command("configure", "--site", site.name)
        where = SHELL if line is None else where
    elif not line.admin_up:
        why, fix = "is shut down", f"interface {interface}\n no shutdown"
    else:
        source = LOOPBACK if router.site is None else site.router.loopback_interface
        wanted = (f"tunnel source {source}", f"tunnel destination {remote}", f"ip address {address}")
        missing = next((each for each in wanted if each not in lines), None)
        if missing is None:
            return
        what = " ".join(missing.split()[:2])
        has = next((each for each in lines if each.startswith(what)), f"no {what}")
        why, fix = f"has `{has}`, and needs `{missing}`", f"interface {interface}\n {missing}"
    yield diagnosis(
        RootCause.GRE_MISCONFIGURED,
        f"{interface} of {router.name} {why}",
        fix=fix,
        where=where,
        explains=BROKEN,
        subjects=(Subject(kind="gre_tunnel", name=interface, site=site.name),),
    )


def _end_elsewhere(snapshot: Snapshot, router: ObservedRouter, site: Site, subject: Subject) -> Iterator[Diagnosis]:
    """Say that a remote router's route to the other end of GRE leads into that tunnel itself, or past the VPN."""
    end = snapshot.lab.router.loopback
    static = [
        (text, target) for length, text, target in router.static_lines("route", end) if length and target != NOWHERE
    ]
    # A route into the tunnel takes the tunnel down, and goes down with it: only the configuration shows it then.
    into = [line for line, target in static if target == site.gre_interface]
    past = [] if into else _past_the_vpn(snapshot, router, site, end)
    if not into and not past:
        return
    why = "into the tunnel itself, which takes it down again and again" if into else "past the VPN"
    lines = into or [line for line, _ in static]
    yield diagnosis(
        RootCause.GRE_END_ELSEWHERE,
        f"{router.name} has a route of its own by {' and '.join(past) or site.gre_interface}: it leads GRE to {end} "
        f"{why}",
        fix="\n".join(f"no {line}" for line in lines) or f"show ip route {end}",
        where=configuration_of(router.name) if lines else exec_of(router.name),
        explains=BROKEN,
        subjects=(subject,),
    )


def _past_the_vpn(snapshot: Snapshot, router: ObservedRouter, site: Site, end: IPv4Address) -> list[str]:
    """Return where the router's route to the other end of GRE leads, unless by BGP or into a VPN tunnel."""
    found = router.routes.get(end)
    if found is None or found.known_via.startswith("bgp"):
        return []
    if found.interfaces == (NOWHERE,) and found.distance == GRE_FALLBACK_DISTANCE:
        # Ours, while BGP has none.
        return []
    through = {tunnel.interface for tunnel in snapshot.tunnels(site)} & set(found.interfaces)
    inside = any(hop in network for hop in found.next_hops for network in site.tunnels)
    return [] if through or inside else [*found.interfaces, *(str(hop) for hop in found.next_hops)]


@check(
    CheckKey.MTU,
    "The largest datagram of the design fits",
    "AWS Site-to-Site VPN, Best practices (MTU by algorithm); AWS Transit Gateway, Multicast: fragments are dropped",
)
def sizes_fit(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """Each GRE tunnel's IP MTU is what the VPN takes, no more and no less, and a packet of that size passes whole."""
    for site in snapshot.sites:
        budget, interface = budget_of(snapshot.lab, site), site.gre_interface
        for name, router, _ in gre_ends(snapshot, site):
            if router is None:
                continue
            mtu = router.gre_mtu(interface)
            subject = Subject(kind="router", name=name, site=site.name)
            if router.interface(interface) is not None:
                yield finding(
                    subject,
                    f"ip mtu {budget.gre_mtu} on {interface}, as ESP takes {budget.vpn_mtu} octets",
                    f"ip mtu {mtu}",
                    holds=mtu == budget.gre_mtu,
                    where="show running-config",
                )
            if mtu != budget.gre_mtu and router.lines(interface) is not None and not snapshot.is_bare(router):
                yield _size_wrong(router, interface, subject, mtu, budget)
        yield from _whole(snapshot, site, budget.gre_mtu)


def _whole(snapshot: Snapshot, site: Site, size: int) -> Iterator[Finding | Diagnosis]:
    """Say whether a packet as large as the design lets it be passes a site's GRE tunnel."""
    router = snapshot.remote_router(site)
    subject = Subject(kind="gre_tunnel", name=site.gre_interface, site=site.name)
    expected = f"a packet of {size} octets passes {site.gre_interface} whole"
    if router is None or not snapshot.overlay_up(site):
        yield unreached(subject, expected, f"nothing passes {site.gre_interface}")
    else:
        holds = came_back(router.full_size)
        yield finding(subject, expected, _answered(router.full_size), holds=holds, where="ping df-bit")
    if router is not None and router.has_line("crypto ipsec df-bit set") and not snapshot.is_bare(router):
        yield diagnosis(
            RootCause.DF_BIT_SET,
            f"`crypto ipsec df-bit set` on {router.name}: what is too large on the way to AWS is dropped instead of "
            "cut; smaller datagrams still flow",
            fix="crypto ipsec df-bit clear",
            where=configuration_of(router.name),
            explains=above(CheckKey.MTU),
            subjects=(router_subject(router.name, site),),
            flows_still=True,
        )


def _size_wrong(router: ObservedRouter, interface: str, subject: Subject, mtu: int, budget: MtuBudget) -> Diagnosis:
    """Say that a GRE tunnel's IP MTU is not what the VPN takes."""
    largest = budget.vpn_mtu - GRE_OVERHEAD
    if mtu > largest:
        why = (
            f"the VPN takes {budget.vpn_mtu} octets, {largest} less GRE's {GRE_OVERHEAD}: datagrams of more "
            f"than {largest - UDP_OVERHEAD} octets are cut or lost in the VPN, smaller ones still flow"
        )
    elif mtu > budget.gre_mtu:
        why = (
            f"the design's is {budget.gre_mtu}: datagrams of more than {budget.largest_udp_payload} octets "
            "pass only as long as no other algorithm and no NAT takes their room"
        )
    else:
        why = (
            f"the design's is {budget.gre_mtu}: datagrams of more than {mtu - UDP_OVERHEAD} octets are cut "
            "into fragments, which the gateway drops; smaller ones still flow"
        )
    return diagnosis(
        RootCause.MTU_TOO_LARGE if mtu > budget.gre_mtu else RootCause.MTU_TOO_SMALL,
        f"`ip mtu {mtu}` on {interface} of {router.name}, and {why}",
        fix=f"interface {interface}\n ip mtu {budget.gre_mtu}",
        where=configuration_of(router.name),
        explains=above(CheckKey.MTU),
        subjects=(subject,),
        flows_still=True,
    )
