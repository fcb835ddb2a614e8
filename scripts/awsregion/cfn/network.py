"""Rows for VPCs and what is in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from awsregion.cfn.resource import Creation, CustomCreation, Resource, deleted, described, request, same, tags

if TYPE_CHECKING:
    from awsregion.cfn.resource import Change, Ec2Actions, Record
    from awsregion.ec2.parameters import Given


def _vpc_switch(switch: str, default: str) -> Change:
    def change(cloud: Ec2Actions, identifier: str, new: Given, _old: Given) -> None:
        cloud.call("ModifyVpcAttribute", {"VpcId": identifier, switch: {"Value": new.get(switch, default)}})

    return change


def _vpc_attributes(cloud: Ec2Actions, identifier: str, _properties: Record) -> Record:
    vpc = cloud.call("DescribeVpcs", {"VpcIds": [identifier]})["Vpcs"][0]
    default = [{"Name": "vpc-id", "Values": [identifier]}, {"Name": "group-name", "Values": ["default"]}]
    group = cloud.call("DescribeSecurityGroups", {"Filters": default})["SecurityGroups"][0]
    return {
        "VpcId": identifier,
        "CidrBlock": vpc["CidrBlock"],
        "CidrBlockAssociations": [one["AssociationId"] for one in vpc["CidrBlockAssociationSet"]],
        "DefaultSecurityGroup": group["GroupId"],
        "Ipv6CidrBlocks": [],
    }


def _map_public(cloud: Ec2Actions, identifier: str, new: Given, _old: Given) -> None:
    value = {"Value": new.get("MapPublicIpOnLaunch", "false")}
    cloud.call("ModifySubnetAttribute", {"SubnetId": identifier, "MapPublicIpOnLaunch": value})


_ROUTE: Final = same(
    "RouteTableId", "DestinationCidrBlock", "TransitGatewayId", "NetworkInterfaceId", "InstanceId", "GatewayId"
)


def _create_route(cloud: Ec2Actions, given: Given, _name: str) -> str:
    cloud.call("CreateRoute", request(given, _ROUTE))
    return f"{given['RouteTableId']}|{given['DestinationCidrBlock']}"


def _point_route(cloud: Ec2Actions, _identifier: str, new: Given, _old: Given) -> None:
    cloud.call("ReplaceRoute", request(new, _ROUTE))


def _delete_route(cloud: Ec2Actions, identifier: str, _properties: Record) -> None:
    table, _, destination = identifier.partition("|")
    cloud.call("DeleteRoute", {"RouteTableId": table, "DestinationCidrBlock": destination})


def _create_endpoint(cloud: Ec2Actions, given: Given, _name: str) -> str:
    asked = request(given, same(*_ENDPOINT)) | tags(given, "vpc-endpoint")
    policy = given.plain("PolicyDocument")
    if policy is not None:
        asked["PolicyDocument"] = policy if isinstance(policy, str) else json.dumps(policy, separators=(",", ":"))
    identifier: str = cloud.call("CreateVpcEndpoint", asked)["VpcEndpoint"]["VpcEndpointId"]
    return identifier


_ENDPOINT: Final = (
    *("VpcId", "ServiceName", "VpcEndpointType", "SubnetIds", "SecurityGroupIds", "PrivateDnsEnabled", "IpAddressType"),
)


def _change_endpoint(cloud: Ec2Actions, identifier: str, new: Given, old: Given) -> None:
    asked: Record = {"VpcEndpointId": identifier}
    for name in ("SubnetIds", "SecurityGroupIds"):
        before, after = (one.plain(name) or [] for one in (old, new))
        asked |= {
            f"Add{name}": [one for one in after if one not in before],
            f"Remove{name}": [one for one in before if one not in after],
        }
    cloud.call("ModifyVpcEndpoint", {name: value for name, value in asked.items() if value})


def _endpoint_attributes(cloud: Ec2Actions, identifier: str, _properties: Record) -> Record:
    record = cloud.call("DescribeVpcEndpoints", {"VpcEndpointIds": [identifier]})["VpcEndpoints"][0]
    return {
        "Id": identifier,
        "CreationTimestamp": record["CreationTimestamp"].isoformat(),
        "DnsEntries": [f"{one['HostedZoneId']}:{one['DnsName']}" for one in record["DnsEntries"]],
        "NetworkInterfaceIds": record["NetworkInterfaceIds"],
    }


NETWORK: Final = (
    Resource(
        type="AWS::EC2::VPC",
        create=Creation(
            action="CreateVpc",
            made="Vpc.VpcId",
            takes=same("CidrBlock", "InstanceTenancy"),
            tags="vpc",
            then=("EnableDnsSupport", "EnableDnsHostnames"),
        ),
        delete=deleted("DeleteVpc", "VpcId"),
        attributes=_vpc_attributes,
        changes={
            "EnableDnsSupport": _vpc_switch("EnableDnsSupport", "true"),
            "EnableDnsHostnames": _vpc_switch("EnableDnsHostnames", "false"),
        },
    ),
    Resource(
        type="AWS::EC2::VPCCidrBlock",
        create=Creation(
            action="AssociateVpcCidrBlock",
            made="CidrBlockAssociation.AssociationId",
            takes=same("VpcId", "CidrBlock"),
        ),
        delete=deleted("DisassociateVpcCidrBlock", "AssociationId"),
        attributes="Id",
    ),
    Resource(
        type="AWS::EC2::Subnet",
        create=Creation(
            action="CreateSubnet",
            made="Subnet.SubnetId",
            takes=same("VpcId", "CidrBlock", "AvailabilityZone"),
            tags="subnet",
            then=("MapPublicIpOnLaunch",),
        ),
        delete=deleted("DeleteSubnet", "SubnetId"),
        attributes=described(
            "DescribeSubnets",
            "SubnetIds",
            "Subnets",
            same("SubnetId", "AvailabilityZone", "AvailabilityZoneId", "CidrBlock", "VpcId"),
        ),
        changes={"MapPublicIpOnLaunch": _map_public},
    ),
    Resource(
        type="AWS::EC2::RouteTable",
        create=Creation(
            action="CreateRouteTable", made="RouteTable.RouteTableId", takes=same("VpcId"), tags="route-table"
        ),
        delete=deleted("DeleteRouteTable", "RouteTableId"),
        attributes="RouteTableId",
    ),
    Resource(
        type="AWS::EC2::Route",
        create=CustomCreation(make=_create_route, reads=tuple(_ROUTE)),
        delete=_delete_route,
        attributes=lambda _cloud, identifier, _properties: {"CidrBlock": identifier.partition("|")[2]},
        changes=dict.fromkeys(("TransitGatewayId", "NetworkInterfaceId", "InstanceId", "GatewayId"), _point_route),
    ),
    Resource(
        type="AWS::EC2::SubnetRouteTableAssociation",
        create=Creation(action="AssociateRouteTable", made="AssociationId", takes=same("RouteTableId", "SubnetId")),
        delete=deleted("DisassociateRouteTable", "AssociationId"),
        attributes="Id",
    ),
    Resource(
        type="AWS::EC2::VPCEndpoint",
        create=CustomCreation(make=_create_endpoint, reads=(*_ENDPOINT, "PolicyDocument", "Tags")),
        delete=deleted("DeleteVpcEndpoints", "VpcEndpointIds", many=True),
        attributes=_endpoint_attributes,
        changes=dict.fromkeys(("SubnetIds", "SecurityGroupIds"), _change_endpoint),
        replaced_by=("PrivateDnsEnabled", "PolicyDocument"),
    ),
)
