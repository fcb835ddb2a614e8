"""Causes in the GRE tunnels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.ios.configuration import section
from mcastlab.lab.design.addresses import gre_addresses
from mcastlab.lab.design.names import LOOPBACK
from mcastlab.lab.design.sizes import GRE_OVERHEAD, UDP_OVERHEAD, budget_of
from mcastlab.verify.causes.rule import SHELL, cause, configuration_of, exec_of
from mcastlab.verify.ladder.overlay import ends, gre_mtu
from mcastlab.verify.model import Subject
from mcastlab.verify.scene import line_of, lines_of, router_subject
from mcastlab.verify.static_lines import static_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address

    from mcastlab.lab.model import Site
    from mcastlab.verify.model import Cause
    from mcastlab.verify.observations import RouterView
    from mcastlab.verify.scene import Scene

BROKEN: Final = ("gre", "mtu", "pim-interfaces", "pim-neighbors", "reverse-paths", "register-source", "traffic")


def loopback_is_missing(scene: Scene) -> Iterator[Cause]:
    """A router's loopback, the end of GRE, is missing, shut down, or has another address."""
    every = [(scene.aws_router, None), *((scene.far_router(site), site) for site in scene.sites)]
    for view, site in every:
        if view is None:
            continue
        wanted = scene.lab.router.loopback if site is None else site.router.loopback
        line = line_of(view, LOOPBACK)
        if line is not None and line.admin_up and line.address == wanted:
            continue
        address = f"ip address {wanted} 255.255.255.255"
        if line is None or line.address != wanted:
            has = "is missing" if line is None else f"has the address {line.address or 'none'}"
            mend = f"interface {LOOPBACK}\n {address}"
        else:
            has, mend = "is shut down", f"interface {LOOPBACK}\n no shutdown"
        yield cause(
            "loopback-wrong",
            f"{LOOPBACK} of {view.name}, the end of GRE with {wanted}, {has}",
            mend=mend,
            where=configuration_of(view.name),
            rungs=("routes", "rendezvous-point", "domain", *BROKEN),
            subjects=(router_subject(view.name, site),),
        )


def gre_is_misconfigured(scene: Scene) -> Iterator[Cause]:
    """One end of a GRE tunnel is missing, shut down, or does not lead to the other."""
    for site in scene.sites:
        addresses = gre_addresses(site)
        far_ends = (site.router.loopback, scene.lab.router.loopback)
        for (_, view, _site), address, far in zip(ends(scene, site), addresses, far_ends, strict=True):
            told = None if view is None else _wrong(scene, view, site, str(far), f"{address.ip} {address.netmask}")
            if view is None or told is None:
                continue
            why, mend = told
            line = line_of(view, site.gre_interface)
            yield cause(
                "gre-misconfigured",
                f"{site.gre_interface} of {view.name} {why}",
                mend=mend,
                where=SHELL if line is None else configuration_of(view.name),
                rungs=BROKEN,
                subjects=(Subject(kind="gre-tunnel", name=site.gre_interface, site=site.name),),
            )


def _wrong(scene: Scene, view: RouterView, site: Site, far: str, address: str) -> tuple[str, str] | None:
    """Return what is wrong with an end, and the line that mends it."""
    interface = site.gre_interface
    lines, line = lines_of(view, interface), line_of(view, interface)
    if lines is None or line is None:
        return "is missing", scene.command("configure", "--site", site.name)
    if not line.admin_up:
        return "is shut down", f"interface {interface}\n no shutdown"
    for wanted, what in (
        (f"tunnel source {LOOPBACK}", "tunnel source"),
        (f"tunnel destination {far}", "tunnel destination"),
        (f"ip address {address}", "ip address"),
    ):
        if wanted not in lines:
            has = next((each for each in lines if each.startswith(what)), f"no {what}")
            return f"has `{has}`, and needs `{wanted}`", f"interface {interface}\n {wanted}"
    return None


def far_end_is_elsewhere(scene: Scene) -> Iterator[Cause]:
    """A far router's unicast route to the other end of GRE leads into that tunnel itself, or past the VPN."""
    for site in scene.sites:
        view, end = scene.far_router(site), scene.lab.router.loopback
        if view is None:
            continue
        # A route into the tunnel takes the tunnel down, and goes down with it: only the configuration shows it then.
        into = [line for line, towards in _static_lines(view, end) if towards == site.gre_interface]
        past = [] if into else _past_the_vpn(scene, site, view, end)
        if not into and not past:
            continue
        why = "into the tunnel itself, which takes it down again and again" if into else "past the VPN"
        lines = into or [line for line, _ in _static_lines(view, end)]
        yield cause(
            "gre-end-elsewhere",
            f"{view.name} has a route of its own by {' and '.join(past) or site.gre_interface}: it leads GRE to {end} "
            f"{why}",
            mend="\n".join(f"no {line}" for line in lines) or f"show ip route {end}",
            where=configuration_of(view.name) if lines else exec_of(view.name),
            rungs=BROKEN,
            subjects=(Subject(kind="gre-tunnel", name=site.gre_interface, site=site.name),),
        )


def _past_the_vpn(scene: Scene, site: Site, view: RouterView, end: IPv4Address) -> list[str]:
    """Return where the router's route to the other end of GRE leads, unless by BGP or into a VPN tunnel."""
    found = view.routes.get(end)
    if found is None or found.known_via.startswith("bgp"):
        return []
    through = {tunnel.interface for tunnel in scene.tunnels(site)} & set(found.interfaces)
    inside = any(hop in network for hop in found.next_hops for network in site.tunnels)
    return [] if through or inside else [*found.interfaces, *(str(hop) for hop in found.next_hops)]


def _static_lines(view: RouterView, address: IPv4Address) -> list[tuple[str, str]]:
    """Return the router's static routes that an address may take, but the default, and where each leads."""
    return [(text, towards) for length, text, towards in static_lines(view, "route", address) if length]


def size_is_wrong(scene: Scene) -> Iterator[Cause]:
    """A GRE tunnel's IP MTU is not what the VPN takes."""
    for site in scene.sites:
        wanted = budget_of(scene.lab, site)
        largest = wanted.vpn_mtu - GRE_OVERHEAD
        for _, view, _ in ends(scene, site):
            if view is None or lines_of(view, site.gre_interface) is None:
                continue
            has = gre_mtu(view, site.gre_interface)
            if has == wanted.gre_mtu:
                continue
            interface = site.gre_interface
            if has > largest:
                key = "mtu-too-large"
                why = (
                    f"the VPN takes {wanted.vpn_mtu} octets, {largest} less GRE's {GRE_OVERHEAD}: datagrams of more "
                    f"than {largest - UDP_OVERHEAD} octets are cut or lost in the VPN, smaller ones still flow"
                )
            elif has > wanted.gre_mtu:
                key = "mtu-too-large"
                why = (
                    f"the design's is {wanted.gre_mtu}: datagrams of more than {wanted.largest_udp_payload} octets "
                    "pass only as long as no other algorithm and no NAT takes their room"
                )
            else:
                key = "mtu-too-small"
                why = (
                    f"the design's is {wanted.gre_mtu}: datagrams of more than {has - UDP_OVERHEAD} octets are cut "
                    "into fragments, which the gateway drops; smaller ones still flow"
                )
            yield cause(
                key,
                f"`ip mtu {has}` on {interface} of {view.name}, and {why}",
                mend=f"interface {interface}\n ip mtu {wanted.gre_mtu}",
                where=configuration_of(view.name),
                rungs=("mtu", "traffic"),
                subjects=(Subject(kind="router", name=view.name, site=site.name),),
                flows_still=True,
            )


def fragments_are_forbidden(scene: Scene) -> Iterator[Cause]:
    """A far router sets DF on what it encrypts, so that nothing that is too large is cut any more."""
    for site in scene.sites:
        view = scene.far_router(site)
        if view is not None and section(view.tree, "crypto ipsec df-bit set") is not None:
            yield cause(
                "df-bit-set",
                f"`crypto ipsec df-bit set` on {view.name}: what is too large on the way to AWS is dropped instead of "
                "cut; smaller datagrams still flow",
                mend="crypto ipsec df-bit clear",
                where=configuration_of(view.name),
                rungs=("mtu", "traffic"),
                subjects=(router_subject(view.name, site),),
                flows_still=True,
            )
