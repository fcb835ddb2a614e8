"""Rows for VPCs and what is in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from awsregion.cfn.resource import Resource, deleted, described, itself, request, same, tags

if TYPE_CHECKING:
    from awsregion.cfn.resource import Change, Cloud, Record
    from awsregion.ec2.given import Given


def _create_vpc(cloud: Cloud, given: Given, _name: str) -> str:
    made = cloud.call("CreateVpc", request(given, same("CidrBlock", "InstanceTenancy")) | tags(given, "vpc"))
    identifier: str = made["Vpc"]["VpcId"]
    for switch in ("EnableDnsSupport", "EnableDnsHostnames"):
        if switch in given:
            cloud.call("ModifyVpcAttribute", {"VpcId": identifier, switch: {"Value": given[switch]}})
    return identifier


def _vpc_switch(switch: str, default: str) -> Change:
    def change(cloud: Cloud, identifier: str, new: Given, _old: Given) -> None:
        cloud.call("ModifyVpcAttribute", {"VpcId": identifier, switch: {"Value": new.get(switch, default)}})

    return change


def _vpc_attributes(cloud: Cloud, identifier: str, _properties: Record) -> Record:
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


def _create_cidr_block(cloud: Cloud, given: Given, _name: str) -> str:
    made = cloud.call("AssociateVpcCidrBlock", request(given, same("VpcId", "CidrBlock")))
    identifier: str = made["CidrBlockAssociation"]["AssociationId"]
    return identifier


def _create_subnet(cloud: Cloud, given: Given, _name: str) -> str:
    asked = request(given, same("VpcId", "CidrBlock", "AvailabilityZone")) | tags(given, "subnet")
    identifier: str = cloud.call("CreateSubnet", asked)["Subnet"]["SubnetId"]
    if "MapPublicIpOnLaunch" in given:
        _map_public(cloud, identifier, given, given)
    return identifier


def _map_public(cloud: Cloud, identifier: str, new: Given, _old: Given) -> None:
    value = {"Value": new.get("MapPublicIpOnLaunch", "false")}
    cloud.call("ModifySubnetAttribute", {"SubnetId": identifier, "MapPublicIpOnLaunch": value})


def _create_route_table(cloud: Cloud, given: Given, _name: str) -> str:
    made = cloud.call("CreateRouteTable", request(given, same("VpcId")) | tags(given, "route-table"))
    identifier: str = made["RouteTable"]["RouteTableId"]
    return identifier


_ROUTE: Final = same(
    "RouteTableId", "DestinationCidrBlock", "TransitGatewayId", "NetworkInterfaceId", "InstanceId", "GatewayId"
)


def _create_route(cloud: Cloud, given: Given, _name: str) -> str:
    cloud.call("CreateRoute", request(given, _ROUTE))
    return f"{given['RouteTableId']}|{given['DestinationCidrBlock']}"


def _point_route(cloud: Cloud, _identifier: str, new: Given, _old: Given) -> None:
    cloud.call("ReplaceRoute", request(new, _ROUTE))


def _delete_route(cloud: Cloud, identifier: str, _properties: Record) -> None:
    table, _, destination = identifier.partition("|")
    cloud.call("DeleteRoute", {"RouteTableId": table, "DestinationCidrBlock": destination})


def _associate(cloud: Cloud, given: Given, _name: str) -> str:
    asked = request(given, same("RouteTableId", "SubnetId"))
    identifier: str = cloud.call("AssociateRouteTable", asked)["AssociationId"]
    return identifier


def _create_endpoint(cloud: Cloud, given: Given, _name: str) -> str:
    names = same(
        "VpcId",
        "ServiceName",
        "VpcEndpointType",
        "SubnetIds",
        "SecurityGroupIds",
        "PrivateDnsEnabled",
        "RouteTableIds",
        "IpAddressType",
    )
    asked = request(given, names) | tags(given, "vpc-endpoint")
    policy = given.plain("PolicyDocument")
    if policy is not None:
        asked["PolicyDocument"] = policy if isinstance(policy, str) else json.dumps(policy, separators=(",", ":"))
    identifier: str = cloud.call("CreateVpcEndpoint", asked)["VpcEndpoint"]["VpcEndpointId"]
    return identifier


def _endpoint_attributes(cloud: Cloud, identifier: str, _properties: Record) -> Record:
    record = cloud.call("DescribeVpcEndpoints", {"VpcEndpointIds": [identifier]})["VpcEndpoints"][0]
    return {
        "Id": identifier,
        "CreationTimestamp": record["CreationTimestamp"].isoformat(),
        "DnsEntries": [f"{one['HostedZoneId']}:{one['DnsName']}" for one in record["DnsEntries"]],
        "NetworkInterfaceIds": record["NetworkInterfaceIds"],
    }


def _create_flow_log(cloud: Cloud, given: Given, _name: str) -> str:
    names = same(
        "ResourceType",
        "TrafficType",
        "LogDestination",
        "LogDestinationType",
        "LogGroupName",
        "LogFormat",
        "DeliverLogsPermissionArn",
        "MaxAggregationInterval",
    )
    asked = request(given, names) | {"ResourceIds": [given["ResourceId"]]} | tags(given, "vpc-flow-log")
    identifier: str = cloud.call("CreateFlowLogs", asked)["FlowLogIds"][0]
    return identifier


NETWORK: Final = (
    Resource(
        type="AWS::EC2::VPC",
        create=_create_vpc,
        delete=deleted("DeleteVpc", "VpcId"),
        attributes=_vpc_attributes,
        changes={
            "EnableDnsSupport": _vpc_switch("EnableDnsSupport", "true"),
            "EnableDnsHostnames": _vpc_switch("EnableDnsHostnames", "false"),
        },
        tagged=itself,
    ),
    Resource(
        type="AWS::EC2::VPCCidrBlock",
        create=_create_cidr_block,
        delete=deleted("DisassociateVpcCidrBlock", "AssociationId"),
        attributes=lambda _cloud, identifier, _properties: {"Id": identifier},
    ),
    Resource(
        type="AWS::EC2::Subnet",
        create=_create_subnet,
        delete=deleted("DeleteSubnet", "SubnetId"),
        attributes=described(
            "DescribeSubnets",
            "SubnetIds",
            "Subnets",
            same("SubnetId", "AvailabilityZone", "AvailabilityZoneId", "CidrBlock", "VpcId"),
        ),
        changes={"MapPublicIpOnLaunch": _map_public},
        tagged=itself,
    ),
    Resource(
        type="AWS::EC2::RouteTable",
        create=_create_route_table,
        delete=deleted("DeleteRouteTable", "RouteTableId"),
        attributes=lambda _cloud, identifier, _properties: {"RouteTableId": identifier},
        tagged=itself,
    ),
    Resource(
        type="AWS::EC2::Route",
        create=_create_route,
        delete=_delete_route,
        attributes=lambda _cloud, identifier, _properties: {"CidrBlock": identifier.partition("|")[2]},
        changes=dict.fromkeys(("TransitGatewayId", "NetworkInterfaceId", "InstanceId", "GatewayId"), _point_route),
    ),
    Resource(
        type="AWS::EC2::SubnetRouteTableAssociation",
        create=_associate,
        delete=deleted("DisassociateRouteTable", "AssociationId"),
        attributes=lambda _cloud, identifier, _properties: {"Id": identifier},
    ),
    Resource(
        type="AWS::EC2::VPCEndpoint",
        create=_create_endpoint,
        delete=deleted("DeleteVpcEndpoints", "VpcEndpointIds", many=True),
        attributes=_endpoint_attributes,
        replaced_by=("SubnetIds", "SecurityGroupIds", "RouteTableIds", "PrivateDnsEnabled", "PolicyDocument"),
        tagged=itself,
    ),
    Resource(
        type="AWS::EC2::FlowLog",
        create=_create_flow_log,
        delete=deleted("DeleteFlowLogs", "FlowLogIds", many=True),
        attributes=lambda _cloud, identifier, _properties: {"Id": identifier},
        tagged=itself,
    ),
)
