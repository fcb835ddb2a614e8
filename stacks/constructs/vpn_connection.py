"""A Site-to-Site VPN connection with BGP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from mcastlab.lab.vpn import DH_GROUP, ENCRYPTION, IKE_LIFETIME_S, INTEGRITY, IPSEC_LIFETIME_S

if TYPE_CHECKING:
    from mcastlab.lab.model import Site


class BgpVpnConnection(Construct):
    """Customer gateway and VPN connection on a Transit Gateway; AWS makes the pre-shared keys.

    Source: AWS Site-to-Site VPN user guide, Tunnel options.
    """

    def __init__(self, scope: Construct, id_: str, *, gateway_id: str, site: Site) -> None:
        super().__init__(scope, id_)
        customer_gateway = ec2.CfnCustomerGateway(
            self,
            "CustomerGateway",
            type="ipsec.1",
            bgp_asn=site.router.asn,
            ip_address=str(site.router.wan.address.ip),
        )
        connection = ec2.CfnVPNConnection(
            self,
            "Resource",
            type="ipsec.1",
            customer_gateway_id=customer_gateway.ref,
            transit_gateway_id=gateway_id,
            static_routes_only=False,
            vpn_tunnel_options_specifications=[
                ec2.CfnVPNConnection.VpnTunnelOptionsSpecificationProperty(
                    tunnel_inside_cidr=str(inside),
                    ike_versions=[ec2.CfnVPNConnection.IKEVersionsRequestListValueProperty(value="ikev2")],
                    phase1_encryption_algorithms=[
                        ec2.CfnVPNConnection.Phase1EncryptionAlgorithmsRequestListValueProperty(value=ENCRYPTION)
                    ],
                    phase1_integrity_algorithms=[
                        ec2.CfnVPNConnection.Phase1IntegrityAlgorithmsRequestListValueProperty(value=INTEGRITY)
                    ],
                    phase1_dh_group_numbers=[
                        ec2.CfnVPNConnection.Phase1DHGroupNumbersRequestListValueProperty(value=DH_GROUP)
                    ],
                    phase1_lifetime_seconds=IKE_LIFETIME_S,
                    phase2_encryption_algorithms=[
                        ec2.CfnVPNConnection.Phase2EncryptionAlgorithmsRequestListValueProperty(value=ENCRYPTION)
                    ],
                    phase2_integrity_algorithms=[
                        ec2.CfnVPNConnection.Phase2IntegrityAlgorithmsRequestListValueProperty(value=INTEGRITY)
                    ],
                    phase2_dh_group_numbers=[
                        ec2.CfnVPNConnection.Phase2DHGroupNumbersRequestListValueProperty(value=DH_GROUP)
                    ],
                    phase2_lifetime_seconds=IPSEC_LIFETIME_S,
                    dpd_timeout_seconds=30,
                    startup_action="add",
                )
                for inside in site.tunnels
            ],
        )
        self.connection_id = connection.ref
