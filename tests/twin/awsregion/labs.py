"""Small networks to try rules on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from awsregion.ec2.errors import AwsError

if TYPE_CHECKING:
    from awsregion.core import Region

ACCOUNT = "000000000000"
PROFILE = {"Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/hosts", "Id": "AIPA"}
HOST_IMAGE = "ami-0a12023061000a001"
ROUTER_IMAGE = "ami-0c8000171203a0001"


@dataclass(frozen=True, slots=True)
class Net:
    """A VPC with one subnet on a Transit Gateway with a multicast domain."""

    vpc: str
    subnet: str
    table: str
    gateway: str
    attachment: str
    domain: str


def make_net(region: Region, *, options: dict[str, str] | None = None) -> Net:
    """Make the network; `options` are the multicast domain's."""
    call = region.call
    vpc = call("CreateVpc", {"CidrBlock": "10.0.0.0/16"})["Vpc"]["VpcId"]
    subnet = call("CreateSubnet", {"VpcId": vpc, "CidrBlock": "10.0.1.0/24"})["Subnet"]["SubnetId"]
    table = call("CreateRouteTable", {"VpcId": vpc})["RouteTable"]["RouteTableId"]
    call("AssociateRouteTable", {"RouteTableId": table, "SubnetId": subnet})
    gateway = make_gateway(region)
    attachment = attach(region, gateway, vpc, subnet)
    made = call(
        "CreateTransitGatewayMulticastDomain",
        {"TransitGatewayId": gateway, "Options": options or {"Igmpv2Support": "enable"}},
    )
    domain = made["TransitGatewayMulticastDomain"]["TransitGatewayMulticastDomainId"]
    return Net(vpc, subnet, table, gateway, attachment, domain)


def make_gateway(region: Region, **options: str) -> str:
    made = region.call("CreateTransitGateway", {"Options": {"MulticastSupport": "enable", **options}})
    identifier: str = made["TransitGateway"]["TransitGatewayId"]
    return identifier


def attach(region: Region, gateway: str, vpc: str, *subnets: str) -> str:
    asked = {"TransitGatewayId": gateway, "VpcId": vpc, "SubnetIds": list(subnets)}
    made = region.call("CreateTransitGatewayVpcAttachment", asked)["TransitGatewayVpcAttachment"]
    identifier: str = made["TransitGatewayAttachmentId"]
    return identifier


def associate(region: Region, net: Net, *subnets: str) -> None:
    region.call(
        "AssociateTransitGatewayMulticastDomain",
        {
            "TransitGatewayMulticastDomainId": net.domain,
            "TransitGatewayAttachmentId": net.attachment,
            "SubnetIds": list(subnets or (net.subnet,)),
        },
    )


def interface(region: Region, subnet: str, **options: Any) -> str:
    made = region.call("CreateNetworkInterface", {"SubnetId": subnet, **options})
    identifier: str = made["NetworkInterface"]["NetworkInterfaceId"]
    return identifier


def host(region: Region, subnet: str, **options: Any) -> dict[str, Any]:
    asked = {"ImageId": HOST_IMAGE, "MinCount": 1, "MaxCount": 1, "SubnetId": subnet, **options}
    made: dict[str, Any] = region.call("RunInstances", asked)["Instances"][0]
    return made


def vpn(region: Region, gateway: str, address: str = "203.0.113.2", **options: Any) -> dict[str, Any]:
    customer = region.call("CreateCustomerGateway", {"Type": "ipsec.1", "IpAddress": address, "BgpAsn": 65001})
    asked = {
        "Type": "ipsec.1",
        "CustomerGatewayId": customer["CustomerGateway"]["CustomerGatewayId"],
        "TransitGatewayId": gateway,
        "Options": options,
    }
    made: dict[str, Any] = region.call("CreateVpnConnection", asked)["VpnConnection"]
    return made


def refusal(region: Region, action: str, request: dict[str, Any]) -> str:
    """Do an action that is to be refused; return AWS's code. Nothing may have changed."""
    before = region.ec2.generation
    with pytest.raises(AwsError) as caught:
        region.call(action, request)
    assert region.ec2.generation == before
    return caught.value.code
