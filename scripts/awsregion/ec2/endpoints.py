"""What services put into subnets: connect endpoints and interface VPC endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from awsregion.ec2.common import required, tag_new, zone_names
from awsregion.ec2.describe import Listing, page
from awsregion.ec2.errors import AwsError, invalid_value
from awsregion.ec2.interfaces import make_interface, release_interfaces
from awsregion.ec2.quotas import within
from awsregion.ec2.security_groups import checked_groups, groups_of

if TYPE_CHECKING:
    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record

_SERVICES: Final = ("ec2messages", "ssm", "ssmmessages", "ec2", "logs", "s3", "secretsmanager", "sts", "kms")
_WITHOUT_EC2MESSAGES: Final = frozenset(
    {"ap-east-2", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "mx-central-1"}
)
"""Regions launched in 2024 or later. Source: AWS Systems Manager user guide, ec2messages and ssmmessages."""
_OPEN_POLICY: Final = '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}'


def create_instance_connect_endpoint(ec2: Ec2, given: Given) -> Record:
    """Make a connect endpoint; a VPC has one."""
    subnet = ec2.get("subnet", required(given, "SubnetId"))
    if ec2.holding("instance-connect-endpoint", VpcId=subnet["VpcId"]):
        raise AwsError(
            "ResourceLimitExceeded",
            f"The VPC {subnet['VpcId']} has the maximum number of Instance Connect Endpoints, 1.",
        )
    identifier = ec2.new_id("eice")
    groups = checked_groups(ec2, given.plain("SecurityGroupIds"), subnet["VpcId"])
    interface = make_interface(
        ec2,
        subnet=subnet,
        groups=groups,
        description=f"EC2 Instance Connect Endpoint interface for {identifier}",
        kind="ec2_instance_connect_endpoint",
        requester=identifier,
    )
    name = f"{identifier}.{identifier[-8:]}.ec2-instance-connect-endpoint.{ec2.region}.amazonaws.com"
    record = ec2.add(
        "instance-connect-endpoint",
        identifier,
        {
            "InstanceConnectEndpointId": identifier,
            "InstanceConnectEndpointArn": ec2.arn(f"instance-connect-endpoint/{identifier}"),
            "AvailabilityZone": subnet["AvailabilityZone"],
            "AvailabilityZoneId": subnet["AvailabilityZoneId"],
            "CreatedAt": ec2.now(),
            "DnsName": name,
            "FipsDnsName": name.replace(".ec2-instance", ".fips.ec2-instance"),
            "NetworkInterfaceIds": [interface["NetworkInterfaceId"]],
            "OwnerId": ec2.account,
            "PreserveClientIp": bool(given.get("PreserveClientIp", False)),
            "SecurityGroupIds": groups,
            "State": "create-complete",
            "StateMessage": "",
            "SubnetId": subnet["SubnetId"],
            "VpcId": subnet["VpcId"],
        },
    )
    record = ec2.settling("instance-connect-endpoint", identifier, "create-in-progress")
    tag_new(ec2, given, {"instance-connect-endpoint": [identifier]})
    return {"InstanceConnectEndpoint": ec2.tagged(identifier, record) | {"State": "create-in-progress"}}


def delete_instance_connect_endpoint(ec2: Ec2, given: Given) -> Record:
    """Delete a connect endpoint with its interface."""
    record = ec2.get("instance-connect-endpoint", required(given, "InstanceConnectEndpointId"))
    identifier = record["InstanceConnectEndpointId"]
    shown = ec2.tagged(identifier, record) | {"State": "delete-in-progress"}
    release_interfaces(ec2, identifier)
    ec2.retire(
        "instance-connect-endpoint", identifier, State="delete-complete", leaving="delete-in-progress", brief=True
    )
    return {"InstanceConnectEndpoint": shown}


def create_vpc_endpoint(ec2: Ec2, given: Given) -> Record:
    """Make an interface endpoint, with an interface a subnet.

    Its interfaces answer nobody here: no AWS service runs inside the fabric.
    """
    vpc = ec2.get("vpc", required(given, "VpcId"))
    kind, service = given.get("VpcEndpointType", "Gateway"), required(given, "ServiceName")
    if kind != "Interface":
        raise AwsError("UnsupportedOperation", f"VPC endpoints of this region are interfaces; {kind} is not.")
    short = service.removeprefix(f"com.amazonaws.{ec2.region}.")
    if short not in _services(ec2.region):
        raise AwsError("InvalidServiceName", f"The Vpc Endpoint Service '{service}' does not exist")
    identifier = ec2.new_id("vpce")
    record: Record = {
        "VpcEndpointId": identifier,
        "VpcEndpointType": kind,
        "VpcId": vpc["VpcId"],
        "ServiceName": service,
        "ServiceRegion": ec2.region,
        "State": "available",
        "CreationTimestamp": ec2.now(),
        "OwnerId": ec2.account,
        "PolicyDocument": given.get("PolicyDocument", _OPEN_POLICY),
        "RequesterManaged": False,
        "IpAddressType": given.get("IpAddressType", "ipv4"),
        "RouteTableIds": [],
        **_interface_side(ec2, given, vpc, identifier, short),
    }
    ec2.add("vpc-endpoint", identifier, record)
    ec2.settling("vpc-endpoint", identifier)
    tag_new(ec2, given, {"vpc-endpoint": [identifier]})
    return {"VpcEndpoint": ec2.tagged(identifier, _endpoint(ec2, record))}


def describe_vpc_endpoint_services(ec2: Ec2, given: Given) -> Record:
    """List the services that interface endpoints lead to, by their names."""
    wanted = {
        value
        for each in given.get("Filters") or []
        if each.get("Name") == "service-name"
        for value in each.get("Values") or []
    }
    if any(each.get("Name") != "service-name" for each in given.get("Filters") or []):
        raise AwsError("InvalidParameterValue", "This region filters by service-name only.")
    wanted |= set(given.plain("ServiceNames") or [])
    names = [f"com.amazonaws.{ec2.region}.{short}" for short in _services(ec2.region)]
    shown = [name for name in names if not wanted or name in wanted]
    zones = list(zone_names(ec2.region))
    details = [
        {
            "ServiceName": name,
            "ServiceType": [{"ServiceType": "Interface"}],
            "AvailabilityZones": zones,
            "Owner": "amazon",
            "VpcEndpointPolicySupported": True,
            "AcceptanceRequired": False,
        }
        for name in shown
    ]
    answer = page("ServiceDetails", details, given)
    return {**answer, "ServiceNames": [each["ServiceName"] for each in answer["ServiceDetails"]]}


def _services(region: str) -> tuple[str, ...]:
    return tuple(each for each in _SERVICES if each != "ec2messages" or region not in _WITHOUT_EC2MESSAGES)


def _interface_side(ec2: Ec2, given: Given, vpc: Record, identifier: str, short: str) -> Record:
    private = bool(given.get("PrivateDnsEnabled", False))
    if private and not all(vpc["_dns"].values()):
        raise AwsError(
            "InvalidParameter",
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true "
            f"for {vpc['VpcId']}",
        )
    if private and any(
        other["ServiceName"].endswith(f".{short}") and other["PrivateDnsEnabled"]
        for other in ec2.holding("vpc-endpoint", VpcId=vpc["VpcId"])
    ):
        raise AwsError(
            "InvalidParameter",
            f"private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
            f"{short}.{ec2.region}.amazonaws.com in the VPC {vpc['VpcId']}",
        )
    there = ec2.holding("vpc-endpoint", VpcId=vpc["VpcId"], VpcEndpointType="Interface")
    within(ec2, "vpc-endpoint", len(there), vpc["VpcId"])
    groups = checked_groups(ec2, given.plain("SecurityGroupIds"), vpc["VpcId"])
    subnets = [ec2.get("subnet", subnet) for subnet in given.plain("SubnetIds") or []]
    zones = [subnet["AvailabilityZone"] for subnet in subnets]
    if len(set(zones)) != len(zones):
        raise AwsError("DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone.")
    for subnet in subnets:
        if subnet["VpcId"] != vpc["VpcId"]:
            raise invalid_value("subnetIds", subnet["SubnetId"], "It belongs to another VPC.")
    interfaces = [
        make_interface(
            ec2,
            subnet=subnet,
            groups=groups,
            description=f"VPC Endpoint Interface {identifier}",
            kind="vpc_endpoint",
            requester=identifier,
        )["NetworkInterfaceId"]
        for subnet in subnets
    ]
    names = [f"{identifier}-{identifier[-8:]}.{short}.{ec2.region}.vpce.amazonaws.com"]
    names += [f"{short}.{ec2.region}.amazonaws.com"] if private else []
    return {
        "PrivateDnsEnabled": private,
        "DnsEntries": [{"DnsName": name, "HostedZoneId": "Z7HUB22UULQXV"} for name in names],
        "NetworkInterfaceIds": interfaces,
        "SubnetIds": [subnet["SubnetId"] for subnet in subnets],
        "_groups": groups,
    }


def modify_vpc_endpoint(ec2: Ec2, given: Given) -> Record:
    """Give an interface endpoint other subnets or security groups, without interrupting it."""
    record = ec2.get("vpc-endpoint", required(given, "VpcEndpointId"))
    identifier = record["VpcEndpointId"]
    gone = set(given.plain("RemoveSubnetIds") or ())
    come = [one for one in given.plain("AddSubnetIds") or () if one not in record["SubnetIds"]]
    kept = [one for one in record["SubnetIds"] if one not in gone]
    subnets = [ec2.get("subnet", one) for one in (*kept, *come)]
    if len({subnet["AvailabilityZone"] for subnet in subnets}) != len(subnets):
        raise AwsError("DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone.")
    groups = [one for one in record["_groups"] if one not in set(given.plain("RemoveSecurityGroupIds") or ())]
    groups = checked_groups(ec2, [*groups, *(given.plain("AddSecurityGroupIds") or ())], record["VpcId"])
    interfaces = []
    for interface in ec2.all("network-interface", _requester=identifier):
        if interface["SubnetId"] in kept:
            interfaces.append(interface["NetworkInterfaceId"])
        else:
            ec2.remove("network-interface", interface["NetworkInterfaceId"])
    interfaces += [
        make_interface(
            ec2,
            subnet=ec2.get("subnet", one),
            groups=groups,
            description=f"VPC Endpoint Interface {identifier}",
            kind="vpc_endpoint",
            requester=identifier,
        )["NetworkInterfaceId"]
        for one in come
    ]
    ec2.change("vpc-endpoint", identifier, SubnetIds=[*kept, *come], NetworkInterfaceIds=interfaces, _groups=groups)
    return {"Return": True}


def delete_vpc_endpoints(ec2: Ec2, given: Given) -> Record:
    """Delete VPC endpoints with their interfaces; those that are not there are reported."""
    unsuccessful = []
    for identifier in required(given, "VpcEndpointIds"):
        if ec2.find("vpc-endpoint", identifier) is None:
            error = {
                "Code": "InvalidVpcEndpoint.NotFound",
                "Message": f"The Vpc Endpoint Id '{identifier}' does not exist",
            }
            unsuccessful.append({"ResourceId": identifier, "Error": error})
            continue
        release_interfaces(ec2, identifier)
        ec2.retire("vpc-endpoint", identifier, State="deleted", brief=True)
    return {"Unsuccessful": unsuccessful}


def _endpoint(ec2: Ec2, record: Record) -> Record:
    return {**record, "Groups": groups_of(ec2, record["_groups"])}


describe_instance_connect_endpoints: Final = Listing("DescribeInstanceConnectEndpoints", "instance-connect-endpoint")
describe_vpc_endpoints: Final = Listing(
    "DescribeVpcEndpoints", "vpc-endpoint", also={"vpc-endpoint-state": "State"}, view=_endpoint
)
