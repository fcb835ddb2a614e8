"""A VPC's attachment to a Transit Gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence


class GatewayVpcAttachment(Construct):
    """The attachment, in one subnet a zone."""

    def __init__(self, scope: Construct, id_: str, *, gateway_id: str, vpc_id: str, subnet_ids: Sequence[str]) -> None:
        super().__init__(scope, id_)
        attachment = ec2.CfnTransitGatewayVpcAttachment(
            self,
            "Resource",
            transit_gateway_id=gateway_id,
            vpc_id=vpc_id,
            subnet_ids=list(subnet_ids),
            # A plain mapping: the generated property class writes keys in a case that CloudFormation refuses.
            options={"DnsSupport": "disable", "ApplianceModeSupport": "disable"},
        )
        self.attachment_id = attachment.ref
