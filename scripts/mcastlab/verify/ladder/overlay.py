"""Rungs of the GRE tunnels: what they carry, and how much at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.lab.design.addresses import gre_addresses
from mcastlab.lab.design.names import LOOPBACK, aws_router_name, far_router_name
from mcastlab.lab.design.sizes import budget_of
from mcastlab.verify.ladder.rung import finding, step, unreached
from mcastlab.verify.model import Subject
from mcastlab.verify.scene import line_of, router_subject, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.ios.show.system import Ping
    from mcastlab.lab.model import Site
    from mcastlab.verify.model import Finding
    from mcastlab.verify.observations import RouterView
    from mcastlab.verify.scene import Scene

IOS_GRE_MTU = 1476
"""What a GRE tunnel carries whose configuration does not say. Source: Cisco, GRE tunnel transport MTU."""


def ends(scene: Scene, site: Site) -> tuple[tuple[str, RouterView | None, Site | None], ...]:
    """Return both ends of a site's GRE tunnel: router, view and site, the AWS router's first."""
    return (
        (aws_router_name(scene.lab), scene.aws_router, None),
        (far_router_name(scene.lab, site), scene.far_router(site), site),
    )


def gre_mtu(view: RouterView, interface: str) -> int:
    """Return a GRE tunnel's IP MTU in octets."""
    said = value_of(view, interface, "ip mtu")
    return int(said) if said and said.isdecimal() else IOS_GRE_MTU


@step("gre", "GRE carries packets to every site", "RFC 2784; Cisco, Configuring GRE tunnels")
def gre_carries(scene: Scene) -> Iterator[Finding]:
    """The routers' loopbacks reach each other, both ends are up, and a packet passes the tunnel and comes back."""
    for site in scene.sites:
        subject = Subject(kind="gre-tunnel", name=site.gre_interface, site=site.name)
        view = scene.far_router(site)
        loopbacks = f"{site.router.loopback} reaches {scene.lab.router.loopback}, and is answered"
        for name, end, _ in ends(scene, site):
            line = None if end is None else line_of(end, site.gre_interface)
            if end is not None:
                up = line is not None and line.admin_up and line.protocol_up
                seen = "there is no such interface" if line is None else "up" if up else "down"
                yield finding(
                    subject,
                    f"{site.gre_interface} of {name} is up",
                    seen if up or line is None or line.admin_up else "shut down",
                    holds=up,
                    where="show ip interface brief",
                )
        if view is None:
            yield unreached(subject, loopbacks, "the far router does not answer")
            continue
        if not scene.vpn_up(site):
            yield unreached(subject, loopbacks, f"no VPN tunnel of {site.name} is up")
            continue
        yield finding(
            subject, loopbacks, _told(view.underlay), holds=_came_back(view.underlay), where=f"ping source {LOOPBACK}"
        )
        near = gre_addresses(site)[0].ip
        expected = f"{near} answers through {site.gre_interface}"
        if _came_back(view.underlay) or _came_back(view.overlay):
            yield finding(subject, expected, _told(view.overlay), holds=scene.overlay_up(site), where=f"ping {near}")
        else:
            yield unreached(subject, expected, "the loopbacks do not reach each other")


def _came_back(ping: Ping | None) -> bool:
    return ping is not None and ping.received > 0


def _told(ping: Ping | None) -> str:
    if ping is None:
        return "the router did not ping"
    average = "" if ping.average_ms is None else f", {ping.average_ms} ms"
    return f"{ping.received} of {ping.sent} echo requests were answered{average}"


@step(
    "mtu",
    "The largest datagram of the design fits",
    "AWS Site-to-Site VPN, Best practices (MTU by algorithm); AWS Transit Gateway, Multicast: fragments are dropped",
)
def sizes_fit(scene: Scene) -> Iterator[Finding]:
    """Each GRE tunnel's IP MTU is what the VPN takes, no more and no less, and a packet of that size passes whole."""
    for site in scene.sites:
        wanted = budget_of(scene.lab, site)
        for name, end, of_site in ends(scene, site):
            if end is None or line_of(end, site.gre_interface) is None:
                continue
            has = gre_mtu(end, site.gre_interface)
            subject = router_subject(name, of_site)
            yield finding(
                Subject(kind=subject.kind, name=name, site=site.name),
                f"ip mtu {wanted.gre_mtu} on {site.gre_interface}, as ESP takes {wanted.vpn_mtu} octets",
                f"ip mtu {has}",
                holds=has == wanted.gre_mtu,
                where="show running-config",
            )
        view = scene.far_router(site)
        subject = Subject(kind="gre-tunnel", name=site.gre_interface, site=site.name)
        expected = f"a packet of {wanted.gre_mtu} octets passes {site.gre_interface} whole"
        if view is None or not scene.overlay_up(site):
            yield unreached(subject, expected, f"nothing passes {site.gre_interface}")
        else:
            yield finding(
                subject, expected, _told(view.full_size), holds=_came_back(view.full_size), where="ping df-bit"
            )
