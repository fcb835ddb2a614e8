"""VPCs and subnets.

Source: Amazon VPC User Guide, "VPC CIDR blocks" and "Subnet CIDR blocks".
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from awsregion.ec2.common import network, required, tag_new, zone_id, zone_names
from awsregion.ec2.describe import Listing
from awsregion.ec2.errors import AwsError, in_use, invalid_value
from awsregion.ec2.quotas import within
from awsregion.ec2.route_tables import association, make_table
from awsregion.ec2.security_groups import drop_group, make_default_group

if TYPE_CHECKING:
    from ipaddress import IPv4Network

    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record

_WIDEST: Final = 16
_NARROWEST: Final = 28
_RESERVED_ADDRESSES: Final = 5


def create_vpc(ec2: Ec2, given: Given) -> Record:
    """Make a VPC with its default security group and its main route table."""
    block = _sized(network(required(given, "CidrBlock")), "InvalidVpc.Range")
    within(ec2, "vpc", len(ec2.all("vpc")))
    identifier = ec2.new_id("vpc")
    record = {
        "VpcId": identifier,
        "CidrBlock": str(block),
        "CidrBlockAssociationSet": [_block_association(ec2, block)],
        "DhcpOptionsId": "default",
        "InstanceTenancy": given.get("InstanceTenancy", "default"),
        "Ipv6CidrBlockAssociationSet": [],
        "IsDefault": False,
        "OwnerId": ec2.account,
        "State": "available",
        "_dns": {"enableDnsSupport": True, "enableDnsHostnames": False},
    }
    ec2.add("vpc", identifier, record)
    make_default_group(ec2, identifier)
    table = make_table(ec2, identifier)
    ec2.change("route-table", table["RouteTableId"], Associations=[association(ec2, table["RouteTableId"], None)])
    tag_new(ec2, given, {"vpc": [identifier]})
    return {"Vpc": ec2.tagged(identifier, record)}


def delete_vpc(ec2: Ec2, given: Given) -> Record:
    """Delete a VPC with what it was made with; refused while anything else is in it."""
    identifier = required(given, "VpcId")
    ec2.get("vpc", identifier)
    groups = ec2.all("security-group", VpcId=identifier)
    tables = ec2.all("route-table", VpcId=identifier)
    left = [
        *(subnet["SubnetId"] for subnet in ec2.all("subnet", VpcId=identifier)),
        *(group["GroupId"] for group in groups if group["GroupName"] != "default"),
        *(table["RouteTableId"] for table in tables if not _is_main(table)),
        *(endpoint["VpcEndpointId"] for endpoint in ec2.holding("vpc-endpoint", VpcId=identifier)),
        *(
            attachment["TransitGatewayAttachmentId"]
            for attachment in ec2.holding("transit-gateway-attachment", ResourceId=identifier)
        ),
    ]
    if left:
        raise in_use(identifier, "vpc", ", ".join(left))
    for group in groups:
        drop_group(ec2, group["GroupId"])
    for table in tables:
        ec2.remove("route-table", table["RouteTableId"])
    ec2.remove("vpc", identifier)
    return {}


def associate_vpc_cidr_block(ec2: Ec2, given: Given) -> Record:
    """Add a secondary CIDR block to a VPC."""
    vpc = ec2.get("vpc", required(given, "VpcId"))
    block = _sized(network(required(given, "CidrBlock")), "InvalidVpc.Range")
    if any(block.overlaps(other) for other in blocks(vpc)):
        raise AwsError("InvalidVpc.Range", f"The CIDR '{block}' conflicts with another CIDR block of the VPC.")
    within(ec2, "vpc-cidr", len(blocks(vpc)), vpc["VpcId"])
    added = _block_association(ec2, block)
    associations = [*vpc["CidrBlockAssociationSet"], added]
    ec2.change("vpc", vpc["VpcId"], CidrBlockAssociationSet=associations)
    return {"CidrBlockAssociation": added, "VpcId": vpc["VpcId"]}


def disassociate_vpc_cidr_block(ec2: Ec2, given: Given) -> Record:
    """Take a secondary CIDR block away; refused while a subnet is in it."""
    identifier = required(given, "AssociationId")
    for vpc in ec2.all("vpc"):
        for added in vpc["CidrBlockAssociationSet"]:
            if added["AssociationId"] == identifier:
                _check_block_is_free(ec2, vpc, network(added["CidrBlock"]))
                left = [other for other in vpc["CidrBlockAssociationSet"] if other != added]
                ec2.change("vpc", vpc["VpcId"], CidrBlockAssociationSet=left)
                return {"CidrBlockAssociation": added, "VpcId": vpc["VpcId"]}
    raise AwsError(
        "InvalidVpcCidrBlockAssociationID.NotFound", f"The vpc cidr block association ID '{identifier}' does not exist"
    )


def modify_vpc_attribute(ec2: Ec2, given: Given) -> Record:
    """Switch DNS support or DNS host names."""
    vpc = ec2.get("vpc", required(given, "VpcId"))
    changed = {
        attribute: bool(given[parameter]["Value"])
        for attribute, parameter in _DNS_ATTRIBUTES.items()
        if parameter in given
    }
    ec2.change("vpc", vpc["VpcId"], _dns=vpc["_dns"] | changed)
    return {}


def describe_vpc_attribute(ec2: Ec2, given: Given) -> Record:
    """Tell one of the DNS switches."""
    vpc, attribute = ec2.get("vpc", required(given, "VpcId")), required(given, "Attribute")
    if attribute not in _DNS_ATTRIBUTES:
        raise invalid_value("attribute", attribute)
    return {"VpcId": vpc["VpcId"], _DNS_ATTRIBUTES[attribute]: {"Value": vpc["_dns"][attribute]}}


def create_subnet(ec2: Ec2, given: Given) -> Record:
    """Make a subnet; without a zone it stands in the first."""
    vpc = ec2.get("vpc", required(given, "VpcId"))
    block = _sized(network(required(given, "CidrBlock")), "InvalidSubnet.Range")
    if not any(block.subnet_of(outer) for outer in blocks(vpc)):
        raise AwsError("InvalidSubnet.Range", f"The CIDR '{block}' is invalid.")
    if any(block.overlaps(network(other["CidrBlock"])) for other in ec2.all("subnet", VpcId=vpc["VpcId"])):
        raise AwsError("InvalidSubnet.Conflict", f"The CIDR '{block}' conflicts with another subnet")
    zones = zone_names(ec2.region)
    zone = given.get("AvailabilityZone", zones[0])
    if zone not in zones:
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in "
            f"the following availability zones: {', '.join(zones)}.",
        )
    within(ec2, "subnet", len(ec2.all("subnet", VpcId=vpc["VpcId"])), vpc["VpcId"])
    identifier = ec2.new_id("subnet")
    record = {
        "SubnetId": identifier,
        "SubnetArn": ec2.arn(f"subnet/{identifier}"),
        "VpcId": vpc["VpcId"],
        "CidrBlock": str(block),
        "AvailabilityZone": zone,
        "AvailabilityZoneId": zone_id(ec2.region, zone),
        "AssignIpv6AddressOnCreation": False,
        "DefaultForAz": False,
        "EnableDns64": False,
        "Ipv6CidrBlockAssociationSet": [],
        "Ipv6Native": False,
        "MapCustomerOwnedIpOnLaunch": False,
        "MapPublicIpOnLaunch": False,
        "OwnerId": ec2.account,
        "State": "available",
    }
    ec2.add("subnet", identifier, record)
    tag_new(ec2, given, {"subnet": [identifier]})
    return {"Subnet": ec2.tagged(identifier, _subnet(ec2, record))}


def modify_subnet_attribute(ec2: Ec2, given: Given) -> Record:
    """Switch public addresses on launch; there is no internet gateway here, so it can only be off."""
    subnet = ec2.get("subnet", required(given, "SubnetId"))
    if "MapPublicIpOnLaunch" in given:
        ec2.change("subnet", subnet["SubnetId"], MapPublicIpOnLaunch=bool(given["MapPublicIpOnLaunch"]["Value"]))
    return {}


def delete_subnet(ec2: Ec2, given: Given) -> Record:
    """Delete a subnet; refused while network interfaces stand in it."""
    identifier = required(given, "SubnetId")
    ec2.get("subnet", identifier)
    interfaces = ec2.all("network-interface", SubnetId=identifier)
    if interfaces:
        raise in_use(identifier, "subnet", ", ".join(interface["NetworkInterfaceId"] for interface in interfaces))
    for table in ec2.all("route-table"):
        kept = [one for one in table["Associations"] if one.get("SubnetId") != identifier]
        if kept != table["Associations"]:
            ec2.change("route-table", table["RouteTableId"], Associations=kept)
    ec2.remove("subnet", identifier)
    return {}


def blocks(vpc: Record) -> list[IPv4Network]:
    """Return a VPC's CIDR blocks, the primary one first."""
    return [network(added["CidrBlock"]) for added in vpc["CidrBlockAssociationSet"]]


def _block_association(ec2: Ec2, block: IPv4Network) -> Record:
    return {
        "AssociationId": ec2.new_id("vpc-cidr-assoc"),
        "CidrBlock": str(block),
        "CidrBlockState": {"State": "associated"},
    }


def _check_block_is_free(ec2: Ec2, vpc: Record, block: IPv4Network) -> None:
    if str(block) == vpc["CidrBlock"]:
        raise AwsError("OperationNotPermitted", f"The vpc '{vpc['VpcId']}' primary CIDR block cannot be disassociated.")
    inside = [
        subnet["SubnetId"]
        for subnet in ec2.all("subnet", VpcId=vpc["VpcId"])
        if network(subnet["CidrBlock"]).subnet_of(block)
    ]
    if inside:
        raise in_use(str(block), "CIDR block", ", ".join(inside))


def _sized(block: IPv4Network, code: str) -> IPv4Network:
    if not _WIDEST <= block.prefixlen <= _NARROWEST:
        raise AwsError(code, f"The CIDR '{block}' is invalid.")
    return block


def _is_main(table: Record) -> bool:
    return any(one["Main"] for one in table["Associations"])


def _subnet(ec2: Ec2, record: Record) -> Record:
    taken = len(ec2.all("network-interface", SubnetId=record["SubnetId"]))
    free = network(record["CidrBlock"]).num_addresses - _RESERVED_ADDRESSES - taken
    return {**record, "AvailableIpAddressCount": free}


_DNS_ATTRIBUTES: Final = MappingProxyType(
    {
        "enableDnsSupport": "EnableDnsSupport",
        "enableDnsHostnames": "EnableDnsHostnames",
    }
)


describe_vpcs: Final = Listing("DescribeVpcs", "vpc", also={"cidr": "CidrBlock"})
describe_subnets: Final = Listing(
    "DescribeSubnets", "subnet", also={"availabilityZone": "AvailabilityZone", "cidr": "CidrBlock"}, view=_subnet
)
