"""A VPC's attachment to a Transit Gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence


class GatewayVpcAttachment(Construct):
    """The attachment, in one subnet a zone.

    Of the two resource types TransitGatewayAttachment changes its subnets in place; the other one, by which older labs
    are attached, is replaced, which AWS refuses, as a VPC is attached once. CloudFormation changes no resource's type.
    Source: CloudFormation registry, create-only properties of both types.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        gateway_id: str,
        vpc_id: str,
        subnet_ids: Sequence[str],
        by_older_type: bool = False,
    ) -> None:
        super().__init__(scope, id_)
        kind = ec2.CfnTransitGatewayVpcAttachment if by_older_type else ec2.CfnTransitGatewayAttachment
        attachment = kind(
            self,
            "Resource",
            transit_gateway_id=gateway_id,
            vpc_id=vpc_id,
            subnet_ids=list(subnet_ids),
            # A plain mapping: the generated property class writes keys in a case that CloudFormation refuses.
            options={"DnsSupport": "disable", "ApplianceModeSupport": "disable"},
        )
        self.attachment_id = attachment.ref
