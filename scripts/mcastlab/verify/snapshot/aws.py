"""The cloud half of a lab as AWS shows it at one time, as values. None, or nothing, is what was not observed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address, IPv4Network


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedInterface:
    """A network interface of an EC2 instance beside its first one."""

    interface_id: str
    subnet_id: str
    source_dest_check: bool
    security_groups: tuple[str, ...]
    """Their ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedInstance:
    """An EC2 instance with its first network interface, and the others."""

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
    others: tuple[ObservedInterface, ...] = ()
    """By device index, from 1."""

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self.state == "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedRule:
    """A rule of a security group. `protocol` is a number as text, or ``-1`` for all; ports are None for all."""

    egress: bool
    protocol: str
    first_port: int | None
    last_port: int | None
    network: IPv4Network


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedSecurityGroup:
    """A security group and its rules that name networks."""

    group_id: str
    name: str
    rules: tuple[ObservedRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedSubnet:
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
class ObservedAttachment:
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
class ObservedGatewayTable:
    """A route table of the Transit Gateway."""

    table_id: str
    routes: tuple[GatewayRoute, ...]
    propagating: tuple[str, ...]
    """The attachments whose routes it learns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedVpnTunnel:
    """What AWS tells of a tunnel."""

    outside_address: IPv4Address
    up: bool
    message: str
    routes: int
    """How many it accepted by BGP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedVpn:
    """A Site-to-Site VPN connection."""

    connection_id: str
    state: str
    tunnels: tuple[ObservedVpnTunnel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedMember:
    """A member of a group in the multicast domain."""

    group: IPv4Address
    interface_id: str
    kind: str
    """``igmp`` or ``static``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedDomain:
    """The Transit Gateway's multicast domain."""

    domain_id: str
    gateway_id: str
    state: str
    igmpv2: bool
    subnets: Mapping[str, str]
    """The state of each subnet's association, by the subnet's id."""
    members: tuple[ObservedMember, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedAws:
    """The cloud half as AWS tells it."""

    account: str | None = None
    stacks: Mapping[str, str] = field(default_factory=dict)
    """The status of each stack of the lab that there is, by its name."""
    router: ObservedInstance | None = None
    hosts: Mapping[str, ObservedInstance] = field(default_factory=dict)
    """By the names that the lab file gives."""
    security_groups: Mapping[str, ObservedSecurityGroup] = field(default_factory=dict)
    subnets: tuple[ObservedSubnet, ...] = ()
    route_tables: Mapping[str, tuple[VpcRoute, ...]] = field(default_factory=dict)
    attachments: tuple[ObservedAttachment, ...] = ()
    gateway_tables: Mapping[str, ObservedGatewayTable] = field(default_factory=dict)
    vpns: Mapping[str, ObservedVpn] = field(default_factory=dict)
    """By site."""
    domain: ObservedDomain | None = None
