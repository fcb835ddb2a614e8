"""A lab, what deployment made of it and what was seen of it: all that rungs and causes read. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mcastlab.command_line import LabCommand
from mcastlab.ios.configuration import section
from mcastlab.lab.design.names import VPN_INTERFACES, aws_router_name, far_router_name
from mcastlab.verify.model import Subject
from mcastlab.verify.observations import AwsView

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from mcastlab.facts import Facts
    from mcastlab.ios.show.system import InterfaceBrief
    from mcastlab.ios.show.vpn import BgpPeer, Ikev2Sa
    from mcastlab.lab.model import Lab, Site
    from mcastlab.verify.observations import AttachmentView, Observations, RouterView, SubnetView, VpnTunnelView


IPSEC_UP: Final = "IPSEC IS UP"
"""What the telemetry of a tunnel says that waits for BGP. Source: AWS Site-to-Site VPN, VgwTelemetry StatusMessage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelSight:
    """One VPN tunnel from both of its ends."""

    site: Site
    number: int
    """1 or 2."""
    interface: str
    """The far router's: the one that leads to the endpoint, or the one that the design gives it."""
    outside_address: IPv4Address
    neighbor: IPv4Address
    """The endpoint's BGP address."""
    aws_asn: int
    aws: VpnTunnelView | None
    line: InterfaceBrief | None
    ike: Ikev2Sa | None
    bgp: BgpPeer | None

    @property
    def subject(self) -> Subject:
        """The tunnel as a subject of findings."""
        return Subject(kind="vpn-tunnel", name=self.interface, site=self.site.name)

    @property
    def up(self) -> bool:
        """Whether both ends say so; an end that was not seen says nothing against it."""
        return self.aws_up and (self.line is None or self.line_up) and self.ike_ready

    @property
    def aws_up(self) -> bool:
        """Whether AWS tells that IPsec is up, as far as it tells; it counts a tunnel without BGP as down."""
        return self.aws is None or self.aws.up or IPSEC_UP in self.aws.message

    @property
    def line_up(self) -> bool:
        """Whether the far router's interface is up."""
        return self.line is not None and self.line.admin_up and self.line.protocol_up

    @property
    def ike_ready(self) -> bool:
        """Whether the far router has an IKEv2 association with the endpoint, as far as the router was seen."""
        return self.line is None or (self.ike is not None and self.ike.ready)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that rungs and causes may know."""

    lab: Lab
    facts: Facts | None
    seen: Observations
    only: str | None = None
    """The only site that was looked at, None for all of them."""
    command: LabCommand = field(default_factory=LabCommand)
    """How a command of ours says that it is about this lab."""

    @property
    def sites(self) -> tuple[Site, ...]:
        """The sites that were looked at."""
        return tuple(site for site in self.lab.sites if self.only in {None, site.name})

    @property
    def aws(self) -> AwsView:
        """The cloud half; empty where AWS told nothing."""
        return self.seen.aws or AwsView()

    @property
    def aws_router(self) -> RouterView | None:
        """The AWS router, if it was seen."""
        return self.seen.routers.get(aws_router_name(self.lab))

    def far_router(self, site: Site) -> RouterView | None:
        """Return a site's router, if it was seen."""
        return self.seen.routers.get(far_router_name(self.lab, site))

    def tunnels(self, site: Site) -> tuple[TunnelSight, ...]:
        """Return a site's VPN tunnels; none where deployment's facts are not known."""
        if self.facts is None or site.name not in self.facts.sites:
            return ()
        view, vpn = self.far_router(site), self.aws.vpns.get(site.name)
        told = {} if vpn is None else {each.outside_address: each for each in vpn.tunnels}
        found = []
        for number, tunnel in enumerate(self.facts.sites[site.name].tunnels, start=1):
            outside, neighbor = tunnel.outside_address, tunnel.aws_address.ip
            interface = VPN_INTERFACES[number - 1]
            if view is not None:
                interface = leading_to(view, outside) or interface
            found.append(
                TunnelSight(
                    site=site,
                    number=number,
                    interface=interface,
                    outside_address=outside,
                    neighbor=neighbor,
                    aws_asn=tunnel.aws_asn,
                    aws=told.get(outside),
                    line=None if view is None else line_of(view, interface),
                    ike=None if view is None else _best_ike(view, outside),
                    bgp=None if view is None else next((each for each in view.bgp if each.address == neighbor), None),
                )
            )
        return tuple(found)

    def vpn_up(self, site: Site) -> bool:
        """Say whether at least one of a site's VPN tunnels is up; where none is known, nothing speaks against it."""
        tunnels = self.tunnels(site)
        return not tunnels or any(tunnel.up for tunnel in tunnels)

    def bgp_up(self, site: Site) -> bool:
        """Say whether at least one BGP session of a site is established."""
        return self.far_router(site) is None or any(
            tunnel.bgp is not None and tunnel.bgp.prefixes is not None for tunnel in self.tunnels(site)
        )

    def underlay_up(self, site: Site) -> bool:
        """Say whether the far router reaches the AWS router's loopback; what was not tried speaks for nothing."""
        view = self.far_router(site)
        return view is not None and view.underlay is not None and view.underlay.received > 0

    def overlay_up(self, site: Site) -> bool:
        """Say whether packets pass the GRE tunnel; what was not tried speaks for nothing."""
        view = self.far_router(site)
        return view is not None and view.overlay is not None and view.overlay.received > 0

    def subnet_of(self, name: str) -> SubnetView | None:
        """Return the subnet that the document gives that name."""
        cidr = self.lab.subnet(name).cidr
        return next((each for each in self.aws.subnets if each.cidr == cidr), None)

    def vpc_attachment(self) -> AttachmentView | None:
        """Return the VPC's attachment to the gateway."""
        return next((each for each in self.aws.attachments if each.kind == "vpc"), None)

    def vpn_attachment(self, site: Site) -> AttachmentView | None:
        """Return the attachment of a site's VPN connection."""
        vpn = self.aws.vpns.get(site.name)
        wanted = None if vpn is None else vpn.connection_id
        return next((each for each in self.aws.attachments if each.resource_id == wanted), None)


def line_of(view: RouterView, interface: str) -> InterfaceBrief | None:
    """Return an interface's state."""
    return next((each for each in view.interfaces if each.name == interface), None)


def lines_of(view: RouterView, interface: str) -> tuple[str, ...] | None:
    """Return the configuration of an interface; None where it has none."""
    found = section(view.tree, f"interface {interface}")
    return None if found is None else tuple(line.text for line in found.below)


def value_of(view: RouterView, interface: str, word: str) -> str | None:
    """Return what stands behind a word in an interface's configuration: ``tunnel destination``, ``ip mtu``."""
    lines = lines_of(view, interface) or ()
    return next((line.removeprefix(f"{word} ") for line in lines if line.startswith(f"{word} ")), None)


def leading_to(view: RouterView, address: IPv4Address) -> str | None:
    """Return the tunnel interface whose destination an address is."""
    for top in view.tree:
        if top.text.startswith("interface Tunnel") and any(
            line.text == f"tunnel destination {address}" for line in top.below
        ):
            return top.text.removeprefix("interface ")
    return None


def router_subject(view_name: str, site: Site | None) -> Subject:
    """Return a router as a subject of findings."""
    return Subject(kind="router", name=view_name, site=None if site is None else site.name)


def _best_ike(view: RouterView, outside: IPv4Address) -> Ikev2Sa | None:
    every = [each for each in view.ikev2 if each.remote == outside]
    return next((each for each in every if each.ready), every[0] if every else None)
