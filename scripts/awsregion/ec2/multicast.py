"""Multicast domains of Transit Gateways: subnets in them, and members of groups.

Source: AWS Transit Gateway user guide, "Multicast on transit gateways"; EC2 API Reference,
SearchTransitGatewayMulticastGroups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from awsregion.ec2.common import address, required, switches, tag_new
from awsregion.ec2.describe import Listing, listed
from awsregion.ec2.errors import AwsError, invalid_value
from awsregion.ec2.quotas import within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record

_DEFAULTS: Final = {
    "AutoAcceptSharedAssociations": "disable",
    "Igmpv2Support": "disable",
    "StaticSourcesSupport": "disable",
}


def create_transit_gateway_multicast_domain(ec2: Ec2, given: Given) -> Record:
    """Make a domain on a gateway that was made with multicast."""
    gateway = ec2.ready("transit-gateway", required(given, "TransitGatewayId"))
    if gateway["Options"]["MulticastSupport"] != "enable":
        raise AwsError("IncorrectState", f"{gateway['TransitGatewayId']} does not have multicast support enabled.")
    options = switches(given.get("Options"), _DEFAULTS)
    if options["Igmpv2Support"] == options["StaticSourcesSupport"] == "enable":
        raise AwsError("InvalidParameterCombination", "Igmpv2Support and StaticSourcesSupport cannot both be enabled.")
    there = ec2.holding("transit-gateway-multicast-domain", TransitGatewayId=gateway["TransitGatewayId"])
    within(ec2, "transit-gateway-multicast-domain", len(there), gateway["TransitGatewayId"])
    identifier = ec2.new_id("tgw-mcast-domain")
    record = ec2.add(
        "transit-gateway-multicast-domain",
        identifier,
        {
            "TransitGatewayMulticastDomainId": identifier,
            "TransitGatewayMulticastDomainArn": ec2.arn(f"transit-gateway-multicast-domain/{identifier}"),
            "TransitGatewayId": gateway["TransitGatewayId"],
            "OwnerId": ec2.account,
            "Options": options,
            "State": "available",
            "CreationTime": ec2.now(),
        },
    )
    ec2.settling("transit-gateway-multicast-domain", identifier)
    tag_new(ec2, given, {"transit-gateway-multicast-domain": [identifier]})
    return {"TransitGatewayMulticastDomain": ec2.tagged(identifier, record) | {"State": "pending"}}


def delete_transit_gateway_multicast_domain(ec2: Ec2, given: Given) -> Record:
    """Delete a domain; refused while subnets are in it."""
    identifier = _domain(ec2, given)["TransitGatewayMulticastDomainId"]
    ec2.ready("transit-gateway-multicast-domain", identifier)
    held = ec2.holding("multicast-association", TransitGatewayMulticastDomainId=identifier)
    subnets = [one["_subnet"] for one in held]
    if subnets:
        raise AwsError("IncorrectState", f"{identifier} has non-deleted associations: {', '.join(subnets)}.")
    record = ec2.retire("transit-gateway-multicast-domain", identifier, State="deleted")
    return {"TransitGatewayMulticastDomain": ec2.tagged(identifier, record) | {"State": "deleting"}}


def associate_transit_gateway_multicast_domain(ec2: Ec2, given: Given) -> Record:
    """Put subnets of an attached VPC into a domain; a subnet is in one domain only."""
    domain = _domain(ec2, given)
    ec2.ready("transit-gateway-multicast-domain", domain["TransitGatewayMulticastDomainId"])
    attachment = ec2.ready("transit-gateway-attachment", required(given, "TransitGatewayAttachmentId"))
    if attachment["TransitGatewayId"] != domain["TransitGatewayId"] or attachment["ResourceType"] != "vpc":
        raise invalid_value(
            "TransitGatewayAttachmentId",
            attachment["TransitGatewayAttachmentId"],
            "It is not an attachment of a VPC to the domain's gateway.",
        )
    zones = {ec2.get("subnet", one)["AvailabilityZone"] for one in attachment["_subnets"]}
    identifiers = required(given, "SubnetIds")
    for identifier in identifiers:
        subnet = ec2.get("subnet", identifier)
        if subnet["VpcId"] != attachment["ResourceId"]:
            raise AwsError("InvalidSubnetID.NotFound", f"The subnet {identifier} is not of the attached VPC.")
        if subnet["AvailabilityZone"] not in zones:
            raise invalid_value("SubnetIds", identifier, "The attachment has no subnet in its availability zone.")
        if ec2.holding("multicast-association", _subnet=identifier):
            raise AwsError(
                "Resource.AlreadyAssociated", f"Subnet {identifier} is already associated with a multicast domain."
            )
        held = ec2.holding("multicast-association", ResourceId=attachment["ResourceId"])
        within(ec2, "multicast-association", len(held), attachment["ResourceId"])
        key = f"{domain['TransitGatewayMulticastDomainId']}|{identifier}"
        ec2.add(
            "multicast-association",
            key,
            {
                "TransitGatewayMulticastDomainId": domain["TransitGatewayMulticastDomainId"],
                "TransitGatewayAttachmentId": attachment["TransitGatewayAttachmentId"],
                "ResourceId": attachment["ResourceId"],
                "ResourceType": "vpc",
                "ResourceOwnerId": ec2.account,
                "State": "associated",
                "_subnet": identifier,
                "_key": key,
            },
        )
        ec2.settling("multicast-association", key, "associating")
    return {
        "Associations": _associations(ec2, domain, attachment["TransitGatewayAttachmentId"], identifiers, "associating")
    }


def disassociate_transit_gateway_multicast_domain(ec2: Ec2, given: Given) -> Record:
    """Take subnets out of a domain; refused while an interface of theirs is a member by API."""
    domain = _domain(ec2, given)
    attachment, identifiers = required(given, "TransitGatewayAttachmentId"), required(given, "SubnetIds")
    for identifier in identifiers:
        key = f"{domain['TransitGatewayMulticastDomainId']}|{identifier}"
        found = ec2.find("multicast-association", key)
        if found is None or found["TransitGatewayAttachmentId"] != attachment:
            raise AwsError("InvalidAssociation.NotFound", f"Subnet {identifier} is not associated with the domain.")
        members = [
            one["NetworkInterfaceId"]
            for one in ec2.all("multicast-group-member", _domain=domain["TransitGatewayMulticastDomainId"])
            if ec2.get("network-interface", one["NetworkInterfaceId"])["SubnetId"] == identifier
        ]
        if members:
            raise AwsError("IncorrectState", f"Subnet {identifier} has registered group members: {', '.join(members)}.")
        ec2.retire("multicast-association", key, State="disassociated", leaving="disassociating", brief=True)
    return {"Associations": _associations(ec2, domain, attachment, identifiers, "disassociating")}


def get_transit_gateway_multicast_domain_associations(ec2: Ec2, given: Given) -> Record:
    """List the subnets in a domain."""
    domain = _domain(ec2, given)
    shown = [
        {
            "TransitGatewayAttachmentId": one["TransitGatewayAttachmentId"],
            "ResourceId": one["ResourceId"],
            "ResourceType": one["ResourceType"],
            "ResourceOwnerId": one["ResourceOwnerId"],
            "Subnet": {"SubnetId": one["_subnet"], "State": one["State"]},
        }
        for one in ec2.holding(
            "multicast-association", TransitGatewayMulticastDomainId=domain["TransitGatewayMulticastDomainId"]
        )
    ]
    also = {"state": "Subnet.State", "subnet-id": "Subnet.SubnetId"}
    return listed(ec2, "GetTransitGatewayMulticastDomainAssociations", shown, given, also)


def register_transit_gateway_multicast_group_members(ec2: Ec2, given: Given) -> Record:
    """Register interfaces with a group, without IGMP."""
    identifier, group = _domain(ec2, given)["TransitGatewayMulticastDomainId"], _group(given)
    for interface_id in required(given, "NetworkInterfaceIds"):
        interface = ec2.get("network-interface", interface_id)
        if ec2.find("multicast-association", f"{identifier}|{interface['SubnetId']}") is None:
            raise invalid_value("NetworkInterfaceIds", interface_id, f"Its subnet is not associated with {identifier}.")
        key = f"{identifier}|{group}|{interface_id}"
        if ec2.find("multicast-group-member", key) is not None:
            raise AwsError("InvalidParameterValue", f"{interface_id} is already registered with group {group}.")
        fields = {"GroupIpAddress": group, "NetworkInterfaceId": interface_id, "_domain": identifier, "_key": key}
        ec2.add("multicast-group-member", key, fields)
    members = [one for one in _rows(ec2, identifier) if one["GroupIpAddress"] == group]
    # They are counted with what was just added.
    within(ec2, "multicast-group-member", len(members) - 1, group)
    return {
        "RegisteredMulticastGroupMembers": {
            "TransitGatewayMulticastDomainId": identifier,
            "GroupIpAddress": group,
            "RegisteredNetworkInterfaceIds": list(given["NetworkInterfaceIds"]),
        }
    }


def deregister_transit_gateway_multicast_group_members(ec2: Ec2, given: Given) -> Record:
    """Take registered interfaces out of a group, or of all groups."""
    identifier = _domain(ec2, given)["TransitGatewayMulticastDomainId"]
    group = _group(given) if "GroupIpAddress" in given else None
    wanted = given.plain("NetworkInterfaceIds")
    gone = [
        one
        for one in ec2.all("multicast-group-member", _domain=identifier)
        if (group is None or one["GroupIpAddress"] == group) and (wanted is None or one["NetworkInterfaceId"] in wanted)
    ]
    missing = set(wanted or ()) - {one["NetworkInterfaceId"] for one in gone}
    if missing:
        raise invalid_value("NetworkInterfaceIds", ", ".join(sorted(missing)), f"Not registered with {group}.")
    for one in gone:
        ec2.remove("multicast-group-member", one["_key"])
    payload: Record = {
        "TransitGatewayMulticastDomainId": identifier,
        "DeregisteredNetworkInterfaceIds": [one["NetworkInterfaceId"] for one in gone],
    }
    return {"DeregisteredMulticastGroupMembers": payload if group is None else payload | {"GroupIpAddress": group}}


def search_transit_gateway_multicast_groups(ec2: Ec2, given: Given) -> Record:
    """List a domain's group members: registered ones, and those that the fabric sees by IGMP."""
    rows = _rows(ec2, _domain(ec2, given)["TransitGatewayMulticastDomainId"])
    return listed(
        ec2,
        "SearchTransitGatewayMulticastGroups",
        rows,
        given,
        {"is-group-member": "GroupMember", "is-group-source": "GroupSource"},
    )


def _rows(ec2: Ec2, domain_id: str) -> list[Record]:
    """Return one row a group and interface; what joined by both ways is one row."""
    rows: dict[tuple[str, str], Record] = {}
    for group, interface_id, how in _members(ec2, domain_id):
        interface = ec2.find("network-interface", interface_id)
        if interface is None:
            continue
        association = ec2.find("multicast-association", f"{domain_id}|{interface['SubnetId']}")
        if association is None:
            continue
        rows[group, interface_id] = {
            "GroupIpAddress": group,
            "TransitGatewayAttachmentId": association["TransitGatewayAttachmentId"],
            "SubnetId": interface["SubnetId"],
            "ResourceId": association["ResourceId"],
            "ResourceType": "vpc",
            "ResourceOwnerId": ec2.account,
            "NetworkInterfaceId": interface_id,
            "GroupMember": True,
            "GroupSource": False,
            "MemberType": how,
        }
    return list(rows.values())


def _members(ec2: Ec2, domain_id: str) -> Iterator[tuple[str, str, str]]:
    for seen in ec2.live.members:
        if seen.domain_id == domain_id:
            yield str(seen.group), seen.network_interface_id, "igmp"
    for one in ec2.all("multicast-group-member", _domain=domain_id):
        yield one["GroupIpAddress"], one["NetworkInterfaceId"], "static"


def _domain(ec2: Ec2, given: Given) -> Record:
    return ec2.get("transit-gateway-multicast-domain", required(given, "TransitGatewayMulticastDomainId"))


def _group(given: Given) -> str:
    group = address(required(given, "GroupIpAddress"), "GroupIpAddress")
    if not group.is_multicast:
        raise invalid_value("GroupIpAddress", group, "It is not a multicast address.")
    return str(group)


def _associations(ec2: Ec2, domain: Record, attachment_id: str, subnets: list[str], state: str) -> Record:
    attachment = ec2.get("transit-gateway-attachment", attachment_id)
    return {
        "TransitGatewayMulticastDomainId": domain["TransitGatewayMulticastDomainId"],
        "TransitGatewayAttachmentId": attachment_id,
        "ResourceId": attachment["ResourceId"],
        "ResourceType": "vpc",
        "ResourceOwnerId": ec2.account,
        "Subnets": [{"SubnetId": subnet, "State": state} for subnet in subnets],
    }


describe_transit_gateway_multicast_domains: Final = Listing(
    "DescribeTransitGatewayMulticastDomains", "transit-gateway-multicast-domain"
)
