"""What was seen of a lab at one moment, as values. None, or nothing, is what could not be seen; `unseen` says why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address, IPv4Network

    from mcastlab.ios.configuration import Tree
    from mcastlab.ios.show.multicast import (
        IgmpGroup,
        IgmpInterface,
        Mroute,
        MrouteCount,
        PimInterface,
        PimNeighbor,
        PimTunnel,
        Rpf,
        RpMapping,
    )
    from mcastlab.ios.show.routing import RouteTo
    from mcastlab.ios.show.system import InterfaceBrief, Ping, Version
    from mcastlab.ios.show.vpn import BgpPeer, Ikev2Sa


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """Something that could not be looked at."""

    what: str
    """``aws``, ``facts``, or the name of a router, a host or a device."""
    why: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceView:
    """An EC2 instance with its first network interface."""

    instance_id: str
    state: str
    instance_type: str
    nitro: bool | None
    """None where EC2 does not tell."""
    source_dest_check: bool
    address: IPv4Address | None
    subnet_id: str
    interface_id: str
    security_groups: tuple[str, ...]
    """Their ids."""

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self.state == "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of a security group. `protocol` is a number as text, or ``-1`` for all; ports are None for all."""

    egress: bool
    protocol: str
    first_port: int | None
    last_port: int | None
    network: IPv4Network


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroupView:
    """A security group and its rules that name networks."""

    group_id: str
    name: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetView:
    """A subnet, and the route table that it uses."""

    subnet_id: str
    cidr: IPv4Network
    table_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcRoute:
    """A route of a VPC's route table; `target` is the id of what it leads to, or ``local``."""

    network: IPv4Network
    target: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentView:
    """An attachment of the Transit Gateway: to a VPC or a VPN connection."""

    attachment_id: str
    kind: str
    """``vpc`` or ``vpn``."""
    resource_id: str
    state: str
    table_id: str | None
    """The route table by which its traffic is routed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRoute:
    """A route of a Transit Gateway's table."""

    network: IPv4Network
    attachments: tuple[str, ...]
    active: bool
    """A route that is not is a black hole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayTableView:
    """A route table of the Transit Gateway."""

    table_id: str
    routes: tuple[GatewayRoute, ...]
    propagating: tuple[str, ...]
    """The attachments whose routes it learns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VpnTunnelView:
    """What AWS tells of a tunnel."""

    outside_address: IPv4Address
    up: bool
    message: str
    routes: int
    """How many it accepted by BGP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VpnView:
    """A Site-to-Site VPN connection."""

    connection_id: str
    state: str
    tunnels: tuple[VpnTunnelView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    """A member of a group in the multicast domain."""

    group: IPv4Address
    interface_id: str
    kind: str
    """``igmp`` or ``static``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainView:
    """The Transit Gateway's multicast domain."""

    domain_id: str
    gateway_id: str
    state: str
    igmpv2: bool
    subnets: Mapping[str, str]
    """The state of each subnet's association, by the subnet's id."""
    members: tuple[MemberView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsView:
    """The cloud half as AWS tells it."""

    account: str | None = None
    stacks: Mapping[str, str] = field(default_factory=dict)
    """The status of each stack of the lab that there is, by its name."""
    router: InstanceView | None = None
    hosts: Mapping[str, InstanceView] = field(default_factory=dict)
    """By the names that the document gives."""
    security_groups: Mapping[str, SecurityGroupView] = field(default_factory=dict)
    subnets: tuple[SubnetView, ...] = ()
    route_tables: Mapping[str, tuple[VpcRoute, ...]] = field(default_factory=dict)
    attachments: tuple[AttachmentView, ...] = ()
    gateway_tables: Mapping[str, GatewayTableView] = field(default_factory=dict)
    vpns: Mapping[str, VpnView] = field(default_factory=dict)
    """By site."""
    domain: DomainView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelRate:
    """How many packets went through a router's interface, in each direction, over a measured time."""

    interface: str
    in_pps: float
    out_pps: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterView:
    """A router as it shows itself. What it did not answer is None or empty, and named in `unread`."""

    name: str
    site: str | None = None
    """None for the AWS router."""
    version: Version | None = None
    throughput_kbits: int | None = None
    running: str = ""
    """The running configuration with its keys masked."""
    tree: Tree = ()
    """The same in sections."""
    keys: Mapping[str, bool] = field(default_factory=dict)
    """By the outside address of a VPN endpoint: whether the router's pre-shared key for it is the connection's."""
    interfaces: tuple[InterfaceBrief, ...] = ()
    ikev2: tuple[Ikev2Sa, ...] = ()
    bgp: tuple[BgpPeer, ...] = ()
    pim_interfaces: tuple[PimInterface, ...] = ()
    pim_neighbors: tuple[PimNeighbor, ...] = ()
    rp_mappings: tuple[RpMapping, ...] = ()
    pim_tunnels: tuple[PimTunnel, ...] = ()
    igmp_interfaces: tuple[IgmpInterface, ...] = ()
    igmp_groups: tuple[IgmpGroup, ...] = ()
    mroutes: tuple[Mroute, ...] = ()
    mroute_counts: tuple[MrouteCount, ...] = ()
    rpf: Mapping[IPv4Address, Rpf | None] = field(default_factory=dict)
    """By the address that was asked for; None where the router has no reverse path."""
    routes: Mapping[IPv4Address, RouteTo | None] = field(default_factory=dict)
    """By the loopbacks at the other ends of GRE; None where at most the default route leads there."""
    underlay: Ping | None = None
    """From its loopback to the AWS router's, as GRE goes; of far routers only."""
    overlay: Ping | None = None
    """To the other end of its GRE tunnel; of far routers only."""
    full_size: Ping | None = None
    """The same, as large as the design lets packets be, and not to be cut."""
    rates: tuple[TunnelRate, ...] = ()
    """Of the GRE tunnels, where they were asked for."""
    unread: Mapping[str, str] = field(default_factory=dict)
    """What could not be read of an answer, by command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostView:
    """An EC2 host or a far device as it shows itself."""

    name: str
    site: str | None = None
    """None for an EC2 host."""
    kernel: str = ""
    interface: str | None = None
    """Where its multicast leaves."""
    source: IPv4Address | None = None
    """The address that its multicast has."""
    mtu: int | None = None
    igmp_version: int | None = None
    """The IGMP version of its first report: what is forced, else what the kernel heard last, else 3."""
    igmp_forced: bool = False
    ttl: int | None = None
    """The TTL with which a datagram left that was given `ttl_given`; None where it was not measured."""
    ttl_given: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """All that was seen."""

    aws: AwsView | None = None
    routers: Mapping[str, RouterView] = field(default_factory=dict)
    """By name in reports."""
    hosts: Mapping[str, HostView] = field(default_factory=dict)
    """EC2 hosts and far devices by name."""
    unseen: tuple[Unseen, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    """How long each part was looked at: ``aws``, and the names of routers and hosts."""

    def why_unseen(self, what: str) -> Unseen | None:
        """Return why something could not be looked at, or None."""
        return next((each for each in self.unseen if each.what == what), None)
