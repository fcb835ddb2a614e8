"""One remote site: its customer gateway, its VPN connection, and the VPC's routes to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_ec2 as ec2

from mcastlab.lab.design.names import OutputKey
from mcastlab.lab.design.routes import Table, routes_to

from .base import LabStack, publish
from .constructs.vpn_connection import BgpVpnConnection

if TYPE_CHECKING:
    from constructs import Construct

    from mcastlab.lab.model import Lab, Site

    from .network import NetworkStack


class SiteStack(LabStack):
    """The VPN to a remote site. Its routes reach the gateway's table by BGP and propagation."""

    def __init__(self, scope: Construct, id_: str, *, lab: Lab, site: Site, network: NetworkStack) -> None:
        super().__init__(scope, id_, lab=lab, description=f"mcastlab {lab.name}: VPN to {site.name}")
        self.add_stack_dependency(network)
        vpn = BgpVpnConnection(self, "Vpn", gateway_id=network.gateway.ref, site=site, options=lab.vpn)
        for name, subnet in network.subnets.items():
            for route in routes_to(site, Table.SUBNET):
                # The stack's dependency on the network makes the route wait for the VPC's attachment.
                ec2.CfnRoute(
                    self,
                    f"{route.part}From-{name}",
                    route_table_id=subnet.route_table.route_table_id,
                    destination_cidr_block=str(route.destination),
                    transit_gateway_id=network.gateway.ref,
                )
        publish(self, OutputKey.VPN_CONNECTION, vpn.connection_id)
