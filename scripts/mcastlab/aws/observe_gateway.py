"""The Transit Gateway, its VPN connections and its multicast domain as AWS tells them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

from mcastlab.aws.clients import asking, ec2_filter, list_all
from mcastlab.verify.snapshot.aws import (
    GatewayRoute,
    ObservedAttachment,
    ObservedDomain,
    ObservedGatewayTable,
    ObservedMember,
    ObservedVpn,
    ObservedVpnTunnel,
)

if TYPE_CHECKING:
    from mcastlab.facts import Facts


@asking("reading the Transit Gateway's attachments and route tables")
def gateway_of(
    ec2: Any, gateway_id: str | None
) -> tuple[tuple[ObservedAttachment, ...], dict[str, ObservedGatewayTable]]:
    """Return a gateway's attachments, and its route tables by their ids."""
    filters = ec2_filter("transit-gateway-id", [gateway_id or "none"])
    attachments = tuple(
        ObservedAttachment(
            attachment_id=each["TransitGatewayAttachmentId"],
            kind=each["ResourceType"],
            resource_id=each["ResourceId"],
            state=each["State"],
            table_id=each.get("Association", {}).get("TransitGatewayRouteTableId"),
        )
        for each in list_all(ec2, "describe_transit_gateway_attachments", "TransitGatewayAttachments", Filters=filters)
        if each["State"] not in {"deleted", "deleting"}
    )
    tables = [
        each["TransitGatewayRouteTableId"]
        for each in list_all(ec2, "describe_transit_gateway_route_tables", "TransitGatewayRouteTables", Filters=filters)
        if each["State"] == "available"
    ]
    return attachments, {table: _gateway_table(ec2, table) for table in tables}


def _gateway_table(ec2: Any, table_id: str) -> ObservedGatewayTable:
    routes = ec2.search_transit_gateway_routes(
        TransitGatewayRouteTableId=table_id, Filters=[{"Name": "state", "Values": ["active", "blackhole"]}]
    )["Routes"]
    propagations = ec2.get_transit_gateway_route_table_propagations(TransitGatewayRouteTableId=table_id)
    return ObservedGatewayTable(
        table_id=table_id,
        routes=tuple(
            GatewayRoute(
                network=IPv4Network(route["DestinationCidrBlock"]),
                attachments=tuple(
                    each["TransitGatewayAttachmentId"] for each in route.get("TransitGatewayAttachments", [])
                ),
                active=route["State"] == "active",
            )
            for route in routes
            if "DestinationCidrBlock" in route
        ),
        propagating=tuple(
            each["TransitGatewayAttachmentId"]
            for each in propagations["TransitGatewayRouteTablePropagations"]
            if each["State"] == "enabled"
        ),
    )


@asking("reading the VPN connections")
def vpns_of(ec2: Any, facts: Facts) -> dict[str, ObservedVpn]:
    """Return the VPN connection of each site, by the site's name."""
    sites = {site.vpn_connection_id: name for name, site in facts.sites.items()}
    found = ec2.describe_vpn_connections(VpnConnectionIds=sorted(sites))["VpnConnections"]
    return {
        sites[each["VpnConnectionId"]]: ObservedVpn(
            connection_id=each["VpnConnectionId"],
            state=each["State"],
            tunnels=tuple(
                ObservedVpnTunnel(
                    outside_address=IPv4Address(telemetry["OutsideIpAddress"]),
                    up=telemetry["Status"] == "UP",
                    message=telemetry.get("StatusMessage", ""),
                    routes=telemetry.get("AcceptedRouteCount", 0),
                )
                for telemetry in each.get("VgwTelemetry", [])
            ),
        )
        for each in found
    }


@asking("reading the multicast domain")
def domain_of(ec2: Any, domain_id: str) -> ObservedDomain | None:
    """Return a multicast domain with its members; None where it is gone."""
    found = ec2.describe_transit_gateway_multicast_domains(
        Filters=ec2_filter("transit-gateway-multicast-domain-id", [domain_id])
    )["TransitGatewayMulticastDomains"]
    if not found:
        return None
    of_domain = {"TransitGatewayMulticastDomainId": domain_id}
    associations = list_all(
        ec2, "get_transit_gateway_multicast_domain_associations", "MulticastDomainAssociations", **of_domain
    )
    groups = list_all(ec2, "search_transit_gateway_multicast_groups", "MulticastGroups", **of_domain)
    return ObservedDomain(
        domain_id=domain_id,
        gateway_id=found[0]["TransitGatewayId"],
        state=found[0]["State"],
        igmpv2=found[0]["Options"].get("Igmpv2Support") == "enable",
        subnets={each["Subnet"]["SubnetId"]: each["Subnet"]["State"] for each in associations},
        # A row may lack GroupMember; a member always has a MemberType.
        members=tuple(
            ObservedMember(
                group=IPv4Address(each["GroupIpAddress"]),
                interface_id=each.get("NetworkInterfaceId", ""),
                kind=each["MemberType"],
            )
            for each in groups
            if each.get("MemberType")
        ),
    )
