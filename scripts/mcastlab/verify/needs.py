"""What a lab needs of its parts so that multicast flows, worked out from the document. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.addresses import gre_addresses
from mcastlab.lab.design.names import AWS_INTERFACE, LOOPBACK, aws_router_name, far_router_name
from mcastlab.lab.design.roles import hosts_in, names_in, sites_in
from mcastlab.lab.design.sizes import budget_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from ipaddress import IPv4Address

    from mcastlab.lab.model import Group, Hosts, Lab, Site

ASKED_OF_AN_ENTRY: Final = 8
"""So many hosts of an entry stand for all of it, when a router is asked for the reverse path."""

PINGS: Final = "repeat 2 timeout 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversePath:
    """The interface by which a router must look back to an address."""

    router: str
    site: str | None
    """The site that is cut off if it does not."""
    towards: str
    """Whose address it is."""
    address: IPv4Address
    interface: str


def pings_of(lab: Lab, site: Site) -> dict[str, str]:
    """Return what a far router pings: the AWS router's loopback as GRE goes, and through GRE at full size."""
    near = gre_addresses(site)[0].ip
    size = budget_of(lab, site).gre_mtu
    return {
        "underlay": f"ping {lab.router.loopback} source {LOOPBACK} {PINGS}",
        "overlay": f"ping {near} {PINGS}",
        "full_size": f"ping {near} size {size} {PINGS} df-bit",
    }


def sends(lab: Lab, entry: Hosts | Site) -> tuple[Group, ...]:
    """Return the groups to which a hosts entry or a site sends."""
    return tuple(group for group in lab.groups if entry.name in names_in(lab, group, "senders"))


def receives(lab: Lab, entry: Hosts | Site) -> tuple[Group, ...]:
    """Return the groups from which a hosts entry or a site receives."""
    return tuple(group for group in lab.groups if entry.name in names_in(lab, group, "receivers"))


def to_site(lab: Lab, site: Site) -> tuple[Group, ...]:
    """Return the groups that go from the VPC to a site."""
    return tuple(group for group in receives(lab, site) if hosts_in(lab, group, "senders"))


def to_vpc(lab: Lab, site: Site) -> tuple[Group, ...]:
    """Return the groups that go from a site to the VPC."""
    return tuple(group for group in sends(lab, site) if hosts_in(lab, group, "receivers"))


def elsewhere(lab: Lab, site: Site) -> tuple[Group, ...]:
    """Return the groups that a site sends to anybody outside its LAN."""
    return tuple(group for group in sends(lab, site) if set(names_in(lab, group, "receivers")) - {site.name})


def reverse_paths(lab: Lab, addresses: Mapping[str, IPv4Address]) -> tuple[ReversePath, ...]:
    """Return every reverse path that datagrams depend on; `addresses` are those of the EC2 hosts, by name."""
    return (*_to_rendezvous_point(lab), *_to_hosts(lab, addresses), *_to_devices(lab))


def _to_rendezvous_point(lab: Lab) -> Iterator[ReversePath]:
    for site in lab.sites:
        if receives(lab, site) or elsewhere(lab, site):
            yield ReversePath(
                router=far_router_name(lab, site),
                site=site.name,
                towards="the rendezvous point",
                address=lab.rendezvous_point,
                interface=site.gre_interface,
            )


def _to_hosts(lab: Lab, addresses: Mapping[str, IPv4Address]) -> Iterator[ReversePath]:
    for hosts in lab.hosts:
        known = [(name, addresses[name]) for name in hosts.names if name in addresses][:ASKED_OF_AN_ENTRY]
        sites = [site for site in lab.sites if set(to_site(lab, site)) & set(sends(lab, hosts))]
        beside = hosts.subnet == lab.router.subnet
        for name, address in known if sites else ():
            if beside:
                yield ReversePath(
                    router=aws_router_name(lab), site=None, towards=name, address=address, interface=AWS_INTERFACE
                )
            for site in sites:
                yield ReversePath(
                    router=far_router_name(lab, site),
                    site=site.name,
                    towards=name,
                    address=address,
                    interface=site.gre_interface,
                )


def _to_devices(lab: Lab) -> Iterator[ReversePath]:
    for home in lab.sites:
        groups = elsewhere(lab, home)
        others = {site.name: site for group in groups for site in sites_in(lab, group, "receivers") if site != home}
        for device in home.devices[:ASKED_OF_AN_ENTRY] if groups else ():
            ways = [
                (far_router_name(lab, home), home.name, home.router.lan.interface),
                (aws_router_name(lab), home.name, home.gre_interface),
                *((far_router_name(lab, site), site.name, site.gre_interface) for site in others.values()),
            ]
            for router, site_name, interface in ways:
                yield ReversePath(
                    router=router, site=site_name, towards=device.name, address=device.address, interface=interface
                )
