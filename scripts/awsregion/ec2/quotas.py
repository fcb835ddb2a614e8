"""What AWS gives an account of each kind of resource, and what it answers beyond that.

The numbers are a new account's; most can be raised on AWS, and all can here, when the region is started.

Sources: Amazon VPC quotas; AWS Transit Gateway quotas; AWS Site-to-Site VPN quotas; EC2 API Reference, "Error codes for
the Amazon EC2 API". AWS publishes no code for what is attached to gateways: those follow the pattern of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from awsregion.ec2.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsregion.ec2.store import Ec2


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many there may be, and what is answered to one more."""

    most: int
    code: str
    of_what: str


QUOTAS: Final[Mapping[str, Quota]] = MappingProxyType(
    {
        "vpc": Quota(most=5, code="VpcLimitExceeded", of_what="VPCs in a region"),
        "vpc-cidr": Quota(most=5, code="CidrLimitExceeded", of_what="CIDR blocks of a VPC"),
        "subnet": Quota(most=200, code="SubnetLimitExceeded", of_what="subnets in a VPC"),
        "route-table": Quota(most=200, code="RouteTableLimitExceeded", of_what="route tables in a VPC"),
        "route": Quota(most=50, code="RouteLimitExceeded", of_what="routes in a route table"),
        "security-group": Quota(most=2500, code="SecurityGroupLimitExceeded", of_what="security groups in a region"),
        "security-group-rule": Quota(
            most=60, code="RulesPerSecurityGroupLimitExceeded", of_what="rules of a security group in one direction"
        ),
        "groups-of-interface": Quota(
            most=5, code="SecurityGroupsPerInterfaceLimitExceeded", of_what="security groups of a network interface"
        ),
        "network-interface": Quota(
            most=5000, code="NetworkInterfaceLimitExceeded", of_what="network interfaces in a region"
        ),
        "vpc-endpoint": Quota(most=50, code="VpcEndpointLimitExceeded", of_what="interface endpoints in a VPC"),
        "customer-gateway": Quota(
            most=50, code="CustomerGatewayLimitExceeded", of_what="customer gateways in a region"
        ),
        "vpn-connection": Quota(most=50, code="VpnConnectionLimitExceeded", of_what="VPN connections in a region"),
        "transit-gateway": Quota(most=5, code="TransitGatewayLimitExceeded", of_what="transit gateways of an account"),
        "transit-gateway-attachment": Quota(
            most=5000, code="TransitGatewayAttachmentLimitExceeded", of_what="attachments of a transit gateway"
        ),
        "attachment-of-vpc": Quota(
            most=5, code="TransitGatewayAttachmentLimitExceeded", of_what="transit gateways of a VPC"
        ),
        "transit-gateway-route-table": Quota(
            most=20, code="TransitGatewayRouteTableLimitExceeded", of_what="route tables of a transit gateway"
        ),
        "gateway-route": Quota(
            most=10_000, code="TransitGatewayRouteLimitExceeded", of_what="static routes of a transit gateway"
        ),
        "transit-gateway-multicast-domain": Quota(
            most=20, code="TransitGatewayMulticastDomainLimitExceeded", of_what="multicast domains of a transit gateway"
        ),
        "multicast-association": Quota(
            most=20,
            code="TransitGatewayMulticastDomainAssociationLimitExceeded",
            of_what="multicast domain associations of a VPC",
        ),
        "multicast-group-member": Quota(
            most=100, code="MulticastGroupMembersLimitExceeded", of_what="members of a multicast group"
        ),
    }
)
"""By what is counted."""


def within(ec2: Ec2, counted: str, there: int, where: str = "") -> None:
    """Refuse one more where there are as many as AWS gives.

    Raises:
        AwsError: there are.
    """
    quota = QUOTAS[counted]
    most = ec2.quotas.get(counted, quota.most)
    if there >= most:
        raise AwsError(
            quota.code,
            f"{where + ': ' if where else ''}the maximum number of {quota.of_what}, {most}, is reached.",
        )
