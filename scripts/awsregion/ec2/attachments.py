"""Attachments of Transit Gateways: of VPCs, and what VPN connections share with them.

Source: AWS Transit Gateway user guide, "Transit gateway attachments"; EC2 API Reference,
CreateTransitGatewayVpcAttachment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from awsregion.ec2.common import required, switches, tag_new
from awsregion.ec2.describe import Listing
from awsregion.ec2.errors import AwsError, invalid_value
from awsregion.ec2.interfaces import make_interface, release_interfaces
from awsregion.ec2.quotas import within
from awsregion.ec2.transit_routes import forget_attachment, join_default_tables

if TYPE_CHECKING:
    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record

_ATTACHMENT_DEFAULTS: Final = {
    "ApplianceModeSupport": "disable",
    "DnsSupport": "enable",
    "Ipv6Support": "disable",
    "SecurityGroupReferencingSupport": "enable",
}


def make_attachment(ec2: Ec2, gateway: Record, *, resource_type: str, resource_id: str, **fields: object) -> Record:
    """Attach a resource to a gateway, and let it join the gateway's default route tables."""
    there = ec2.holding("transit-gateway-attachment", TransitGatewayId=gateway["TransitGatewayId"])
    within(ec2, "transit-gateway-attachment", len(there), gateway["TransitGatewayId"])
    identifier = ec2.new_id("tgw-attach")
    record = ec2.add(
        "transit-gateway-attachment",
        identifier,
        {
            "TransitGatewayAttachmentId": identifier,
            "TransitGatewayId": gateway["TransitGatewayId"],
            "TransitGatewayOwnerId": ec2.account,
            "ResourceOwnerId": ec2.account,
            "ResourceType": resource_type,
            "ResourceId": resource_id,
            "State": "available",
            "CreationTime": ec2.now(),
            **fields,
        },
    )
    join_default_tables(ec2, gateway, identifier)
    ec2.settling("transit-gateway-attachment", identifier)
    return record


def drop_attachment(ec2: Ec2, identifier: str) -> Record:
    """Take an attachment out of every route table and delete it; it stays listed as deleted for a while."""
    forget_attachment(ec2, identifier)
    release_interfaces(ec2, identifier)
    return ec2.retire("transit-gateway-attachment", identifier, State="deleted")


def lose_attachment(ec2: Ec2, identifier: str) -> None:
    """Delete an attachment at once with all that depends on it, as a failure of AWS's own would.

    Raises:
        AwsError: there is none of that id.
    """
    ec2.get("transit-gateway-attachment", identifier)
    for one in ec2.all("multicast-association", TransitGatewayAttachmentId=identifier):
        ec2.remove("multicast-association", one["_key"])
    drop_attachment(ec2, identifier)
    ec2.settle_now("transit-gateway-attachment", identifier)


def create_transit_gateway_vpc_attachment(ec2: Ec2, given: Given) -> Record:
    """Attach a VPC, in one subnet a zone."""
    gateway = ec2.ready("transit-gateway", required(given, "TransitGatewayId"))
    vpc = ec2.get("vpc", required(given, "VpcId"))
    subnets = _zoned_subnets(ec2, vpc["VpcId"], required(given, "SubnetIds"))
    others = ec2.holding("transit-gateway-attachment", ResourceId=vpc["VpcId"])
    within(ec2, "attachment-of-vpc", len(others), vpc["VpcId"])
    for other in others:
        if other["TransitGatewayId"] == gateway["TransitGatewayId"]:
            raise AwsError(
                "DuplicateTransitGatewayAttachment",
                f"{gateway['TransitGatewayId']} has non-deleted Transit Gateway Attachments with same VPC ID.",
            )
    record = make_attachment(
        ec2,
        gateway,
        resource_type="vpc",
        resource_id=vpc["VpcId"],
        _options=switches(given.get("Options"), _ATTACHMENT_DEFAULTS),
        _subnets=[subnet["SubnetId"] for subnet in subnets],
    )
    identifier = record["TransitGatewayAttachmentId"]
    for subnet in subnets:
        _attachment_interface(ec2, identifier, subnet)
    tag_new(ec2, given, {"transit-gateway-attachment": [identifier]})
    return {"TransitGatewayVpcAttachment": ec2.tagged(identifier, _vpc_attachment(ec2, record)) | {"State": "pending"}}


def modify_transit_gateway_vpc_attachment(ec2: Ec2, given: Given) -> Record:
    """Add or remove subnets, or change switches."""
    record = _vpc_attached(ec2, required(given, "TransitGatewayAttachmentId"))
    identifier = record["TransitGatewayAttachmentId"]
    gone = given.plain("RemoveSubnetIds") or []
    for subnet in gone:
        if subnet not in record["_subnets"]:
            raise invalid_value("RemoveSubnetIds", subnet, "It is not a subnet of the attachment.")
    added = given.plain("AddSubnetIds") or []
    wanted = [one for one in record["_subnets"] if one not in gone] + [
        one for one in added if one not in record["_subnets"]
    ]
    subnets = _zoned_subnets(ec2, record["ResourceId"], wanted)
    for interface in ec2.all("network-interface", _requester=identifier):
        if interface["SubnetId"] not in wanted:
            ec2.remove("network-interface", interface["NetworkInterfaceId"])
    for subnet in subnets:
        if subnet["SubnetId"] not in record["_subnets"]:
            _attachment_interface(ec2, identifier, subnet)
    options = switches(given.get("Options"), record["_options"])
    record = ec2.change("transit-gateway-attachment", identifier, _subnets=wanted, _options=options)
    return {"TransitGatewayVpcAttachment": ec2.tagged(identifier, _vpc_attachment(ec2, record))}


def delete_transit_gateway_vpc_attachment(ec2: Ec2, given: Given) -> Record:
    """Detach a VPC; refused while its subnets are in a multicast domain."""
    record = _vpc_attached(ec2, required(given, "TransitGatewayAttachmentId"))
    ec2.ready("transit-gateway-attachment", record["TransitGatewayAttachmentId"])
    identifier = record["TransitGatewayAttachmentId"]
    domains = [
        one["TransitGatewayMulticastDomainId"]
        for one in ec2.holding("multicast-association", TransitGatewayAttachmentId=identifier)
    ]
    if domains:
        raise AwsError(
            "IncorrectState",
            f"{identifier} has non-deleted Multicast Domain associations: {', '.join(dict.fromkeys(domains))}.",
        )
    shown = ec2.tagged(identifier, _vpc_attachment(ec2, record)) | {"State": "deleting"}
    drop_attachment(ec2, identifier)
    return {"TransitGatewayVpcAttachment": shown}


def _zoned_subnets(ec2: Ec2, vpc_id: str, identifiers: list[str]) -> list[Record]:
    subnets = [ec2.get("subnet", identifier) for identifier in identifiers]
    if not subnets:
        raise AwsError("InsufficientSubnetsException", "At least one subnet is required.")
    if any(subnet["VpcId"] != vpc_id for subnet in subnets):
        raise AwsError("InvalidSubnetID.NotFound", f"A subnet does not belong to the VPC {vpc_id}.")
    zones = [subnet["AvailabilityZone"] for subnet in subnets]
    if len(set(zones)) != len(zones):
        raise AwsError("DuplicateSubnetsInSameZone", "Duplicate Subnets for same AZ")
    return subnets


def _attachment_interface(ec2: Ec2, identifier: str, subnet: Record) -> None:
    make_interface(
        ec2,
        subnet=subnet,
        groups=[],
        description=f"Network Interface for Transit Gateway Attachment {identifier}",
        kind="transit_gateway",
        requester=identifier,
    )


def _vpc_attached(ec2: Ec2, identifier: str) -> Record:
    record = ec2.get("transit-gateway-attachment", identifier)
    if record["ResourceType"] != "vpc":
        raise AwsError(
            "InvalidTransitGatewayAttachmentID.NotFound", f"Transit Gateway Attachment {identifier} is not of a VPC."
        )
    return record


def _attachment(ec2: Ec2, record: Record) -> Record:
    for one in ec2.all("gateway-association", TransitGatewayAttachmentId=record["TransitGatewayAttachmentId"]):
        table = {"TransitGatewayRouteTableId": one["TransitGatewayRouteTableId"], "State": "associated"}
        return {**record, "Association": table}
    return record


def _vpc_attachment(_ec2: Ec2, record: Record) -> Record:
    left_out = {"TransitGatewayOwnerId", "ResourceOwnerId", "ResourceType", "ResourceId", "Association"}
    return {key: value for key, value in record.items() if key not in left_out} | {
        "VpcId": record["ResourceId"],
        "VpcOwnerId": record["ResourceOwnerId"],
        "SubnetIds": record["_subnets"],
        "Options": record["_options"],
    }


describe_transit_gateway_vpc_attachments: Final = Listing(
    "DescribeTransitGatewayVpcAttachments",
    "transit-gateway-attachment",
    view=_vpc_attachment,
    only={"ResourceType": "vpc"},
)
describe_transit_gateway_attachments: Final = Listing(
    "DescribeTransitGatewayAttachments", "transit-gateway-attachment", view=_attachment
)
