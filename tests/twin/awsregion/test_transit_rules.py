"""Transit Gateways, multicast domains and VPN connections: AWS's rules by its codes."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from twin.awsregion.labs import Net, associate, attach, host, interface, make_gateway, make_net, refusal, vpn

from awsregion.live import IgmpMember, Live, TunnelStatus

if TYPE_CHECKING:
    from awsregion.core import Region

GROUP = "239.1.1.1"


def test_multicast_is_chosen_when_the_gateway_is_made(region: Region) -> None:
    gateway = region.call("CreateTransitGateway", {})["TransitGateway"]["TransitGatewayId"]
    asked = {"TransitGatewayId": gateway}
    assert refusal(region, "CreateTransitGatewayMulticastDomain", asked) == "IncorrectState"


def test_a_domain_is_igmp_or_static_sources(region: Region) -> None:
    gateway = make_gateway(region)
    both = {"Igmpv2Support": "enable", "StaticSourcesSupport": "enable"}
    asked = {"TransitGatewayId": gateway, "Options": both}
    assert refusal(region, "CreateTransitGatewayMulticastDomain", asked) == "InvalidParameterCombination"


def association(net: Net, *subnets: str) -> dict[str, Any]:
    return {
        "TransitGatewayMulticastDomainId": net.domain,
        "TransitGatewayAttachmentId": net.attachment,
        "SubnetIds": list(subnets or (net.subnet,)),
    }


def test_a_subnet_is_in_one_domain(region: Region) -> None:
    net = make_net(region)
    associate(region, net)
    other = region.call("CreateTransitGatewayMulticastDomain", {"TransitGatewayId": net.gateway})
    domain = other["TransitGatewayMulticastDomain"]["TransitGatewayMulticastDomainId"]
    asked = association(net) | {"TransitGatewayMulticastDomainId": domain}
    assert refusal(region, "AssociateTransitGatewayMulticastDomain", asked) == "Resource.AlreadyAssociated"


def test_a_member_subnet_needs_its_zone_on_the_attachment(region: Region) -> None:
    net = make_net(region)
    asked = {"VpcId": net.vpc, "CidrBlock": "10.0.2.0/24", "AvailabilityZone": "us-east-1b"}
    subnet = region.call("CreateSubnet", asked)["Subnet"]["SubnetId"]
    wanted = association(net, subnet)
    assert refusal(region, "AssociateTransitGatewayMulticastDomain", wanted) == "InvalidParameterValue"
    added = {"TransitGatewayAttachmentId": net.attachment, "AddSubnetIds": [subnet]}
    region.call("ModifyTransitGatewayVpcAttachment", added)
    region.call("AssociateTransitGatewayMulticastDomain", wanted)


def test_deletion_goes_from_the_leaves(region: Region) -> None:
    net = make_net(region)
    associate(region, net)
    attachment = {"TransitGatewayAttachmentId": net.attachment}
    domain = {"TransitGatewayMulticastDomainId": net.domain}
    gateway = {"TransitGatewayId": net.gateway}
    assert refusal(region, "DeleteTransitGatewayMulticastDomain", domain) == "IncorrectState"
    assert refusal(region, "DeleteTransitGatewayVpcAttachment", attachment) == "IncorrectState"
    assert refusal(region, "DeleteTransitGateway", gateway) == "IncorrectState"
    assert refusal(region, "DeleteSubnet", {"SubnetId": net.subnet}) == "DependencyViolation"
    region.call("DisassociateTransitGatewayMulticastDomain", association(net))
    region.call("DeleteTransitGatewayMulticastDomain", domain)
    assert refusal(region, "DeleteTransitGateway", gateway) == "IncorrectState"
    region.call("DeleteTransitGatewayVpcAttachment", attachment)
    region.call("DeleteTransitGateway", gateway)
    shown = region.call("DescribeTransitGatewayVpcAttachments", {})["TransitGatewayVpcAttachments"]
    assert [one["State"] for one in shown] == ["deleted"]
    assert refusal(region, "DeleteTransitGateway", gateway) == "InvalidTransitGatewayID.NotFound"


def test_a_vpc_is_attached_once_with_one_subnet_a_zone(region: Region) -> None:
    net = make_net(region)
    second = region.call("CreateSubnet", {"VpcId": net.vpc, "CidrBlock": "10.0.2.0/24"})["Subnet"]["SubnetId"]
    asked = {"TransitGatewayId": net.gateway, "VpcId": net.vpc, "SubnetIds": [second]}
    assert refusal(region, "CreateTransitGatewayVpcAttachment", asked) == "DuplicateTransitGatewayAttachment"
    asked = {"TransitGatewayId": make_gateway(region), "VpcId": net.vpc, "SubnetIds": [net.subnet, second]}
    assert refusal(region, "CreateTransitGatewayVpcAttachment", asked) == "DuplicateSubnetsInSameZone"


def members(net: Net, *interfaces: str) -> dict[str, Any]:
    return {
        "TransitGatewayMulticastDomainId": net.domain,
        "GroupIpAddress": GROUP,
        "NetworkInterfaceIds": list(interfaces),
    }


def groups(region: Region, net: Net, **filters: str) -> list[dict[str, Any]]:
    asked = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
    request = {"TransitGatewayMulticastDomainId": net.domain, "Filters": asked}
    found: list[dict[str, Any]] = region.call("SearchTransitGatewayMulticastGroups", request)["MulticastGroups"]
    return found


def test_a_member_by_api_stands_in_the_domain(region: Region) -> None:
    net = make_net(region)
    eni = interface(region, net.subnet)
    register = "RegisterTransitGatewayMulticastGroupMembers"
    assert refusal(region, register, members(net, eni)) == "InvalidParameterValue"
    associate(region, net)
    region.call(register, members(net, eni))
    assert refusal(region, register, members(net, eni)) == "InvalidParameterValue"
    not_a_group = members(net, eni) | {"GroupIpAddress": "10.0.0.1"}
    assert refusal(region, register, not_a_group) == "InvalidParameterValue"
    (row,) = groups(region, net)
    assert (row["NetworkInterfaceId"], row["MemberType"], row["GroupMember"]) == (eni, "static", True)
    assert refusal(region, "DisassociateTransitGatewayMulticastDomain", association(net)) == "IncorrectState"
    region.call("DeregisterTransitGatewayMulticastGroupMembers", members(net, eni))
    region.call("DisassociateTransitGatewayMulticastDomain", association(net))


def test_a_deleted_interface_is_a_member_no_more(region: Region) -> None:
    net = make_net(region)
    associate(region, net)
    eni = interface(region, net.subnet)
    region.call("RegisterTransitGatewayMulticastGroupMembers", members(net, eni))
    region.call("DeleteNetworkInterface", {"NetworkInterfaceId": eni})
    assert groups(region, net) == []


def test_members_that_the_fabric_sees_are_listed_as_igmp(region: Region) -> None:
    net = make_net(region)
    associate(region, net)
    eni = host(region, net.subnet)["NetworkInterfaces"][0]["NetworkInterfaceId"]
    seen = IgmpMember(domain_id=net.domain, group=IPv4Address(GROUP), network_interface_id=eni)
    region.report(Live(members=(seen,)))
    (row,) = groups(region, net, member_type="igmp", group_ip_address=GROUP, subnet_id=net.subnet)
    assert row["NetworkInterfaceId"] == eni
    assert groups(region, net, member_type="static") == []
    region.report(Live())
    assert groups(region, net) == []


def test_the_default_table_learns_and_serves_every_attachment(region: Region) -> None:
    net = make_net(region)
    connection = vpn(region, net.gateway)
    tunnel = connection["Options"]["TunnelOptions"][0]["OutsideIpAddress"]
    (table,) = region.call("DescribeTransitGatewayRouteTables", {})["TransitGatewayRouteTables"]
    named = {"TransitGatewayRouteTableId": table["TransitGatewayRouteTableId"]}
    both = [net.vpc, connection["VpnConnectionId"]]
    found = region.call("GetTransitGatewayRouteTableAssociations", named)["Associations"]
    assert [one["ResourceId"] for one in found] == both
    found = region.call("GetTransitGatewayRouteTablePropagations", named)["TransitGatewayRouteTablePropagations"]
    assert [one["ResourceId"] for one in found] == both
    search = named | {"Filters": [{"Name": "type", "Values": ["propagated"]}]}
    assert [r["DestinationCidrBlock"] for r in region.call("SearchTransitGatewayRoutes", search)["Routes"]] == [
        "10.0.0.0/16"
    ]
    accepted = (IPv4Network("192.168.50.0/24"),)
    status = TunnelStatus(outside_address=IPv4Address(tunnel), up=True, accepted_routes=accepted)
    region.report(Live(tunnels=(status,)))
    routes = region.call("SearchTransitGatewayRoutes", search)["Routes"]
    assert [one["DestinationCidrBlock"] for one in routes] == ["10.0.0.0/16", "192.168.50.0/24"]
    region.call("DeleteVpnConnection", {"VpnConnectionId": connection["VpnConnectionId"]})
    found = region.call("GetTransitGatewayRouteTableAssociations", named)["Associations"]
    assert [one["ResourceId"] for one in found] == [net.vpc]


def test_an_attachment_is_associated_with_one_table_and_static_routes_outlive_it(region: Region) -> None:
    net = make_net(region)
    made = region.call("CreateTransitGatewayRouteTable", {"TransitGatewayId": net.gateway})
    table = made["TransitGatewayRouteTable"]["TransitGatewayRouteTableId"]
    pair = {"TransitGatewayRouteTableId": table, "TransitGatewayAttachmentId": net.attachment}
    assert refusal(region, "AssociateTransitGatewayRouteTable", pair) == "Resource.AlreadyAssociated"
    region.call("EnableTransitGatewayRouteTablePropagation", pair)
    again = refusal(region, "EnableTransitGatewayRouteTablePropagation", pair)
    assert again == "TransitGatewayRouteTablePropagation.Duplicate"
    wanted = pair | {"DestinationCidrBlock": "10.9.0.0/16"}
    region.call("CreateTransitGatewayRoute", wanted)
    assert refusal(region, "CreateTransitGatewayRoute", wanted) == "RouteAlreadyExists"
    assert refusal(region, "DeleteTransitGateway", {"TransitGatewayId": net.gateway}) == "IncorrectState"
    region.call("DeleteTransitGatewayVpcAttachment", {"TransitGatewayAttachmentId": net.attachment})
    search = {"TransitGatewayRouteTableId": table, "Filters": [{"Name": "type", "Values": ["static"]}]}
    (route,) = region.call("SearchTransitGatewayRoutes", search)["Routes"]
    assert (route["DestinationCidrBlock"], route["State"]) == ("10.9.0.0/16", "blackhole")


def test_a_customer_gateway_in_use_stays(region: Region) -> None:
    connection = vpn(region, make_gateway(region))
    asked = {"CustomerGatewayId": connection["CustomerGatewayId"]}
    assert refusal(region, "DeleteCustomerGateway", asked) == "IncorrectState"
    gateway = {"TransitGatewayId": connection["TransitGatewayId"]}
    assert refusal(region, "DeleteTransitGateway", gateway) == "IncorrectState"


def test_tunnels_are_distinct_and_keys_are_random(region: Region) -> None:
    gateway = make_gateway(region)
    made = [vpn(region, gateway, f"203.0.113.{n}") for n in (2, 6, 10)]
    tunnels = [tunnel for one in made for tunnel in one["Options"]["TunnelOptions"]]
    for member in ("OutsideIpAddress", "TunnelInsideCidr", "PreSharedKey"):
        assert len({tunnel[member] for tunnel in tunnels}) == 6
    for tunnel in tunnels:
        assert IPv4Network(tunnel["TunnelInsideCidr"]).prefixlen == 30


@pytest.mark.parametrize(
    "tunnel",
    [
        {"TunnelInsideCidr": "169.254.5.0/30"},
        {"TunnelInsideCidr": "169.254.10.0/29"},
        {"TunnelInsideCidr": "10.0.0.0/30"},
        {"PreSharedKey": "0startswithzero"},
        {"PreSharedKey": "short"},
        {"Phase1EncryptionAlgorithms": [{"Value": "DES"}]},
        {"Phase1DHGroupNumbers": [{"Value": 5}]},
        {"Phase2LifetimeSeconds": 3601},
        {"DPDTimeoutSeconds": 29},
        {"StartupAction": "wait"},
    ],
)
def test_a_tunnel_option_out_of_range_is_refused(region: Region, tunnel: dict[str, Any]) -> None:
    gateway = make_gateway(region)
    customer = region.call("CreateCustomerGateway", {"Type": "ipsec.1", "IpAddress": "203.0.113.2", "BgpAsn": 65001})
    asked = {
        "Type": "ipsec.1",
        "CustomerGatewayId": customer["CustomerGateway"]["CustomerGatewayId"],
        "TransitGatewayId": gateway,
        "Options": {"TunnelOptions": [tunnel]},
    }
    assert refusal(region, "CreateVpnConnection", asked) == "InvalidParameterValue"


def test_an_inside_block_is_of_one_tunnel(region: Region) -> None:
    gateway = make_gateway(region)
    customer = region.call("CreateCustomerGateway", {"Type": "ipsec.1", "IpAddress": "203.0.113.2", "BgpAsn": 65001})
    asked = {
        "Type": "ipsec.1",
        "CustomerGatewayId": customer["CustomerGateway"]["CustomerGatewayId"],
        "TransitGatewayId": gateway,
        "Options": {"TunnelOptions": [{"TunnelInsideCidr": "169.254.10.0/30"}] * 2},
    }
    assert refusal(region, "CreateVpnConnection", asked) == "InvalidParameterValue"
    vpn(region, gateway, "203.0.113.6", TunnelOptions=[{"TunnelInsideCidr": "169.254.10.0/30"}])
    asked["Options"] = {"TunnelOptions": [{"TunnelInsideCidr": "169.254.10.0/30"}]}
    assert refusal(region, "CreateVpnConnection", asked) == "InvalidParameterValue"


def test_the_xml_says_what_the_connection_is(region: Region) -> None:
    tunnels = [
        {"TunnelInsideCidr": "169.254.10.0/30", "PreSharedKey": "first.key_1"},
        {"TunnelInsideCidr": "169.254.11.0/30", "PreSharedKey": "second.key_2"},
    ]
    made = vpn(region, make_gateway(region), TunnelOptions=tunnels)
    root = ET.fromstring(made["CustomerGatewayConfiguration"])  # noqa: S314  (our own text)
    assert root.get("id") == made["VpnConnectionId"]
    assert root.findtext("customer_gateway_id") == made["CustomerGatewayId"]
    for element, given, shown in zip(
        root.findall("ipsec_tunnel"), tunnels, made["Options"]["TunnelOptions"], strict=True
    ):
        customer, aws = element.find("customer_gateway"), element.find("vpn_gateway")
        assert customer is not None
        assert aws is not None
        hosts = list(IPv4Network(given["TunnelInsideCidr"]).hosts())
        inside = "tunnel_inside_address/ip_address"
        assert [aws.findtext(inside), customer.findtext(inside)] == [str(one) for one in hosts]
        outside = "tunnel_outside_address/ip_address"
        assert aws.findtext(outside) == shown["OutsideIpAddress"]
        assert customer.findtext(outside) == "203.0.113.2"
        assert (customer.findtext("bgp/asn"), aws.findtext("bgp/asn")) == ("65001", "64512")
        assert element.findtext("ike/pre_shared_key") == given["PreSharedKey"]


def test_telemetry_is_what_the_fabric_sees(region: Region) -> None:
    made = vpn(region, make_gateway(region))
    outside = [tunnel["OutsideIpAddress"] for tunnel in made["Options"]["TunnelOptions"]]
    accepted = (IPv4Network("192.168.50.0/24"), IPv4Network("10.254.0.10/32"))
    up = TunnelStatus(outside_address=IPv4Address(outside[1]), up=True, accepted_routes=accepted)
    region.report(Live(tunnels=(up,)))
    (shown,) = region.call("DescribeVpnConnections", {})["VpnConnections"]
    rows = [(r["OutsideIpAddress"], r["Status"], r["AcceptedRouteCount"]) for r in shown["VgwTelemetry"]]
    assert rows == [(outside[0], "DOWN", 0), (outside[1], "UP", 2)]
    assert shown["VgwTelemetry"][1]["StatusMessage"] == "2 BGP ROUTES"


def test_one_tunnel_changes_and_keeps_its_address_and_key(region: Region) -> None:
    made = vpn(region, make_gateway(region))
    first, second = made["Options"]["TunnelOptions"]
    asked = {
        "VpnConnectionId": made["VpnConnectionId"],
        "VpnTunnelOutsideIpAddress": first["OutsideIpAddress"],
        "TunnelOptions": {"Phase1DHGroupNumbers": [{"Value": 19}]},
    }
    region.call("ModifyVpnTunnelOptions", asked)
    (shown,) = region.call("DescribeVpnConnections", {})["VpnConnections"]
    assert shown["Options"]["TunnelOptions"] == [first | {"Phase1DHGroupNumbers": [{"Value": 19}]}, second]


def test_a_vpc_attachment_of_two_gateways_is_two_attachments(region: Region) -> None:
    net = make_net(region)
    other = attach(region, make_gateway(region), net.vpc, net.subnet)
    assert other != net.attachment
