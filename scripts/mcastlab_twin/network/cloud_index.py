"""The cloud by id: what the plans look up. Pure."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mcastlab_twin.network import names, security_groups

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from awsregion.cloud import (
        Cloud,
        Instance,
        MulticastDomain,
        NetworkInterface,
        SecurityGroup,
        Subnet,
        TransitGateway,
        TransitGatewayRouteTable,
        Vpc,
        VpcAttachment,
        VpnConnection,
    )


class CloudIndex:
    """Indexes of one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    @cached_property
    def subnets(self) -> dict[str, Subnet]:
        """Subnets by id."""
        return {subnet.id: subnet for subnet in self.cloud.subnets}

    @cached_property
    def interfaces(self) -> dict[str, NetworkInterface]:
        """Network interfaces by id."""
        return {interface.id: interface for interface in self.cloud.network_interfaces}

    @cached_property
    def groups(self) -> dict[str, SecurityGroup]:
        """Security groups by id."""
        return {group.id: group for group in self.cloud.security_groups}

    @cached_property
    def group_members(self) -> dict[str, tuple[IPv4Address, ...]]:
        """Addresses of the interfaces in each security group."""
        return security_groups.members(self.cloud.network_interfaces)

    @cached_property
    def gateways(self) -> dict[str, TransitGateway]:
        """Transit Gateways by id."""
        return {gateway.id: gateway for gateway in self.cloud.transit_gateways}

    @cached_property
    def vpcs(self) -> dict[str, Vpc]:
        """VPCs by id."""
        return {vpc.id: vpc for vpc in self.cloud.vpcs}

    @cached_property
    def vpc_attachments(self) -> dict[str, VpcAttachment]:
        """Attachments of VPCs that there are to gateways that there are, by id."""
        return {
            attachment.id: attachment
            for attachment in self.cloud.vpc_attachments
            if attachment.vpc_id in self.vpcs and attachment.transit_gateway_id in self.gateways
        }

    @cached_property
    def vpn_connections(self) -> dict[str, VpnConnection]:
        """VPN connections by the id of their attachment."""
        return {
            connection.attachment_id: connection
            for connection in self.cloud.vpn_connections
            if connection.transit_gateway_id in self.gateways
        }

    @cached_property
    def _owners(self) -> dict[str, tuple[Instance, int]]:
        return {
            interface_id: (instance, index)
            for instance in self.cloud.instances
            for index, interface_id in enumerate(instance.network_interface_ids)
        }

    @cached_property
    def _domains(self) -> dict[str, MulticastDomain]:
        return {
            subnet_id: domain
            for domain in self.cloud.multicast_domains
            if domain.transit_gateway_id in self.gateways
            for subnet_id in domain.subnet_ids
        }

    def is_connected(self, interface: NetworkInterface) -> bool:
        """Tell whether an instance that runs stands behind an interface, in a subnet that there is."""
        return interface.id in self._owners and interface.subnet_id in self.subnets

    def owner(self, interface: NetworkInterface) -> tuple[str, int, str]:
        """Return the instance's id, the interface's device index and the platform of a connected interface."""
        instance, index = self._owners[interface.id]
        return instance.id, index, instance.platform

    def interfaces_of(self, vpc: Vpc) -> tuple[NetworkInterface, ...]:
        """Return the connected interfaces in a VPC."""
        return tuple(
            interface
            for interface in self.cloud.network_interfaces
            if self.is_connected(interface) and self.subnets[interface.subnet_id].vpc_id == vpc.id
        )

    def attachments_of(self, vpc: Vpc) -> tuple[VpcAttachment, ...]:
        """Return a VPC's attachments to gateways that there are."""
        return tuple(attachment for attachment in self.vpc_attachments.values() if attachment.vpc_id == vpc.id)

    def domain_of(self, interface: NetworkInterface) -> MulticastDomain | None:
        """Return the multicast domain that an interface's subnet is associated with."""
        return self._domains.get(interface.subnet_id)

    def tables_of(self, gateway: TransitGateway) -> tuple[TransitGatewayRouteTable, ...]:
        """Return a gateway's route tables."""
        tables = self.cloud.transit_gateway_route_tables
        return tuple(table for table in tables if table.transit_gateway_id == gateway.id)

    def attachment_device(self, attachment_id: str) -> str | None:
        """Return the gateway's interface of a VPC attachment; those of VPN tunnels are looked up by the VPN's plan."""
        return names.attachment_link(attachment_id) if attachment_id in self.vpc_attachments else None

    def associated_table(self, attachment_id: str) -> TransitGatewayRouteTable | None:
        """Return the table in which an attachment's traffic is looked up."""
        tables = self.cloud.transit_gateway_route_tables
        return next((table for table in tables if attachment_id in table.associated_attachment_ids), None)

    def propagated_tables(self, attachment_id: str) -> tuple[TransitGatewayRouteTable, ...]:
        """Return the tables that learn an attachment's routes."""
        tables = self.cloud.transit_gateway_route_tables
        return tuple(table for table in tables if attachment_id in table.propagating_attachment_ids)
