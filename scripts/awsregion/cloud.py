"""What the region holds, as one immutable value: the hand-over from the AWS API to the fabric.

The region makes it, the fabric reads it. Names follow the EC2 API; only what moves packets is here.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Literal

from mcastlab_base.frozen import Frozen
from mcastlab_base.secret import Secret


class Route(Frozen):
    """A route of a VPC route table. The local route is not listed: every table has it."""

    destination: IPv4Network
    target: Literal["network-interface", "transit-gateway"]
    target_id: str


class RouteTable(Frozen):
    """A VPC route table."""

    id: str
    vpc_id: str
    routes: tuple[Route, ...]


class CloudVpc(Frozen):
    """A VPC with its primary CIDR block first; each block is local to every route table and propagates to gateways."""

    id: str
    cidrs: tuple[IPv4Network, ...]


class CloudSubnet(Frozen):
    """A subnet; `route_table_id` is the main table's where none is associated."""

    id: str
    vpc_id: str
    cidr: IPv4Network
    zone: str
    """The availability zone's name."""
    route_table_id: str


class Rule(Frozen):
    """A rule of a security group: an IP protocol number (-1 is all), a port range where it has one, and peers."""

    protocol: int
    from_port: int | None
    to_port: int | None
    cidrs: tuple[IPv4Network, ...]
    group_ids: tuple[str, ...]


class SecurityGroup(Frozen):
    """A security group: what may enter and leave."""

    id: str
    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]


class NetworkInterface(Frozen):
    """A network interface with its primary private address."""

    id: str
    subnet_id: str
    address: IPv4Address
    source_dest_check: bool
    group_ids: tuple[str, ...]
    instance_id: str | None


class Instance(Frozen):
    """An EC2 instance that is pending or running; `platform` is what its image boots."""

    id: str
    name: str
    """The Name tag, or the id."""
    platform: Literal["ios-xe", "linux"]
    network_interface_ids: tuple[str, ...]
    user_data: str
    """Decoded text."""
    public_key: str | None
    """The key pair's public half in OpenSSH form, where the instance has a key pair."""
    boots: int = 0
    """How often it was rebooted: another number asks for a reboot, with the disk that it has."""
    booting: bool = False
    """It runs, and what its image boots does not answer yet."""


class VpcAttachment(Frozen):
    """A VPC's attachment to a Transit Gateway."""

    id: str
    transit_gateway_id: str
    vpc_id: str
    subnet_ids: tuple[str, ...]


class VpnTunnel(Frozen):
    """One tunnel of a VPN connection, from the AWS side."""

    outside_address: IPv4Address
    inside_cidr: IPv4Network
    """First host AWS, second host customer."""
    pre_shared_key: Secret
    encryption: tuple[str, ...]
    """Phase 1 and 2 algorithms as the EC2 API writes them, e.g. AES256; empty where the connection allows all."""
    integrity: tuple[str, ...]
    dh_groups: tuple[int, ...]
    replay_window: int
    """How many packets one may come behind the latest and still be taken."""


class VpnConnection(Frozen):
    """A Site-to-Site VPN connection on a Transit Gateway."""

    id: str
    transit_gateway_id: str
    attachment_id: str
    customer_address: IPv4Address
    customer_asn: int
    tunnels: tuple[VpnTunnel, ...]
    bgp: bool = True
    """Its AWS end opens BGP."""


class TransitGatewayRoute(Frozen):
    """A static route of a Transit Gateway route table; no attachment means blackhole."""

    destination: IPv4Network
    attachment_id: str | None


class TransitGatewayRouteTable(Frozen):
    """A Transit Gateway route table: who looks routes up in it, and whose routes it learns."""

    id: str
    transit_gateway_id: str
    associated_attachment_ids: tuple[str, ...]
    propagating_attachment_ids: tuple[str, ...]
    routes: tuple[TransitGatewayRoute, ...]


class TransitGateway(Frozen):
    """A Transit Gateway."""

    id: str
    asn: int


class StaticMember(Frozen):
    """A group member that the API registered."""

    group: IPv4Address
    network_interface_id: str


class MulticastDomain(Frozen):
    """A multicast domain: the subnets in it, and its members by API."""

    id: str
    transit_gateway_id: str
    igmpv2: bool
    subnet_ids: tuple[str, ...]
    static_members: tuple[StaticMember, ...]


class Cloud(Frozen):
    """All that moves packets in one region."""

    vpcs: tuple[CloudVpc, ...] = ()
    subnets: tuple[CloudSubnet, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    security_groups: tuple[SecurityGroup, ...] = ()
    network_interfaces: tuple[NetworkInterface, ...] = ()
    instances: tuple[Instance, ...] = ()
    transit_gateways: tuple[TransitGateway, ...] = ()
    transit_gateway_route_tables: tuple[TransitGatewayRouteTable, ...] = ()
    vpc_attachments: tuple[VpcAttachment, ...] = ()
    vpn_connections: tuple[VpnConnection, ...] = ()
    multicast_domains: tuple[MulticastDomain, ...] = ()
    stopped: tuple[str, ...] = ()
    """Ids of instances that are stopped: nothing of them moves packets, and their disks stay."""
