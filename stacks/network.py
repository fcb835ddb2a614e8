"""The lab's network: VPC, Transit Gateway, and the multicast domain that joins them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from mcastlab.lab.design.addresses import loopback_block, loopback_subnet, subnet_of_each_zone
from mcastlab.lab.design.kept_resources import NOTHING_KEPT
from mcastlab.lab.design.names import OutputKey
from mcastlab.lab.design.roles import associated_subnets

from .base import LabStack, publish
from .constructs.loopback_block import LoopbackBlock
from .constructs.multicast_domain import IgmpMulticastDomain
from .constructs.vpc_attachment import GatewayVpcAttachment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constructs import Construct

    from mcastlab.lab.design.kept_resources import KeptResources
    from mcastlab.lab.model import Lab, Subnet


class NetworkStack(LabStack):
    """VPC with its member subnets, Transit Gateway with multicast, IGMPv2 domain over the member subnets."""

    def __init__(self, scope: Construct, id_: str, *, lab: Lab, kept: KeptResources = NOTHING_KEPT) -> None:
        super().__init__(
            scope, id_, lab=lab, description=f"mcastlab {lab.name}: VPC, Transit Gateway, multicast domain"
        )
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(str(lab.vpc.cidr)),
            subnet_configuration=[],
        )
        cdk.Validations.of(self.vpc).acknowledge(
            cdk.Acknowledgment(
                id="AwsSolutions-VPC7",
                reason="A flow log records no multicast of the gateway's domain; the lab's proof is its own probes.",
            )
        )
        self.subnets = {subnet.name: self._subnet(subnet) for subnet in lab.vpc.subnets}
        there = self.subnets | {subnet.name: self._subnet(subnet) for subnet in kept.subnets}
        self.loopback_block = LoopbackBlock(
            self,
            "LoopbackBlock",
            vpc_id=self.vpc.vpc_id,
            zone=self.zone(kept.loopback_zone or lab.vpc.subnets[0].zone),
            block=loopback_block(lab),
            subnet=loopback_subnet(lab),
        )
        self.gateway = ec2.CfnTransitGateway(
            self,
            "TransitGateway",
            amazon_side_asn=lab.amazon_asn,
            # The VPN's attachment id cannot be had in a template: the default table carries its routes by propagation.
            default_route_table_association="enable",
            default_route_table_propagation="enable",
            dns_support="disable",
            multicast_support="enable",
            vpn_ecmp_support="enable",
        )
        self.one_subnet_a_zone = [self.subnets[name].subnet_id for name in subnet_of_each_zone(lab).values()]
        self.attachment = GatewayVpcAttachment(
            self,
            "VpcAttachment",
            gateway_id=self.gateway.ref,
            vpc_id=self.vpc.vpc_id,
            subnet_ids=[there[name].subnet_id for name in kept.attached_subnets(lab)],
            by_older_type=kept.vpc_attachment,
        )
        # The gateway takes over the CIDR blocks that the VPC has when it is attached.
        self.attachment.node.add_dependency(self.loopback_block)
        self.domain = IgmpMulticastDomain(
            self,
            "MulticastDomain",
            gateway_id=self.gateway.ref,
            attachment_id=self.attachment.attachment_id,
            subnet_ids={
                name: there[name].subnet_id
                for name in (*associated_subnets(lab), *(each.name for each in kept.subnets))
            },
        )
        self._export(there.values())
        publish(self, OutputKey.TRANSIT_GATEWAY, self.gateway.ref)
        publish(self, OutputKey.MULTICAST_DOMAIN, self.domain.domain_id)

    def _subnet(self, subnet: Subnet) -> ec2.Subnet:
        return ec2.Subnet(
            self,
            f"Subnet-{subnet.name}",
            vpc_id=self.vpc.vpc_id,
            availability_zone=self.zone(subnet.zone),
            cidr_block=str(subnet.cidr),
            map_public_ip_on_launch=False,
        )

    def _export(self, subnets: Iterable[ec2.Subnet]) -> None:
        """Export what other stacks may import, whether one does or not.

        An export that no stack of the new lab imports would go while a stack of the old one still imports it, which
        CloudFormation refuses. Source: AWS CDK developer guide, Stack.exportValue.
        """
        for value in (
            self.vpc.vpc_id,
            self.gateway.ref,
            self.domain.domain_id,
            *(value for subnet in subnets for value in (subnet.subnet_id, subnet.route_table.route_table_id)),
        ):
            self.export_value(value)
