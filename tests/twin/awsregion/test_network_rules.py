"""VPCs, subnets, routes, groups, interfaces: what EC2 refuses, by its codes, and what comes of what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from twin.awsregion.labs import attach, host, interface, make_gateway, make_net, refusal

from awsregion.ec2.errors import AwsError

if TYPE_CHECKING:
    from awsregion.core import Region


def test_a_vpc_has_a_main_table_and_a_default_group_and_takes_them_with_it(region: Region) -> None:
    vpc = region.call("CreateVpc", {"CidrBlock": "10.0.0.0/16"})["Vpc"]["VpcId"]
    of_vpc = {"Filters": [{"Name": "vpc-id", "Values": [vpc]}]}
    (table,) = region.call("DescribeRouteTables", of_vpc)["RouteTables"]
    assert [one["Main"] for one in table["Associations"]] == [True]
    assert [one["GatewayId"] for one in table["Routes"]] == ["local"]
    (group,) = region.call("DescribeSecurityGroups", of_vpc)["SecurityGroups"]
    assert group["GroupName"] == "default"
    region.call("DeleteVpc", {"VpcId": vpc})
    assert region.call("DescribeRouteTables", {})["RouteTables"] == []
    assert region.call("DescribeSecurityGroups", {})["SecurityGroups"] == []


@pytest.mark.parametrize("block", ["10.0.0.0/15", "10.0.0.0/29"])
def test_a_vpc_is_between_16_and_28(region: Region, block: str) -> None:
    assert refusal(region, "CreateVpc", {"CidrBlock": block}) == "InvalidVpc.Range"


def test_subnets_lie_inside_their_vpc_and_apart(region: Region) -> None:
    net = make_net(region)
    outside = {"VpcId": net.vpc, "CidrBlock": "10.1.0.0/24"}
    overlapping = {"VpcId": net.vpc, "CidrBlock": "10.0.0.0/20"}
    nowhere = {"VpcId": net.vpc, "CidrBlock": "10.0.2.0/24", "AvailabilityZone": "us-east-1z"}
    assert refusal(region, "CreateSubnet", outside) == "InvalidSubnet.Range"
    assert refusal(region, "CreateSubnet", overlapping) == "InvalidSubnet.Conflict"
    assert refusal(region, "CreateSubnet", nowhere) == "InvalidParameterValue"


def test_a_secondary_block_holds_subnets_and_goes_after_them(region: Region) -> None:
    net = make_net(region)
    added = region.call("AssociateVpcCidrBlock", {"VpcId": net.vpc, "CidrBlock": "10.255.0.0/27"})
    block = added["CidrBlockAssociation"]["AssociationId"]
    subnet = region.call("CreateSubnet", {"VpcId": net.vpc, "CidrBlock": "10.255.0.0/28"})["Subnet"]["SubnetId"]
    assert refusal(region, "DisassociateVpcCidrBlock", {"AssociationId": block}) == "DependencyViolation"
    region.call("DeleteSubnet", {"SubnetId": subnet})
    region.call("DisassociateVpcCidrBlock", {"AssociationId": block})
    assert refusal(region, "CreateSubnet", {"VpcId": net.vpc, "CidrBlock": "10.255.0.0/28"}) == "InvalidSubnet.Range"


def route(net_table: str, destination: str, **target: str) -> dict[str, Any]:
    return {"RouteTableId": net_table, "DestinationCidrBlock": destination, **target}


def test_a_route_to_a_gateway_waits_for_the_attachment(region: Region) -> None:
    vpc = region.call("CreateVpc", {"CidrBlock": "10.0.0.0/16"})["Vpc"]["VpcId"]
    subnet = region.call("CreateSubnet", {"VpcId": vpc, "CidrBlock": "10.0.1.0/24"})["Subnet"]["SubnetId"]
    table = region.call("CreateRouteTable", {"VpcId": vpc})["RouteTable"]["RouteTableId"]
    gateway = make_gateway(region)
    wanted = route(table, "192.168.0.0/16", TransitGatewayId=gateway)
    assert refusal(region, "CreateRoute", wanted) == "InvalidTransitGatewayID.NotFound"
    attachment = attach(region, gateway, vpc, subnet)
    region.call("CreateRoute", wanted)
    assert refusal(region, "CreateRoute", wanted) == "RouteAlreadyExists"
    region.call("DeleteTransitGatewayVpcAttachment", {"TransitGatewayAttachmentId": attachment})
    shown = region.call("DescribeRouteTables", {"RouteTableIds": [table]})["RouteTables"][0]["Routes"]
    assert {one["DestinationCidrBlock"]: one["State"] for one in shown} == {
        "10.0.0.0/16": "active",
        "192.168.0.0/16": "blackhole",
    }


def test_inside_the_vpc_a_route_takes_a_whole_subnet_to_an_interface(region: Region) -> None:
    net = make_net(region)
    region.call("CreateSubnet", {"VpcId": net.vpc, "CidrBlock": "10.0.2.0/24"})
    eni = interface(region, net.subnet)
    part = route(net.table, "10.0.2.0/25", NetworkInterfaceId=eni)
    to_gateway = route(net.table, "10.0.2.0/24", TransitGatewayId=net.gateway)
    whole_vpc = route(net.table, "10.0.0.0/16", NetworkInterfaceId=eni)
    assert refusal(region, "CreateRoute", part) == "InvalidParameterValue"
    assert refusal(region, "CreateRoute", to_gateway) == "InvalidParameterValue"
    assert refusal(region, "CreateRoute", whole_vpc) == "RouteAlreadyExists"
    region.call("CreateRoute", route(net.table, "10.0.2.0/24", NetworkInterfaceId=eni))


def test_no_route_is_for_multicast(region: Region) -> None:
    net = make_net(region)
    wanted = route(net.table, "239.0.0.0/8", TransitGatewayId=net.gateway)
    assert refusal(region, "CreateRoute", wanted) == "InvalidParameterValue"


def test_a_subnet_has_one_table(region: Region) -> None:
    net = make_net(region)
    other = region.call("CreateRouteTable", {"VpcId": net.vpc})["RouteTable"]["RouteTableId"]
    asked = {"RouteTableId": other, "SubnetId": net.subnet}
    assert refusal(region, "AssociateRouteTable", asked) == "Resource.AlreadyAssociated"
    assert refusal(region, "DeleteRouteTable", {"RouteTableId": net.table}) == "DependencyViolation"


def test_addresses_are_the_lowest_free_ones_without_those_that_aws_keeps(region: Region) -> None:
    net = make_net(region)
    subnet = region.call("CreateSubnet", {"VpcId": net.vpc, "CidrBlock": "10.0.9.0/28"})["Subnet"]["SubnetId"]
    for _ in range(11):
        interface(region, subnet)
    listed = region.call("DescribeNetworkInterfaces", {"Filters": [{"Name": "subnet-id", "Values": [subnet]}]})
    taken = [one["PrivateIpAddress"] for one in listed["NetworkInterfaces"]]
    assert taken == [f"10.0.9.{last}" for last in range(4, 15)]
    assert refusal(region, "CreateNetworkInterface", {"SubnetId": subnet}) == "InsufficientFreeAddressesInSubnet"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("10.0.1.3", "InvalidParameterValue"),
        ("10.0.1.255", "InvalidParameterValue"),
        ("10.0.2.9", "InvalidParameterValue"),
        ("10.0.1.50", "InvalidIPAddress.InUse"),
    ],
)
def test_an_address_that_cannot_be_had_is_refused(region: Region, address: str, code: str) -> None:
    net = make_net(region)
    interface(region, net.subnet, PrivateIpAddress="10.0.1.50")
    asked = {"SubnetId": net.subnet, "PrivateIpAddress": address}
    assert refusal(region, "CreateNetworkInterface", asked) == code


def test_an_interface_in_use_is_neither_deleted_nor_taken_again(region: Region) -> None:
    net = make_net(region)
    eni = interface(region, net.subnet)
    attached = {"NetworkInterfaces": [{"DeviceIndex": 0, "NetworkInterfaceId": eni}]}
    made = region.call("RunInstances", {"ImageId": "ami-0a12023061000a001", "MinCount": 1, "MaxCount": 1, **attached})
    assert made["Instances"][0]["PrivateIpAddress"].startswith("10.0.1.")
    assert refusal(region, "DeleteNetworkInterface", {"NetworkInterfaceId": eni}) == "InvalidParameterValue"
    again = {"ImageId": "ami-0a12023061000a001", "MinCount": 1, "MaxCount": 1, **attached}
    assert refusal(region, "RunInstances", again) == "InvalidNetworkInterface.InUse"
    region.call("TerminateInstances", {"InstanceIds": [made["Instances"][0]["InstanceId"]]})
    region.call("DeleteNetworkInterface", {"NetworkInterfaceId": eni})


def test_what_is_needed_is_not_deleted(region: Region) -> None:
    net = make_net(region)
    group = region.call("CreateSecurityGroup", {"GroupName": "g", "Description": "g", "VpcId": net.vpc})["GroupId"]
    host(region, net.subnet, SecurityGroupIds=[group])
    assert refusal(region, "DeleteSecurityGroup", {"GroupId": group}) == "DependencyViolation"
    assert refusal(region, "DeleteSubnet", {"SubnetId": net.subnet}) == "DependencyViolation"
    assert refusal(region, "DeleteVpc", {"VpcId": net.vpc}) == "DependencyViolation"


def igmp(*, cidr: str = "0.0.0.0/32") -> dict[str, Any]:
    return {"IpProtocol": "2", "IpRanges": [{"CidrIp": cidr, "Description": "IGMP queries"}]}


def test_a_rule_is_for_a_protocol_number_without_ports(region: Region) -> None:
    net = make_net(region)
    group = region.call("CreateSecurityGroup", {"GroupName": "g", "Description": "g", "VpcId": net.vpc})["GroupId"]
    asked = {"GroupId": group, "IpPermissions": [igmp()]}
    region.call("AuthorizeSecurityGroupIngress", asked)
    assert refusal(region, "AuthorizeSecurityGroupIngress", asked) == "InvalidPermission.Duplicate"
    (shown,) = region.call("DescribeSecurityGroups", {"GroupIds": [group]})["SecurityGroups"]
    (permission,) = shown["IpPermissions"]
    assert permission["IpProtocol"] == "2"
    assert "FromPort" not in permission
    assert permission["IpRanges"] == [{"CidrIp": "0.0.0.0/32", "Description": "IGMP queries"}]
    region.call("RevokeSecurityGroupIngress", asked)
    assert refusal(region, "RevokeSecurityGroupIngress", asked) == "InvalidPermission.NotFound"


@pytest.mark.parametrize(
    "rule",
    [
        {"IpProtocol": "300", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        {"IpProtocol": "udp", "FromPort": 6, "ToPort": 5, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        {"IpProtocol": "2", "IpRanges": [{"CidrIp": "0.0.0.0/33"}]},
    ],
)
def test_a_rule_that_means_nothing_is_refused(region: Region, rule: dict[str, Any]) -> None:
    net = make_net(region)
    group = region.call("CreateSecurityGroup", {"GroupName": "g", "Description": "g", "VpcId": net.vpc})["GroupId"]
    asked = {"GroupId": group, "IpPermissions": [rule]}
    assert refusal(region, "AuthorizeSecurityGroupIngress", asked) == "InvalidParameterValue"


def test_a_group_that_another_names_stays(region: Region) -> None:
    net = make_net(region)
    groups = [
        region.call("CreateSecurityGroup", {"GroupName": name, "Description": name, "VpcId": net.vpc})["GroupId"]
        for name in "ab"
    ]
    pair = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": groups[0]}]}
    made = region.call("AuthorizeSecurityGroupIngress", {"GroupId": groups[1], "IpPermissions": [pair]})
    assert refusal(region, "DeleteSecurityGroup", {"GroupId": groups[0]}) == "DependencyViolation"
    rule = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    region.call("RevokeSecurityGroupIngress", {"GroupId": groups[1], "SecurityGroupRuleIds": [rule]})
    region.call("DeleteSecurityGroup", {"GroupId": groups[0]})


def test_what_an_action_does_not_honour_is_refused_and_undone(region: Region) -> None:
    asked = {"CidrBlock": "10.0.0.0/16", "AmazonProvidedIpv6CidrBlock": True}
    with pytest.raises(AwsError, match="AmazonProvidedIpv6CidrBlock"):
        region.call("CreateVpc", asked)
    assert region.call("DescribeVpcs", {})["Vpcs"] == []


def test_a_dry_run_changes_nothing(region: Region) -> None:
    assert refusal(region, "CreateVpc", {"CidrBlock": "10.0.0.0/16", "DryRun": True}) == "DryRunOperation"
    assert region.call("DescribeVpcs", {})["Vpcs"] == []


def test_the_same_client_token_is_the_same_request(region: Region) -> None:
    net = make_net(region)
    asked = {"SubnetId": net.subnet, "ClientToken": "once"}
    first, second = (region.call("CreateNetworkInterface", asked) for _ in range(2))
    assert first == second


def test_filters_ids_and_pages(region: Region) -> None:
    vpcs = [region.call("CreateVpc", {"CidrBlock": f"10.{n}.0.0/16"})["Vpc"]["VpcId"] for n in range(5)]
    region.call("CreateTags", {"Resources": vpcs[:2], "Tags": [{"Key": "lab", "Value": "demo-1"}]})
    by_tag = region.call("DescribeVpcs", {"Filters": [{"Name": "tag:lab", "Values": ["demo-?"]}]})["Vpcs"]
    assert [one["VpcId"] for one in by_tag] == vpcs[:2]
    both = [{"Name": "tag-key", "Values": ["lab"]}, {"Name": "cidr", "Values": ["10.1.*"]}]
    assert [one["VpcId"] for one in region.call("DescribeVpcs", {"Filters": both})["Vpcs"]] == vpcs[1:2]
    unknown = {"Filters": [{"Name": "colour", "Values": ["red"]}]}
    assert refusal(region, "DescribeVpcs", unknown) == "InvalidParameterValue"
    assert refusal(region, "DescribeVpcs", {"VpcIds": ["vpc-nothing"]}) == "InvalidVpcID.NotFound"
    first = region.call("DescribeVpcs", {"MaxResults": 3})
    rest = region.call("DescribeVpcs", {"MaxResults": 3, "NextToken": first["NextToken"]})
    assert [one["VpcId"] for one in first["Vpcs"] + rest["Vpcs"]] == vpcs
    assert "NextToken" not in rest
