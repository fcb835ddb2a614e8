"""A lab, what deployment made of it, and everything observed of it at one time: what checks read. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Final

from mcastlab.command_line import LabCommand
from mcastlab.follow.snapshot import ObservedFollower
from mcastlab.lab.design.addresses import host_route
from mcastlab.lab.design.names import aws_router_name, in_reports, remote_router_name
from mcastlab.lab.design.reverse_paths import reverse_paths
from mcastlab.lab.design.routers import designed_routers, sender_interfaces
from mcastlab.verify.findings import Subject
from mcastlab.verify.snapshot.aws import ObservedAws

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from ipaddress import IPv4Address

    from mcastlab.facts import Facts
    from mcastlab.ios.show.system import InterfaceBrief, Ping
    from mcastlab.ios.show.vpn import BgpPeer, Ikev2Sa
    from mcastlab.lab.design.reverse_paths import ReversePath
    from mcastlab.lab.design.routers import RouterDesign, VpcInterface
    from mcastlab.lab.model import Hosts, Lab, Site
    from mcastlab.verify.snapshot.aws import (
        ObservedAttachment,
        ObservedInterface,
        ObservedSubnet,
        ObservedVpnTunnel,
    )
    from mcastlab.verify.snapshot.hosts import ObservedHost
    from mcastlab.verify.snapshot.routers import ObservedRouter

AWS: Final = "aws"
FACTS: Final = "facts"

IPSEC_UP: Final = "IPSEC IS UP"
"""The telemetry of a tunnel that waits for BGP. Source: AWS Site-to-Site VPN, VgwTelemetry StatusMessage."""

ASKED_OF_AN_ENTRY: Final = 8
"""So many hosts of an entry stand for all of it, when a router is asked for the reverse path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """Something that could not be observed."""

    what: str
    """``aws``, ``facts``, or the name of a router, a host or a device."""
    why: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelEnds:
    """One VPN tunnel from both of its ends."""

    site: Site
    number: int
    """1 or 2."""
    interface: str
    """The remote router's: the one that leads to the endpoint, or the one that the design gives it."""
    outside_address: IPv4Address
    neighbor: IPv4Address
    """The endpoint's BGP address."""
    aws_asn: int
    aws: ObservedVpnTunnel | None
    line: InterfaceBrief | None
    ike: Ikev2Sa | None
    bgp: BgpPeer | None

    @property
    def subject(self) -> Subject:
        """The tunnel as a subject of findings."""
        return Subject(kind="vpn_tunnel", name=self.interface, site=self.site.name)

    @property
    def up(self) -> bool:
        """Whether both ends say so; an end that was not observed says nothing against it."""
        return self.aws_up and (self.line is None or self.line_up) and self.ike_ready

    @property
    def aws_up(self) -> bool:
        """Whether IPsec is up as far as AWS says; it counts a tunnel without BGP as down."""
        return self.aws is None or self.aws.up or IPSEC_UP in self.aws.message

    @property
    def line_up(self) -> bool:
        """Whether the remote router's interface is up."""
        return self.line is not None and self.line.admin_up and self.line.protocol_up

    @property
    def ike_ready(self) -> bool:
        """Whether the remote router has an IKEv2 association with the endpoint, as far as it was observed."""
        return self.line is None or (self.ike is not None and self.ike.ready)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A lab and everything observed of it at one time."""

    lab: Lab
    facts: Facts | None = None
    cloud: ObservedAws | None = None
    """The cloud half; None where AWS did not answer."""
    routers: Mapping[str, ObservedRouter] = field(default_factory=dict)
    """By name in reports."""
    hosts: Mapping[str, ObservedHost] = field(default_factory=dict)
    """EC2 hosts and devices by name."""
    follower: ObservedFollower = field(default_factory=ObservedFollower)
    """Who follows the groups of the lab's blocks, as far as this machine knows."""
    unseen: tuple[Unseen, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    """How long each part was observed: ``aws``, and the names of routers and hosts."""
    only: str | None = None
    """The only site that was observed, None for all of them."""
    command: LabCommand = field(default_factory=partial(LabCommand, found=True))
    """How a command of ours says that it is about this lab."""

    def why_unseen(self, what: str) -> Unseen | None:
        """Return why something could not be observed, or None."""
        return next((each for each in self.unseen if each.what == what), None)

    @property
    def sites(self) -> tuple[Site, ...]:
        """The sites that were observed."""
        return tuple(site for site in self.lab.sites if self.only in {None, site.name})

    @property
    def aws(self) -> ObservedAws:
        """The cloud half; empty where AWS did not answer."""
        return self.cloud or ObservedAws()

    @property
    def aws_router(self) -> ObservedRouter | None:
        """The AWS router, if it was observed."""
        return self.routers.get(aws_router_name(self.lab))

    def remote_router(self, site: Site) -> ObservedRouter | None:
        """Return a site's router, if it was observed."""
        return self.routers.get(remote_router_name(self.lab, site))

    def designed(self) -> Iterator[tuple[RouterDesign, ObservedRouter | None]]:
        """Yield each router of the design that was to be observed, with what was observed of it."""
        for design in designed_routers(self.lab):
            if design.site is None or self.only in {None, design.site.name}:
                yield design, self.routers.get(design.name)

    def endpoints(self) -> Iterator[tuple[Hosts | Site, Subject, ObservedHost | None]]:
        """Yield every EC2 host and every device, with its entry or site and what was observed of it."""
        for entry in self.lab.hosts:
            for name in entry.names:
                yield entry, Subject(kind="host", name=name), self.hosts.get(name)
        for site in self.sites:
            for device in site.machines:
                subject = Subject(kind="device", name=device.name, site=site.name)
                yield site, subject, self.hosts.get(device.name)

    def is_bare(self, router: ObservedRouter) -> bool:
        """Say whether a router runs nothing of the lab's configuration: one diagnosis tells all of that."""
        ours = {f"interface {site.gre_interface}" for site in self.lab.sites}
        return bool(router.tree) and not any(
            line.text in ours or line.text.startswith("ip pim rp-address ") for line in router.tree
        )

    def tunnels(self, site: Site) -> tuple[TunnelEnds, ...]:
        """Return a site's VPN tunnels; none where deployment's facts are not known."""
        if self.facts is None or site.name not in self.facts.sites:
            return ()
        router, vpn = self.remote_router(site), self.aws.vpns.get(site.name)
        at_aws = {} if vpn is None else {each.outside_address: each for each in vpn.tunnels}
        found = []
        for number, tunnel in enumerate(self.facts.sites[site.name].tunnels, start=1):
            outside, neighbor = tunnel.outside_address, tunnel.aws_address.ip
            interface = site.router.vpn_interfaces[number - 1]
            if router is not None:
                interface = router.tunnel_to(outside) or interface
            found.append(
                TunnelEnds(
                    site=site,
                    number=number,
                    interface=interface,
                    outside_address=outside,
                    neighbor=neighbor,
                    aws_asn=tunnel.aws_asn,
                    aws=at_aws.get(outside),
                    line=None if router is None else router.interface(interface),
                    ike=None if router is None else _best_ike(router, outside),
                    bgp=None if router is None else next((e for e in router.bgp if e.address == neighbor), None),
                )
            )
        return tuple(found)

    def vpn_up(self, site: Site) -> bool:
        """Say whether at least one of a site's VPN tunnels is up; where none is known, nothing speaks against it."""
        tunnels = self.tunnels(site)
        return not tunnels or any(tunnel.up for tunnel in tunnels)

    def bgp_up(self, site: Site) -> bool:
        """Say whether at least one BGP session of a site is established."""
        return self.remote_router(site) is None or any(
            tunnel.bgp is not None and tunnel.bgp.prefixes is not None for tunnel in self.tunnels(site)
        )

    def underlay_up(self, site: Site) -> bool:
        """Say whether the remote router reaches the AWS router's loopback; what was not tried speaks for nothing."""
        router = self.remote_router(site)
        return router is not None and came_back(router.underlay)

    def overlay_up(self, site: Site) -> bool:
        """Say whether packets pass the GRE tunnel; what was not tried speaks for nothing."""
        router = self.remote_router(site)
        return router is not None and came_back(router.overlay)

    def subnet_of(self, name: str) -> ObservedSubnet | None:
        """Return the subnet to which the lab file gives that name."""
        cidr = self.lab.subnet(name).cidr
        return next((each for each in self.aws.subnets if each.cidr == cidr), None)

    def beside_senders(self) -> Iterator[tuple[VpcInterface, ObservedInterface | None]]:
        """Yield the AWS router's interfaces beside its first one, with what AWS tells of each."""
        router = self.aws.router
        for interface in sender_interfaces(self.lab):
            subnet = self.subnet_of(interface.subnet.name)
            there = () if router is None or subnet is None else router.others
            yield interface, next((each for each in there if subnet and each.subnet_id == subnet.subnet_id), None)

    def vpc_attachment(self) -> ObservedAttachment | None:
        """Return the VPC's attachment to the gateway."""
        return next((each for each in self.aws.attachments if each.kind == "vpc"), None)

    def vpn_attachment(self, site: Site) -> ObservedAttachment | None:
        """Return the attachment of a site's VPN connection."""
        vpn = self.aws.vpns.get(site.name)
        wanted = None if vpn is None else vpn.connection_id
        return next((each for each in self.aws.attachments if each.resource_id == wanted), None)


def came_back(ping: Ping | None) -> bool:
    """Say whether a ping was answered."""
    return ping is not None and ping.received > 0


def router_subject(name: str, site: Site | None) -> Subject:
    """Return a router as a subject of findings."""
    return Subject(kind="router", name=name, site=None if site is None else site.name)


def host_addresses(aws: ObservedAws | None) -> dict[str, IPv4Address]:
    """Return the address of each EC2 host that has one, by name."""
    return {} if aws is None else {name: each.address for name, each in aws.hosts.items() if each.address is not None}


def asked_paths(lab: Lab, addresses: Mapping[str, IPv4Address]) -> tuple[ReversePath, ...]:
    """Return the design's reverse paths, each to one address: routers by name in reports, hosts instead of entries.

    `addresses` are those of the EC2 hosts, by name. The first few of an entry, and devices of a site, stand for all.
    """
    hosts = {entry.name: entry.names for entry in lab.hosts}
    left_out = {device.name for site in lab.sites for device in site.devices[ASKED_OF_AN_ENTRY:]}
    found: list[ReversePath] = []
    for source, same in groupby(reverse_paths(lab), key=lambda path: path.source):
        paths = [replace(path, router=in_reports(lab, path.router)) for path in same]
        if source in hosts:
            known = [(name, addresses[name]) for name in hosts[source] if name in addresses][:ASKED_OF_AN_ENTRY]
            found += [replace(path, source=name, network=host_route(to)) for name, to in known for path in paths]
        elif source not in left_out:
            found += paths
    return tuple(found)


def _best_ike(router: ObservedRouter, outside: IPv4Address) -> Ikev2Sa | None:
    every = [each for each in router.ikev2 if each.remote == outside]
    return next((each for each in every if each.ready), every[0] if every else None)
