"""What is one more than AWS gives is refused with AWS's code, and nothing of it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from twin.awsregion.labs import associate, interface, make_gateway, make_net, refusal, vpn

from awsregion.ec2.quotas import QUOTAS
from awsregion.quota_options import raised
from mcastlab.lab.design.quotas import QUOTAS as CHECKED
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from awsregion.core import Region


def fill(region: Region, action: str, requests: list[dict[str, Any]], counted: str, there: int = 0) -> None:
    """Do as many as may be, beside those there; one more is refused."""
    *allowed, last = requests[: QUOTAS[counted].most + 1 - there]
    for request in allowed:
        region.call(action, request)
    assert refusal(region, action, last) == QUOTAS[counted].code


def test_the_design_checks_count_by_the_same_numbers() -> None:
    ours = {
        "VPCs per Region": "vpc",
        "Transit gateways per account": "transit-gateway",
        "Multicast domain associations per VPC": "multicast-association",
        "Site-to-Site VPN connections per Region": "vpn-connection",
        "Customer gateways per Region": "customer-gateway",
        "Routes per route table": "route",
        "Inbound or outbound rules per security group": "security-group-rule",
        "Subnets per VPC": "subnet",
        "Attachments per transit gateway": "transit-gateway-attachment",
        "Multicast domains per transit gateway": "transit-gateway-multicast-domain",
        "Members per transit gateway multicast group": "multicast-group-member",
        "Interface VPC endpoints per VPC": "vpc-endpoint",
    }
    listed = [one for one in CHECKED if one.name != "EC2 Instance Connect Endpoints per Region"]
    assert {one.name: one.given for one in listed} == {name: QUOTAS[key].most for name, key in ours.items()}


def test_vpcs_and_their_blocks(region: Region) -> None:
    fill(region, "CreateVpc", [{"CidrBlock": f"10.{n}.0.0/16"} for n in range(9)], "vpc")
    (vpc, *_) = region.call("DescribeVpcs", {})["Vpcs"]
    blocks = [{"VpcId": vpc["VpcId"], "CidrBlock": f"100.64.{n}.0/24"} for n in range(9)]
    fill(region, "AssociateVpcCidrBlock", blocks, "vpc-cidr", there=1)


def test_what_is_in_a_vpc(region: Region) -> None:
    net = make_net(region)
    subnets = [{"VpcId": net.vpc, "CidrBlock": f"10.0.{64 + n // 16}.{n % 16 * 16}/28"} for n in range(250)]
    fill(region, "CreateSubnet", subnets, "subnet", there=1)
    fill(region, "CreateRouteTable", [{"VpcId": net.vpc}] * 250, "route-table", there=2)
    to_gateway = {"RouteTableId": net.table, "TransitGatewayId": net.gateway}
    routes = [to_gateway | {"DestinationCidrBlock": f"192.168.{n}.0/24"} for n in range(60)]
    fill(region, "CreateRoute", routes, "route", there=1)


@pytest.mark.parametrize("side", ["Ingress", "Egress"])
def test_rules_of_a_group_are_counted_by_direction(region: Region, side: str) -> None:
    net = make_net(region)
    made = region.call("CreateSecurityGroup", {"VpcId": net.vpc, "GroupName": "g", "Description": "d"})
    rules = [
        {
            "GroupId": made["GroupId"],
            "IpPermissions": [{"IpProtocol": "47", "IpRanges": [{"CidrIp": f"10.0.0.{n}/32"}]}],
        }
        for n in range(70)
    ]
    fill(region, f"AuthorizeSecurityGroup{side}", rules, "security-group-rule", there=1 if side == "Egress" else 0)


def test_groups_of_an_interface(region: Region) -> None:
    net = make_net(region)
    groups = [
        region.call("CreateSecurityGroup", {"VpcId": net.vpc, "GroupName": f"g{n}", "Description": "d"})["GroupId"]
        for n in range(6)
    ]
    interface(region, net.subnet, Groups=groups[:5])
    request = {"SubnetId": net.subnet, "Groups": groups}
    assert refusal(region, "CreateNetworkInterface", request) == "SecurityGroupsPerInterfaceLimitExceeded"


def test_customer_gateways_and_connections(region: Region) -> None:
    gateway = make_gateway(region)
    for number in range(50):
        made = vpn(region, gateway, f"203.0.113.{number + 1}")
    asked = {"Type": "ipsec.1", "IpAddress": "203.0.113.99", "BgpAsn": 65001}
    assert refusal(region, "CreateCustomerGateway", asked) == "CustomerGatewayLimitExceeded"
    again = {"Type": "ipsec.1", "CustomerGatewayId": made["CustomerGatewayId"], "TransitGatewayId": gateway}
    assert refusal(region, "CreateVpnConnection", again) == "VpnConnectionLimitExceeded"


def test_gateways_their_tables_and_domains(region: Region) -> None:
    net = make_net(region)
    fill(region, "CreateTransitGateway", [{}] * 9, "transit-gateway", there=1)
    own = [{"TransitGatewayId": net.gateway}] * 30
    fill(region, "CreateTransitGatewayRouteTable", own, "transit-gateway-route-table", there=1)
    fill(region, "CreateTransitGatewayMulticastDomain", own, "transit-gateway-multicast-domain", there=1)


def test_subnets_of_a_vpc_in_domains(region: Region) -> None:
    net = make_net(region)
    subnets = [
        region.call("CreateSubnet", {"VpcId": net.vpc, "CidrBlock": f"10.0.{n}.0/24"})["Subnet"]["SubnetId"]
        for n in range(2, 23)
    ]
    associate(region, net, *subnets[:20])
    asked = {
        "TransitGatewayMulticastDomainId": net.domain,
        "TransitGatewayAttachmentId": net.attachment,
        "SubnetIds": subnets[20:],
    }
    code = "TransitGatewayMulticastDomainAssociationLimitExceeded"
    assert refusal(region, "AssociateTransitGatewayMulticastDomain", asked) == code


def test_members_of_a_group(region: Region) -> None:
    net = make_net(region)
    associate(region, net)
    asked = {"TransitGatewayMulticastDomainId": net.domain, "GroupIpAddress": "239.1.1.1"}
    members = [asked | {"NetworkInterfaceIds": [interface(region, net.subnet)]} for _ in range(101)]
    fill(region, "RegisterTransitGatewayMulticastGroupMembers", members, "multicast-group-member")


def test_a_quota_that_was_raised(region: Region) -> None:
    region.ec2.quotas |= raised(["vpc=7"])
    for number in range(7):
        region.call("CreateVpc", {"CidrBlock": f"10.{number}.0.0/16"})
    assert refusal(region, "CreateVpc", {"CidrBlock": "10.9.0.0/16"}) == "VpcLimitExceeded"


@pytest.mark.parametrize("option", ["vpcs=7", "vpc", "vpc=many", ""])
def test_an_option_that_names_no_quota_is_refused(option: str) -> None:
    with pytest.raises(BadInputError, match="is no quota and number"):
        raised([option])
