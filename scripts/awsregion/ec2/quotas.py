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


@dataclass(frozen=True, slots=True)
class Quota:
    """How many there may be, and what is answered to one more."""

    most: int
    code: str
    of_what: str


QUOTAS: Final[Mapping[str, Quota]] = MappingProxyType(
    {
        "vpc": Quota(5, "VpcLimitExceeded", "VPCs in a region"),
        "vpc-cidr": Quota(5, "CidrLimitExceeded", "CIDR blocks of a VPC"),
        "subnet": Quota(200, "SubnetLimitExceeded", "subnets in a VPC"),
        "route-table": Quota(200, "RouteTableLimitExceeded", "route tables in a VPC"),
        "route": Quota(50, "RouteLimitExceeded", "routes in a route table"),
        "security-group": Quota(2500, "SecurityGroupLimitExceeded", "security groups in a region"),
        "security-group-rule": Quota(
            60, "RulesPerSecurityGroupLimitExceeded", "rules of a security group in one direction"
        ),
        "groups-of-interface": Quota(
            5, "SecurityGroupsPerInterfaceLimitExceeded", "security groups of a network interface"
        ),
        "network-interface": Quota(5000, "NetworkInterfaceLimitExceeded", "network interfaces in a region"),
        "vpc-endpoint": Quota(50, "VpcEndpointLimitExceeded", "interface endpoints in a VPC"),
        "customer-gateway": Quota(50, "CustomerGatewayLimitExceeded", "customer gateways in a region"),
        "vpn-connection": Quota(50, "VpnConnectionLimitExceeded", "VPN connections in a region"),
        "transit-gateway": Quota(5, "TransitGatewayLimitExceeded", "transit gateways of an account"),
        "transit-gateway-attachment": Quota(
            5000, "TransitGatewayAttachmentLimitExceeded", "attachments of a transit gateway"
        ),
        "attachment-of-vpc": Quota(5, "TransitGatewayAttachmentLimitExceeded", "transit gateways of a VPC"),
        "transit-gateway-route-table": Quota(
            20, "TransitGatewayRouteTableLimitExceeded", "route tables of a transit gateway"
        ),
        "gateway-route": Quota(10_000, "TransitGatewayRouteLimitExceeded", "static routes of a transit gateway"),
        "transit-gateway-multicast-domain": Quota(
            20, "TransitGatewayMulticastDomainLimitExceeded", "multicast domains of a transit gateway"
        ),
        "multicast-association": Quota(
            20, "TransitGatewayMulticastDomainAssociationLimitExceeded", "multicast domain associations of a VPC"
        ),
        "multicast-group-member": Quota(100, "MulticastGroupMembersLimitExceeded", "members of a multicast group"),
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
