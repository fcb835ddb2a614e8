"""The cloud by id: what the plans look up. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab_twin.network import names, security_groups

if TYPE_CHECKING:
    from awsregion.cloud import (
        Cloud,
        CloudVpc,
        MulticastDomain,
        NetworkInterface,
        TransitGateway,
        TransitGatewayRouteTable,
        VpcAttachment,
    )


class CloudIndex:
    """Indexes of one cloud: by id, where nothing else is said; a reference to what is gone is in none."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.subnets = {each.id: each for each in cloud.subnets}
        self.interfaces = {each.id: each for each in cloud.network_interfaces}
        self.groups = {each.id: each for each in cloud.security_groups}
        self.group_members = security_groups.members(cloud.network_interfaces)
        """Addresses of the interfaces in each security group."""
        self.gateways = {each.id: each for each in cloud.transit_gateways}
        self.vpcs = {each.id: each for each in cloud.vpcs}
        self.vpc_attachments = {
            each.id: each
            for each in cloud.vpc_attachments
            if each.vpc_id in self.vpcs and each.transit_gateway_id in self.gateways
        }
        self.vpn_connections = {
            each.attachment_id: each for each in cloud.vpn_connections if each.transit_gateway_id in self.gateways
        }
        """By the id of their attachment."""
        self._owners = {
            interface_id: (instance, number)
            for instance in cloud.instances
            for number, interface_id in enumerate(instance.network_interface_ids)
        }
        self._domains = {
            subnet_id: domain
            for domain in cloud.multicast_domains
            if domain.transit_gateway_id in self.gateways
            for subnet_id in domain.subnet_ids
        }

    def is_connected(self, interface: NetworkInterface) -> bool:
        """Tell whether an instance that runs stands behind an interface, in a subnet that there is."""
        return interface.id in self._owners and interface.subnet_id in self.subnets

    def owner(self, interface: NetworkInterface) -> tuple[str, int, str]:
        """Return the instance's id, the interface's device index and the platform of a connected interface."""
        instance, number = self._owners[interface.id]
        return instance.id, number, instance.platform

    def interfaces_of(self, vpc: CloudVpc) -> tuple[NetworkInterface, ...]:
        """Return the connected interfaces in a VPC."""
        return tuple(
            interface
            for interface in self.cloud.network_interfaces
            if self.is_connected(interface) and self.subnets[interface.subnet_id].vpc_id == vpc.id
        )

    def attachments_of(self, vpc: CloudVpc) -> tuple[VpcAttachment, ...]:
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
