"""Security groups: a rule for each flow that the design allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import aws_ec2 as ec2

from mcastlab.lab.design.allowed_flow import AllowedFlow, Protocol
from mcastlab.lab.design.flows import MANAGEMENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from constructs import Construct

    from mcastlab.lab.blocks import PortRange
    from mcastlab.lab.design.allowed_flow import FlowInterface

_PORTS: Final = {
    Protocol.ICMP: ec2.Port.all_icmp(),
    Protocol.IGMP: ec2.Port(protocol=ec2.Protocol.IGMP, string_representation="IGMP"),
    Protocol.GRE: ec2.Port(protocol=ec2.Protocol.GRE, string_representation="GRE"),
    Protocol.PIM: ec2.Port(protocol=ec2.Protocol.PIM, string_representation="PIM"),
}


def security_group(
    scope: Construct, id_: str, *, vpc: ec2.IVpc, description: str, flows: Iterable[AllowedFlow] = ()
) -> ec2.SecurityGroup:
    """Return a new security group that lets flows pass, and nothing else."""
    group = ec2.SecurityGroup(scope, id_, vpc=vpc, description=description, allow_all_outbound=False)
    for flow in flows:
        peer = ec2.Peer.ipv4(str(flow.network))
        port = _PORTS[flow.protocol] if flow.ports is None else _port(flow.protocol, flow.ports)
        add = group.add_egress_rule if flow.egress else group.add_ingress_rule
        add(peer, port, flow.description)
    return group


def _port(protocol: Protocol, ports: PortRange) -> ec2.Port:
    if protocol is Protocol.TCP:
        return ec2.Port.tcp_range(ports.first, ports.last) if ports.first != ports.last else ec2.Port.tcp(ports.first)
    return ec2.Port.udp(ports.first) if ports.first == ports.last else ec2.Port.udp_range(ports.first, ports.last)


def allow_management(groups: Mapping[FlowInterface, ec2.SecurityGroup]) -> None:
    """Let the flows of management pass between security groups, as far as both of their ends are among them."""
    for flow in MANAGEMENT:
        if flow.source in groups and flow.target in groups:
            port = ec2.Port.tcp(flow.port)
            groups[flow.target].add_ingress_rule(groups[flow.source], port, f"{flow.name} from the {flow.source}")
            groups[flow.source].add_egress_rule(groups[flow.target], port, f"{flow.name} to the {flow.target}")
