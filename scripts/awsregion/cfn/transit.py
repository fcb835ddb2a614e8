"""Rows for Transit Gateways, their route tables, multicast domains, and VPN connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from awsregion.cfn.resource import Creation, CustomCreation, Resource, deleted, described, request, same
from awsregion.ec2.errors import AwsError

if TYPE_CHECKING:
    from awsregion.cfn.resource import Change, Ec2Actions, Record
    from awsregion.ec2.parameters import Given

_SWITCHES: Final = (
    "AutoAcceptSharedAttachments",
    "DefaultRouteTableAssociation",
    "DefaultRouteTablePropagation",
    "DnsSupport",
    "SecurityGroupReferencingSupport",
    "VpnEcmpSupport",
)
_CONNECTION_OPTIONS: Final = (
    "StaticRoutesOnly",
    "EnableAcceleration",
    "LocalIpv4NetworkCidr",
    "RemoteIpv4NetworkCidr",
    "OutsideIpAddressType",
    "TunnelInsideIpVersion",
)


def _change_gateway(cloud: Ec2Actions, identifier: str, new: Given, _old: Given) -> None:
    names = {name: f"Options.{name}" for name in _SWITCHES} | {"Description": "Description"}
    cloud.call("ModifyTransitGateway", {"TransitGatewayId": identifier, **request(new, names)})


def _change_options(cloud: Ec2Actions, identifier: str, new: Given, _old: Given) -> None:
    asked = {"TransitGatewayAttachmentId": identifier, "Options": new.plain("Options") or {}}
    cloud.call("ModifyTransitGatewayVpcAttachment", asked)


def _change_subnets(cloud: Ec2Actions, identifier: str, new: Given, old: Given) -> None:
    before, after = old.plain("SubnetIds"), new.plain("SubnetIds")
    asked = {
        "AddSubnetIds": [subnet for subnet in after if subnet not in before],
        "RemoveSubnetIds": [subnet for subnet in before if subnet not in after],
    }
    cloud.call("ModifyTransitGatewayVpcAttachment", {"TransitGatewayAttachmentId": identifier, **asked})


def _add_or_remove_subnets(cloud: Ec2Actions, identifier: str, new: Given, _old: Given) -> None:
    asked = request(new, same("AddSubnetIds", "RemoveSubnetIds"))
    cloud.call("ModifyTransitGatewayVpcAttachment", {"TransitGatewayAttachmentId": identifier, **asked})


_ASSOCIATION: Final = ("TransitGatewayMulticastDomainId", "TransitGatewayAttachmentId", "SubnetId")


def _associate(cloud: Ec2Actions, given: Given, _name: str) -> str:
    identifier = "|".join(given[name] for name in _ASSOCIATION)
    cloud.call("AssociateTransitGatewayMulticastDomain", _association(identifier))
    return identifier


def _disassociate(cloud: Ec2Actions, identifier: str, _properties: Record) -> None:
    cloud.call("DisassociateTransitGatewayMulticastDomain", _association(identifier))


def _association(identifier: str) -> Record:
    domain, attachment, subnet = identifier.split("|")
    return {
        "TransitGatewayMulticastDomainId": domain,
        "TransitGatewayAttachmentId": attachment,
        "SubnetIds": [subnet],
    }


def _association_attributes(cloud: Ec2Actions, identifier: str, _properties: Record) -> Record:
    domain, _attachment, subnet = identifier.split("|")
    asked = {
        "TransitGatewayMulticastDomainId": domain,
        "Filters": [{"Name": "subnet-id", "Values": [subnet]}],
    }
    answer = cloud.call("GetTransitGatewayMulticastDomainAssociations", asked)
    record = answer["MulticastDomainAssociations"][0]
    return {
        "ResourceId": record["ResourceId"],
        "ResourceType": record["ResourceType"],
        "State": record["Subnet"]["State"],
    }


_MEMBER: Final = ("TransitGatewayMulticastDomainId", "GroupIpAddress", "NetworkInterfaceId")


def _member(identifier: str) -> Record:
    domain, group, interface = identifier.split("|")
    return {
        "TransitGatewayMulticastDomainId": domain,
        "GroupIpAddress": group,
        "NetworkInterfaceIds": [interface],
    }


def _register(cloud: Ec2Actions, given: Given, _name: str) -> str:
    """Register a member; one that is there already, by IGMP too, is refused.

    Source: AWS's own resource handler of this type, whose creation searches the group first.
    """
    identifier = "|".join(given[name] for name in _MEMBER)
    domain, group, interface = identifier.split("|")
    asked = {"TransitGatewayMulticastDomainId": domain, "Filters": [{"Name": "group-ip-address", "Values": [group]}]}
    found = cloud.call("SearchTransitGatewayMulticastGroups", asked)["MulticastGroups"]
    if any(one["NetworkInterfaceId"] == interface for one in found):
        raise AwsError(
            "AlreadyExists",
            f"Resource of type 'AWS::EC2::TransitGatewayMulticastGroupMember' with "
            f"identifier '{identifier}' already exists.",
        )
    cloud.call("RegisterTransitGatewayMulticastGroupMembers", _member(identifier))
    return identifier


def _deregister(cloud: Ec2Actions, identifier: str, _properties: Record) -> None:
    cloud.call("DeregisterTransitGatewayMulticastGroupMembers", _member(identifier))


def _member_attributes(cloud: Ec2Actions, identifier: str, _properties: Record) -> Record:
    domain, group, interface = identifier.split("|")
    asked = {
        "TransitGatewayMulticastDomainId": domain,
        "Filters": [{"Name": "group-ip-address", "Values": [group]}],
    }
    found = cloud.call("SearchTransitGatewayMulticastGroups", asked)["MulticastGroups"]
    row = next(one for one in found if one["NetworkInterfaceId"] == interface)
    names = (
        "SubnetId",
        "ResourceId",
        "ResourceType",
        "GroupSource",
        "GroupMember",
        "MemberType",
        "SourceType",
        "TransitGatewayAttachmentId",
    )
    return {name: row[name] for name in names if name in row}


def _change_ends(cloud: Ec2Actions, identifier: str, new: Given, _old: Given) -> None:
    asked = request(new, same("CustomerGatewayId", "TransitGatewayId"))
    cloud.call("ModifyVpnConnection", {"VpnConnectionId": identifier, **asked})


def _change_tunnels(cloud: Ec2Actions, identifier: str, new: Given, old: Given) -> None:
    connection = cloud.call("DescribeVpnConnections", {"VpnConnectionIds": [identifier]})["VpnConnections"][0]
    before, after = (one.plain("VpnTunnelOptionsSpecifications") or [] for one in (old, new))
    for number, tunnel in enumerate(connection["Options"]["TunnelOptions"]):
        was, will = ((one[number] if number < len(one) else {}) for one in (before, after))
        if was != will:
            asked = {"VpnConnectionId": identifier, "VpnTunnelOutsideIpAddress": tunnel["OutsideIpAddress"]}
            cloud.call("ModifyVpnTunnelOptions", {**asked, "TunnelOptions": will})


def _attachment(resource_type: str, changes: dict[str, Change]) -> Resource:
    return Resource(
        type=resource_type,
        create=Creation(
            action="CreateTransitGatewayVpcAttachment",
            made="TransitGatewayVpcAttachment.TransitGatewayAttachmentId",
            takes=same("TransitGatewayId", "VpcId", "SubnetIds", "Options"),
            tags="transit-gateway-attachment",
        ),
        delete=deleted("DeleteTransitGatewayVpcAttachment", "TransitGatewayAttachmentId"),
        attributes="Id",
        changes=changes,
    )


TRANSIT: Final = (
    Resource(
        type="AWS::EC2::TransitGateway",
        create=Creation(
            action="CreateTransitGateway",
            made="TransitGateway.TransitGatewayId",
            takes={name: f"Options.{name}" for name in (*_SWITCHES, "AmazonSideAsn", "MulticastSupport")}
            | same("Description"),
            tags="transit-gateway",
        ),
        delete=deleted("DeleteTransitGateway", "TransitGatewayId"),
        attributes=described(
            "DescribeTransitGateways",
            "TransitGatewayIds",
            "TransitGateways",
            {"Id": "TransitGatewayId", "TransitGatewayArn": "TransitGatewayArn"},
        ),
        changes=dict.fromkeys((*_SWITCHES, "Description"), _change_gateway),
    ),
    _attachment(
        "AWS::EC2::TransitGatewayVpcAttachment",
        {
            "Options": _change_options,
            "AddSubnetIds": _add_or_remove_subnets,
            "RemoveSubnetIds": _add_or_remove_subnets,
        },
    ),
    _attachment("AWS::EC2::TransitGatewayAttachment", {"Options": _change_options, "SubnetIds": _change_subnets}),
    Resource(
        type="AWS::EC2::TransitGatewayMulticastDomain",
        create=Creation(
            action="CreateTransitGatewayMulticastDomain",
            made="TransitGatewayMulticastDomain.TransitGatewayMulticastDomainId",
            takes=same("TransitGatewayId", "Options"),
            tags="transit-gateway-multicast-domain",
        ),
        delete=deleted("DeleteTransitGatewayMulticastDomain", "TransitGatewayMulticastDomainId"),
        attributes=described(
            "DescribeTransitGatewayMulticastDomains",
            "TransitGatewayMulticastDomainIds",
            "TransitGatewayMulticastDomains",
            same("TransitGatewayMulticastDomainId", "TransitGatewayMulticastDomainArn", "State", "CreationTime"),
        ),
        # EC2 has no action that modifies a domain.
        replaced_by=("Options",),
    ),
    Resource(
        type="AWS::EC2::TransitGatewayMulticastDomainAssociation",
        create=CustomCreation(make=_associate, reads=_ASSOCIATION),
        delete=_disassociate,
        attributes=_association_attributes,
    ),
    Resource(
        type="AWS::EC2::TransitGatewayMulticastGroupMember",
        create=CustomCreation(make=_register, reads=_MEMBER),
        delete=_deregister,
        attributes=_member_attributes,
    ),
    Resource(
        type="AWS::EC2::CustomerGateway",
        create=Creation(
            action="CreateCustomerGateway",
            made="CustomerGateway.CustomerGatewayId",
            takes=same("Type", "BgpAsn", "BgpAsnExtended", "DeviceName", "IpAddress"),
            tags="customer-gateway",
        ),
        delete=deleted("DeleteCustomerGateway", "CustomerGatewayId"),
        attributes="CustomerGatewayId",
    ),
    Resource(
        type="AWS::EC2::VPNConnection",
        create=Creation(
            action="CreateVpnConnection",
            made="VpnConnection.VpnConnectionId",
            takes=same("Type", "CustomerGatewayId", "TransitGatewayId", "PreSharedKeyStorage")
            | {name: f"Options.{name}" for name in _CONNECTION_OPTIONS}
            | {"VpnTunnelOptionsSpecifications": "Options.TunnelOptions"},
            tags="vpn-connection",
        ),
        delete=deleted("DeleteVpnConnection", "VpnConnectionId"),
        attributes="VpnConnectionId",
        changes={
            "CustomerGatewayId": _change_ends,
            "TransitGatewayId": _change_ends,
            "VpnTunnelOptionsSpecifications": _change_tunnels,
        },
    ),
)
