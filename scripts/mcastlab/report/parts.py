"""The parts of a lab that its picture shows, each with what was found about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcastlab.lab.design.addresses import inside_addresses
from mcastlab.lab.design.names import VPN_INTERFACES, aws_router_name, far_router_name, within_lab

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab, Site
    from mcastlab.report.marks import Mark, Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteParts:
    """A far site."""

    name: str
    lan: str
    router: Mark
    devices: tuple[Mark, ...]
    tunnels: tuple[Mark, ...]
    """Of its VPN connection, each with its BGP session."""
    gre: Mark

    @property
    def all(self) -> tuple[Mark, ...]:
        """Everything of it."""
        return (*self.tunnels, self.gre, self.router, *self.devices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A whole lab."""

    region: str
    vpc: str
    hosts: tuple[tuple[str, tuple[Mark, ...]], ...]
    """Each entry's title, and its hosts."""
    router: Mark
    gateway: Mark
    domain: Mark
    groups: tuple[Mark, ...]
    sites: tuple[SiteParts, ...]
    rules: tuple[Mark, ...]
    """What has no place of its own: stacks, security groups, route tables, by kind."""


def parts_of(lab: Lab, marks: Marks) -> Parts:
    """Return a lab's parts; every finding is with one of them."""
    aws_router = aws_router_name(lab)
    hosts = tuple(
        (
            f"{entry.count} x {entry.name}, {entry.instance_type}",
            tuple(marks.at(name, ("host", None, name), ("endpoint", None, name)) for name in entry.names),
        )
        for entry in lab.hosts
    )
    groups = tuple(marks.at(group.name, ("group", None, group.name), detail=str(group.address)) for group in lab.groups)
    sites = tuple(_site(lab, site, marks) for site in lab.sites)
    router = marks.at(
        within_lab(aws_router), ("router", None, aws_router), detail=f"rendezvous point {lab.router.loopback}"
    )
    gateway = marks.at("Transit Gateway", ("gateway", None, None))
    domain = marks.at("multicast domain", ("domain", None, None))
    return Parts(
        region=lab.region,
        vpc=str(lab.vpc.cidr),
        router=router,
        gateway=gateway,
        domain=domain,
        sites=sites,
        hosts=hosts,
        groups=groups,
        # Last: what the others have left.
        rules=tuple(mark for _, mark in marks.rest()),
    )


def _site(lab: Lab, site: Site, marks: Marks) -> SiteParts:
    router = far_router_name(lab, site)
    return SiteParts(
        name=site.name,
        lan=str(site.lan),
        router=marks.at(within_lab(router), ("router", None, router), detail=f"AS {site.router.asn}"),
        devices=tuple(
            marks.at(device.name, ("device", site.name, device.name), ("endpoint", None, device.name))
            for device in site.devices
        ),
        tunnels=tuple(_tunnel(site, index, marks) for index in range(len(site.tunnels))),
        gre=marks.at(
            site.gre_interface, ("gre-tunnel", site.name, None), detail=f"GRE and PIM to {site.router.loopback}"
        ),
    )


def _tunnel(site: Site, index: int, marks: Marks) -> Mark:
    """Return a VPN tunnel, named by the far router's interface, with the BGP session that runs through it."""
    interface = VPN_INTERFACES[index]
    neighbour = str(inside_addresses(site.tunnels[index])[0].ip)
    return marks.at(
        interface,
        ("vpn-tunnel", site.name, interface),
        ("bgp", site.name, neighbour),
        detail=f"VPN and BGP to {neighbour}",
    )
