"""The CIDR block of the AWS router's loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

if TYPE_CHECKING:
    from ipaddress import IPv4Network


class LoopbackBlock(Construct):
    """A secondary CIDR block of the VPC with one subnet in which nothing lives.

    CloudFormation returns no id for a Transit Gateway's default route table, so no template can write a static route
    to the loopback there; the blocks of an attached VPC get there by propagation. Within the VPC a route may send a
    whole subnet to a network interface, if it is more specific than the block's local route.
    Source: AWS VPC user guide, Route tables; CloudFormation registry schema of AWS::EC2::TransitGateway.
    """

    def __init__(
        self, scope: Construct, id_: str, *, vpc_id: str, zone: str, block: IPv4Network, subnet: IPv4Network
    ) -> None:
        super().__init__(scope, id_)
        association = ec2.CfnVPCCidrBlock(self, "Resource", vpc_id=vpc_id, cidr_block=str(block))
        within = ec2.CfnSubnet(self, "Subnet", vpc_id=vpc_id, cidr_block=str(subnet), availability_zone=zone)
        within.add_resource_dependency(association)
