"""Rules of security groups in the words of this design, as few as say exactly what it needs.

A group's datagrams are let in by port and source, as no rule can name the multicast group; out by port and group.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, collapse_addresses
from typing import TYPE_CHECKING, Final

from aws_cdk import aws_ec2 as ec2

from mcastlab.lab.design.addresses import ALL_ROUTERS, host_route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcastlab.lab.model import Group

IGMP: Final = ec2.Port(protocol=ec2.Protocol.IGMP, string_representation="IGMP")
GRE: Final = ec2.Port(protocol=ec2.Protocol.GRE, string_representation="GRE")
PIM: Final = ec2.Port(protocol=ec2.Protocol.PIM, string_representation="PIM")
QUERIER: Final = IPv4Network("0.0.0.0/32")
"""Where the gateway's IGMP queries come from. Source: AWS Transit Gateway user guide, Multicast routing."""


def peer(network: IPv4Network | IPv4Address) -> ec2.IPeer:
    """Return a network or one address as the peer of a rule."""
    return ec2.Peer.ipv4(str(network if isinstance(network, IPv4Network) else host_route(network)))


def allow_membership(target: ec2.SecurityGroup, groups: Iterable[Group]) -> None:
    """Let the gateway's queries in, and reports and leaves out.

    Source: AWS Transit Gateway user guide, Multicast routing, minimum security group rules.
    """
    target.add_ingress_rule(peer(QUERIER), IGMP, "IGMP queries of the Transit Gateway")
    target.add_egress_rule(peer(ALL_ROUTERS), IGMP, "IGMP leaves")
    for network in _networks(groups):
        target.add_egress_rule(peer(network), IGMP, f"IGMP reports for {network}")


def allow_data_in(target: ec2.SecurityGroup, sources: Iterable[tuple[Group, IPv4Network]]) -> None:
    """Let datagrams in from where a group's senders are; several groups on one port share a rule."""
    for port, network in sorted({(group.port, network) for group, network in sources}):
        target.add_ingress_rule(peer(network), ec2.Port.udp(port), f"Groups on port {port} from {network}")


def allow_data_out(target: ec2.SecurityGroup, groups: Iterable[Group]) -> None:
    """Let datagrams out to the groups; groups that fill a block share a rule."""
    by_port: dict[int, list[Group]] = {}
    for group in groups:
        by_port.setdefault(group.port, []).append(group)
    for port, of_port in sorted(by_port.items()):
        for network in _networks(of_port):
            target.add_egress_rule(peer(network), ec2.Port.udp(port), f"Groups {network} on port {port}")


def _networks(groups: Iterable[Group]) -> list[IPv4Network]:
    """Return the fewest networks that hold the groups' addresses and no other."""
    return list(collapse_addresses(host_route(group.address) for group in groups))
