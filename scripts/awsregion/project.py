"""From EC2's state to what moves packets."""

from __future__ import annotations

import base64
from ipaddress import IPv4Address, IPv4Network
from math import inf
from typing import TYPE_CHECKING, Final

from awsregion.cloud import (
    Cloud,
    CloudSubnet,
    CloudVpc,
    Instance,
    MulticastDomain,
    NetworkInterface,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    StaticMember,
    TransitGateway,
    TransitGatewayRoute,
    TransitGatewayRouteTable,
    VpcAttachment,
    VpnConnection,
    VpnTunnel,
)
from awsregion.ec2.catalogue import image
from awsregion.ec2.ip_permissions import NO_PORT, PROTOCOLS
from awsregion.ec2.route_tables import is_live, table_of
from awsregion.ec2.vpn import bgp_opens
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from awsregion.ec2.store import Ec2, Record

DEFAULT_REPLAY_WINDOW: Final = 1024
"""Source: AWS Site-to-Site VPN, "Tunnel options", replay window size."""


def project(ec2: Ec2) -> Cloud:
    """Return all that moves packets, as EC2 holds it now."""
    return Cloud(
        vpcs=tuple(_vpc(one) for one in ec2.all("vpc")),
        subnets=tuple(_subnet(ec2, one) for one in ec2.all("subnet")),
        route_tables=tuple(_route_table(ec2, one) for one in ec2.all("route-table")),
        security_groups=tuple(_security_group(ec2, one) for one in ec2.all("security-group")),
        network_interfaces=tuple(
            _interface(one) for one in ec2.all("network-interface") if one["InterfaceType"] == "interface"
        ),
        instances=tuple(
            _instance(ec2, one) for one in ec2.all("instance") if one["State"]["Name"] in {"pending", "running"}
        ),
        transit_gateways=tuple(
            TransitGateway(id=one["TransitGatewayId"], asn=int(one["Options"]["AmazonSideAsn"]))
            for one in ec2.all("transit-gateway")
        ),
        transit_gateway_route_tables=tuple(_gateway_table(ec2, one) for one in ec2.all("transit-gateway-route-table")),
        vpc_attachments=tuple(
            VpcAttachment(
                id=one["TransitGatewayAttachmentId"],
                transit_gateway_id=one["TransitGatewayId"],
                vpc_id=one["ResourceId"],
                subnet_ids=tuple(one["_subnets"]),
            )
            for one in ec2.all("transit-gateway-attachment", ResourceType="vpc")
        ),
        vpn_connections=tuple(_vpn(ec2, one) for one in ec2.all("vpn-connection")),
        multicast_domains=tuple(_domain(ec2, one) for one in ec2.all("transit-gateway-multicast-domain")),
        stopped=tuple(one["InstanceId"] for one in ec2.all("instance") if one["State"]["Name"] == "stopped"),
    )


def next_due(ec2: Ec2) -> float:
    """Return when, by the region's clock, what moves packets changes by itself; infinity where it does not."""
    instances, connections = ec2.all("instance"), ec2.all("vpn-connection")
    moments = [one.get("_booted_at", 0.0) for one in instances] + [one.get("_bgp_at", 0.0) for one in connections]
    return min((moment for moment in moments if moment > ec2.clock()), default=inf)


def _vpc(record: Record) -> CloudVpc:
    return CloudVpc(
        id=record["VpcId"], cidrs=tuple(IPv4Network(one["CidrBlock"]) for one in record["CidrBlockAssociationSet"])
    )


def _subnet(ec2: Ec2, record: Record) -> CloudSubnet:
    return CloudSubnet(
        id=record["SubnetId"],
        vpc_id=record["VpcId"],
        cidr=IPv4Network(record["CidrBlock"]),
        zone=record["AvailabilityZone"],
        route_table_id=table_of(ec2, record)["RouteTableId"],
    )


def _route_table(ec2: Ec2, record: Record) -> RouteTable:
    # A route whose target is gone or not yet in use carries nothing.
    return RouteTable(
        id=record["RouteTableId"],
        vpc_id=record["VpcId"],
        routes=tuple(
            Route(
                destination=IPv4Network(one["DestinationCidrBlock"]),
                target="transit-gateway" if "TransitGatewayId" in one else "network-interface",
                target_id=one.get("TransitGatewayId") or one["NetworkInterfaceId"],
            )
            for one in record["Routes"]
            if is_live(ec2, record, one)
        ),
    )


def _security_group(ec2: Ec2, record: Record) -> SecurityGroup:
    rules = ec2.all("security-group-rule", GroupId=record["GroupId"])
    return SecurityGroup(
        id=record["GroupId"],
        ingress=tuple(_rule(one) for one in rules if not one["IsEgress"]),
        egress=tuple(_rule(one) for one in rules if one["IsEgress"]),
    )


def _rule(record: Record) -> Rule:
    protocol = record["IpProtocol"]
    ports = (record["FromPort"], record["ToPort"])
    return Rule(
        protocol=PROTOCOLS.get(protocol) or int(protocol),
        from_port=None if ports[0] == NO_PORT else ports[0],
        to_port=None if ports[1] == NO_PORT else ports[1],
        cidrs=(IPv4Network(record["CidrIpv4"]),) if "CidrIpv4" in record else (),
        group_ids=(record["ReferencedGroupInfo"]["GroupId"],) if "ReferencedGroupInfo" in record else (),
    )


def _interface(record: Record) -> NetworkInterface:
    return NetworkInterface(
        id=record["NetworkInterfaceId"],
        subnet_id=record["SubnetId"],
        address=IPv4Address(record["PrivateIpAddress"]),
        source_dest_check=record["SourceDestCheck"],
        group_ids=tuple(record["_groups"]),
        instance_id=record["_instance"],
    )


def _instance(ec2: Ec2, record: Record) -> Instance:
    identifier = record["InstanceId"]
    interfaces = sorted(
        ec2.all("network-interface", _instance=identifier), key=lambda one: int(one["Attachment"]["DeviceIndex"])
    )
    return Instance(
        id=identifier,
        name=ec2.tags(identifier).get("Name") or str(identifier),
        platform=image(record["ImageId"]).boots,
        network_interface_ids=tuple(one["NetworkInterfaceId"] for one in interfaces),
        user_data=base64.b64decode(record["_user_data"]).decode(errors="replace"),
        public_key=record["_public_key"],
        boots=record.get("_boots", 0),
        booting=ec2.clock() < record.get("_booted_at", 0.0),
    )


def _gateway_table(ec2: Ec2, record: Record) -> TransitGatewayRouteTable:
    identifier = record["TransitGatewayRouteTableId"]

    def attachments(table: str) -> tuple[str, ...]:
        return tuple(one["TransitGatewayAttachmentId"] for one in ec2.all(table, TransitGatewayRouteTableId=identifier))

    return TransitGatewayRouteTable(
        id=identifier,
        transit_gateway_id=record["TransitGatewayId"],
        associated_attachment_ids=attachments("gateway-association"),
        propagating_attachment_ids=attachments("gateway-propagation"),
        routes=tuple(
            TransitGatewayRoute(
                destination=IPv4Network(one["DestinationCidrBlock"]),
                attachment_id=_attachment(ec2, one["TransitGatewayAttachmentId"]),
            )
            for one in ec2.all("gateway-route", TransitGatewayRouteTableId=identifier)
        ),
    )


def _attachment(ec2: Ec2, identifier: str | None) -> str | None:
    return identifier if ec2.find("transit-gateway-attachment", identifier) else None


def _vpn(ec2: Ec2, record: Record) -> VpnConnection:
    customer = ec2.get("customer-gateway", record["CustomerGatewayId"])
    attachment = ec2.all("transit-gateway-attachment", ResourceId=record["VpnConnectionId"])[0]
    return VpnConnection(
        id=record["VpnConnectionId"],
        transit_gateway_id=record["TransitGatewayId"],
        attachment_id=attachment["TransitGatewayAttachmentId"],
        customer_address=IPv4Address(customer["IpAddress"]),
        customer_asn=int(customer.get("BgpAsn") or customer["BgpAsnExtended"]),
        tunnels=tuple(_tunnel(one) for one in record["Options"]["TunnelOptions"]),
        bgp=bgp_opens(ec2, record),
    )


def _tunnel(record: Record) -> VpnTunnel:
    return VpnTunnel(
        outside_address=IPv4Address(record["OutsideIpAddress"]),
        inside_cidr=IPv4Network(record["TunnelInsideCidr"]),
        pre_shared_key=Secret(record["PreSharedKey"]),
        encryption=_values(record, "EncryptionAlgorithms"),
        integrity=_values(record, "IntegrityAlgorithms"),
        dh_groups=tuple(int(value) for value in _values(record, "DHGroupNumbers")),
        replay_window=record.get("ReplayWindowSize", DEFAULT_REPLAY_WINDOW),
    )


def _values(record: Record, name: str) -> tuple[str, ...]:
    """Return what both phases allow, without repeats."""
    found = (one["Value"] for phase in (1, 2) for one in record.get(f"Phase{phase}{name}", ()))
    return tuple(dict.fromkeys(found))


def _domain(ec2: Ec2, record: Record) -> MulticastDomain:
    identifier = record["TransitGatewayMulticastDomainId"]
    return MulticastDomain(
        id=identifier,
        transit_gateway_id=record["TransitGatewayId"],
        igmpv2=record["Options"]["Igmpv2Support"] == "enable",
        subnet_ids=tuple(
            one["_subnet"] for one in ec2.all("multicast-association", TransitGatewayMulticastDomainId=identifier)
        ),
        static_members=tuple(
            StaticMember(group=IPv4Address(one["GroupIpAddress"]), network_interface_id=one["NetworkInterfaceId"])
            for one in ec2.all("multicast-group-member", _domain=identifier)
        ),
    )
