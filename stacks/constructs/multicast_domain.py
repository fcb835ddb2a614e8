"""An IGMPv2 multicast domain of a Transit Gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Mapping


class IgmpMulticastDomain(Construct):
    """A domain whose members come and go by IGMPv2, with the subnets in it.

    Source: AWS Transit Gateway user guide, Multicast domains: Igmpv2Support and StaticSourcesSupport exclude
    each other. So no lab registers a source, and `AWS::EC2::TransitGatewayMulticastGroupSource` has no place here:
    whatever is in the domain's subnets may send.
    """

    def __init__(
        self, scope: Construct, id_: str, *, gateway_id: str, attachment_id: str, subnet_ids: Mapping[str, str]
    ) -> None:
        super().__init__(scope, id_)
        domain = ec2.CfnTransitGatewayMulticastDomain(
            self,
            "Resource",
            transit_gateway_id=gateway_id,
            # A plain mapping: the generated property class writes keys in a case that CloudFormation refuses.
            options={"Igmpv2Support": "enable", "StaticSourcesSupport": "disable"},
        )
        self.domain_id = domain.attr_transit_gateway_multicast_domain_id
        for name, subnet_id in subnet_ids.items():
            ec2.CfnTransitGatewayMulticastDomainAssociation(
                self,
                f"Association-{name}",
                transit_gateway_multicast_domain_id=self.domain_id,
                transit_gateway_attachment_id=attachment_id,
                subnet_id=subnet_id,
            )
