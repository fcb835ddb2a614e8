"""Rows for Transit Gateways, their route tables, multicast domains, and VPN connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from awsregion.cfn.resource import Resource, deleted, described, itself, nothing, request, same, tags

if TYPE_CHECKING:
    from collections.abc import Callable

    from awsregion.cfn.resource import Change, Cloud, Record
    from awsregion.ec2.given import Given

_SWITCHES: Final = (
    "AutoAcceptSharedAttachments",
    "DefaultRouteTableAssociation",
    "DefaultRouteTablePropagation",
    "DnsSupport",
    "SecurityGroupReferencingSupport",
    "VpnEcmpSupport",
)


def _create_gateway(cloud: Cloud, given: Given, _name: str) -> str:
    names = {name: f"Options.{name}" for name in (*_SWITCHES, "AmazonSideAsn", "MulticastSupport")}
    asked = request(given, names | {"Description": "Description"}) | tags(given, "transit-gateway")
    identifier: str = cloud.call("CreateTransitGateway", asked)["TransitGateway"]["TransitGatewayId"]
    return identifier


def _change_gateway(cloud: Cloud, identifier: str, new: Given, _old: Given) -> None:
    names = {name: f"Options.{name}" for name in _SWITCHES} | {"Description": "Description"}
    cloud.call("ModifyTransitGateway", {"TransitGatewayId": identifier, **request(new, names)})


def _create_attachment(cloud: Cloud, given: Given, _name: str) -> str:
    asked = request(given, same("TransitGatewayId", "VpcId", "SubnetIds", "Options"))
    asked |= tags(given, "transit-gateway-attachment")
    made = cloud.call("CreateTransitGatewayVpcAttachment", asked)["TransitGatewayVpcAttachment"]
    identifier: str = made["TransitGatewayAttachmentId"]
    return identifier


def _change_options(cloud: Cloud, identifier: str, new: Given, _old: Given) -> None:
    asked = {"TransitGatewayAttachmentId": identifier, "Options": new.plain("Options") or {}}
    cloud.call("ModifyTransitGatewayVpcAttachment", asked)


def _change_subnets(cloud: Cloud, identifier: str, new: Given, old: Given) -> None:
    before, after = old.plain("SubnetIds"), new.plain("SubnetIds")
    asked = {
        "AddSubnetIds": [subnet for subnet in after if subnet not in before],
        "RemoveSubnetIds": [subnet for subnet in before if subnet not in after],
    }
    cloud.call("ModifyTransitGatewayVpcAttachment", {"TransitGatewayAttachmentId": identifier, **asked})


def _add_or_remove_subnets(cloud: Cloud, identifier: str, new: Given, _old: Given) -> None:
    asked = request(new, same("AddSubnetIds", "RemoveSubnetIds"))
    cloud.call("ModifyTransitGatewayVpcAttachment", {"TransitGatewayAttachmentId": identifier, **asked})


def _create_table(cloud: Cloud, given: Given, _name: str) -> str:
    asked = request(given, same("TransitGatewayId")) | tags(given, "transit-gateway-route-table")
    made = cloud.call("CreateTransitGatewayRouteTable", asked)["TransitGatewayRouteTable"]
    identifier: str = made["TransitGatewayRouteTableId"]
    return identifier


_RELATION: Final = same("TransitGatewayRouteTableId", "TransitGatewayAttachmentId")


def _relate(action: str) -> Callable[[Cloud, Given, str], str]:
    def create(cloud: Cloud, given: Given, _name: str) -> str:
        cloud.call(action, request(given, _RELATION))
        return "|".join(given[name] for name in _RELATION)

    return create


def _unrelate(action: str) -> Callable[[Cloud, str, Record], None]:
    def delete(cloud: Cloud, identifier: str, _properties: Record) -> None:
        cloud.call(action, dict(zip(_RELATION, identifier.split("|"), strict=True)))

    return delete


def _create_route(cloud: Cloud, given: Given, _name: str) -> str:
    names = ("TransitGatewayRouteTableId", "DestinationCidrBlock", "TransitGatewayAttachmentId", "Blackhole")
    cloud.call("CreateTransitGatewayRoute", request(given, same(*names)))
    return f"{given['TransitGatewayRouteTableId']}|{given['DestinationCidrBlock']}"


def _delete_route(cloud: Cloud, identifier: str, _properties: Record) -> None:
    table, _, destination = identifier.partition("|")
    asked = {"TransitGatewayRouteTableId": table, "DestinationCidrBlock": destination}
    cloud.call("DeleteTransitGatewayRoute", asked)


def _create_domain(cloud: Cloud, given: Given, _name: str) -> str:
    asked = request(given, same("TransitGatewayId", "Options")) | tags(given, "transit-gateway-multicast-domain")
    made = cloud.call("CreateTransitGatewayMulticastDomain", asked)["TransitGatewayMulticastDomain"]
    identifier: str = made["TransitGatewayMulticastDomainId"]
    return identifier


_ASSOCIATION: Final = ("TransitGatewayMulticastDomainId", "TransitGatewayAttachmentId", "SubnetId")


def _associate(cloud: Cloud, given: Given, _name: str) -> str:
    identifier = "|".join(given[name] for name in _ASSOCIATION)
    cloud.call("AssociateTransitGatewayMulticastDomain", _association(identifier))
    return identifier


def _disassociate(cloud: Cloud, identifier: str, _properties: Record) -> None:
    cloud.call("DisassociateTransitGatewayMulticastDomain", _association(identifier))


def _association(identifier: str) -> Record:
    domain, attachment, subnet = identifier.split("|")
    return {
        "TransitGatewayMulticastDomainId": domain,
        "TransitGatewayAttachmentId": attachment,
        "SubnetIds": [subnet],
    }


def _association_attributes(cloud: Cloud, identifier: str, _properties: Record) -> Record:
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


def _register(kind: str) -> Callable[[Cloud, Given, str], str]:
    def create(cloud: Cloud, given: Given, _name: str) -> str:
        identifier = "|".join(given[name] for name in _MEMBER)
        cloud.call(f"RegisterTransitGatewayMulticastGroup{kind}", _member(identifier))
        return identifier

    return create


def _deregister(kind: str) -> Callable[[Cloud, str, Record], None]:
    def delete(cloud: Cloud, identifier: str, _properties: Record) -> None:
        cloud.call(f"DeregisterTransitGatewayMulticastGroup{kind}", _member(identifier))

    return delete


def _member_attributes(cloud: Cloud, identifier: str, _properties: Record) -> Record:
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


def _create_customer_gateway(cloud: Cloud, given: Given, _name: str) -> str:
    names = same("Type", "BgpAsn", "BgpAsnExtended", "DeviceName", "IpAddress")
    asked = request(given, names) | tags(given, "customer-gateway")
    made = cloud.call("CreateCustomerGateway", asked)["CustomerGateway"]
    identifier: str = made["CustomerGatewayId"]
    return identifier


def _create_connection(cloud: Cloud, given: Given, _name: str) -> str:
    options = (
        "StaticRoutesOnly",
        "EnableAcceleration",
        "LocalIpv4NetworkCidr",
        "RemoteIpv4NetworkCidr",
        "OutsideIpAddressType",
        "TunnelInsideIpVersion",
    )
    names = same("Type", "CustomerGatewayId", "TransitGatewayId", "PreSharedKeyStorage")
    names |= {name: f"Options.{name}" for name in options}
    names["VpnTunnelOptionsSpecifications"] = "Options.TunnelOptions"
    asked = request(given, names) | tags(given, "vpn-connection")
    identifier: str = cloud.call("CreateVpnConnection", asked)["VpnConnection"]["VpnConnectionId"]
    return identifier


def _change_ends(cloud: Cloud, identifier: str, new: Given, _old: Given) -> None:
    asked = request(new, same("CustomerGatewayId", "TransitGatewayId"))
    cloud.call("ModifyVpnConnection", {"VpnConnectionId": identifier, **asked})


def _change_tunnels(cloud: Cloud, identifier: str, new: Given, old: Given) -> None:
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
        create=_create_attachment,
        delete=deleted("DeleteTransitGatewayVpcAttachment", "TransitGatewayAttachmentId"),
        attributes=lambda _cloud, identifier, _properties: {"Id": identifier},
        changes=changes,
        tagged=itself,
    )


TRANSIT: Final = (
    Resource(
        type="AWS::EC2::TransitGateway",
        create=_create_gateway,
        delete=deleted("DeleteTransitGateway", "TransitGatewayId"),
        attributes=described(
            "DescribeTransitGateways",
            "TransitGatewayIds",
            "TransitGateways",
            {"Id": "TransitGatewayId", "TransitGatewayArn": "TransitGatewayArn"},
        ),
        changes=dict.fromkeys((*_SWITCHES, "Description"), _change_gateway),
        tagged=itself,
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
        type="AWS::EC2::TransitGatewayRouteTable",
        create=_create_table,
        delete=deleted("DeleteTransitGatewayRouteTable", "TransitGatewayRouteTableId"),
        attributes=lambda _cloud, identifier, _properties: {"TransitGatewayRouteTableId": identifier},
        tagged=itself,
    ),
    Resource(
        type="AWS::EC2::TransitGatewayRouteTableAssociation",
        create=_relate("AssociateTransitGatewayRouteTable"),
        delete=_unrelate("DisassociateTransitGatewayRouteTable"),
        attributes=nothing,
    ),
    Resource(
        type="AWS::EC2::TransitGatewayRouteTablePropagation",
        create=_relate("EnableTransitGatewayRouteTablePropagation"),
        delete=_unrelate("DisableTransitGatewayRouteTablePropagation"),
        attributes=nothing,
    ),
    Resource(type="AWS::EC2::TransitGatewayRoute", create=_create_route, delete=_delete_route, attributes=nothing),
    Resource(
        type="AWS::EC2::TransitGatewayMulticastDomain",
        create=_create_domain,
        delete=deleted("DeleteTransitGatewayMulticastDomain", "TransitGatewayMulticastDomainId"),
        attributes=described(
            "DescribeTransitGatewayMulticastDomains",
            "TransitGatewayMulticastDomainIds",
            "TransitGatewayMulticastDomains",
            same("TransitGatewayMulticastDomainId", "TransitGatewayMulticastDomainArn", "State", "CreationTime"),
        ),
        # EC2 has no action that modifies a domain.
        replaced_by=("Options",),
        tagged=itself,
    ),
    Resource(
        type="AWS::EC2::TransitGatewayMulticastDomainAssociation",
        create=_associate,
        delete=_disassociate,
        attributes=_association_attributes,
    ),
    *(
        Resource(
            type=f"AWS::EC2::TransitGatewayMulticastGroup{kind}",
            create=_register(f"{kind}s"),
            delete=_deregister(f"{kind}s"),
            attributes=_member_attributes,
        )
        for kind in ("Member", "Source")
    ),
    Resource(
        type="AWS::EC2::CustomerGateway",
        create=_create_customer_gateway,
        delete=deleted("DeleteCustomerGateway", "CustomerGatewayId"),
        attributes=lambda _cloud, identifier, _properties: {"CustomerGatewayId": identifier},
        tagged=itself,
    ),
    Resource(
        type="AWS::EC2::VPNConnection",
        create=_create_connection,
        delete=deleted("DeleteVpnConnection", "VpnConnectionId"),
        attributes=lambda _cloud, identifier, _properties: {"VpnConnectionId": identifier},
        changes={
            "CustomerGatewayId": _change_ends,
            "TransitGatewayId": _change_ends,
            "VpnTunnelOptionsSpecifications": _change_tunnels,
        },
        tagged=itself,
    ),
)
