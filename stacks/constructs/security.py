"""Rules of security groups in the words of this design."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Final

from aws_cdk import aws_ec2 as ec2

from mcastlab.lab.addressing import ALL_ROUTERS, host_route

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


def allow_membership(group: ec2.SecurityGroup, groups: Iterable[Group]) -> None:
    """Let the gateway's queries in, and reports and leaves out.

    Source: AWS Transit Gateway user guide, Multicast routing, minimum security group rules.
    """
    group.add_ingress_rule(peer(QUERIER), IGMP, "IGMP queries of the Transit Gateway")
    group.add_egress_rule(peer(ALL_ROUTERS), IGMP, "IGMP leaves")
    for multicast in groups:
        group.add_egress_rule(peer(multicast.address), IGMP, f"IGMP reports for {multicast.name}")


def allow_data(group: ec2.SecurityGroup, groups: Iterable[Group], sources: Iterable[IPv4Network]) -> None:
    """Let the groups' datagrams in from where senders are, and out to the groups."""
    networks = tuple(sources)
    for multicast in groups:
        port = ec2.Port.udp(multicast.port)
        for network in networks:
            group.add_ingress_rule(peer(network), port, f"{multicast.name} from {network}")
        group.add_egress_rule(peer(multicast.address), port, f"{multicast.name} to its group")
