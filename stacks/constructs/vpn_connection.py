"""A Site-to-Site VPN connection with BGP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

if TYPE_CHECKING:
    from mcastlab.lab.model import Site
    from mcastlab.lab.vpn import VpnOptions


LARGEST_BGP_ASN: Final = 2147483647
"""What BgpAsn takes; larger numbers go by BgpAsnExtended. Source: EC2 API reference, CreateCustomerGateway."""


class BgpVpnConnection(Construct):
    """Customer gateway and VPN connection on a Transit Gateway; AWS makes the pre-shared keys.

    Source: AWS Site-to-Site VPN user guide, Tunnel options.
    """

    def __init__(self, scope: Construct, id_: str, *, gateway_id: str, site: Site, options: VpnOptions) -> None:
        super().__init__(scope, id_)
        customer_gateway = ec2.CfnCustomerGateway(
            self,
            "CustomerGateway",
            type="ipsec.1",
            bgp_asn=site.router.asn if site.router.asn <= LARGEST_BGP_ASN else None,
            bgp_asn_extended=site.router.asn if site.router.asn > LARGEST_BGP_ASN else None,
            ip_address=str(site.router.customer_address),
            # Without a name of its own it would be the one that another lab has made for the same router.
            device_name=cdk.Stack.of(self).stack_name,
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
                        ec2.CfnVPNConnection.Phase1EncryptionAlgorithmsRequestListValueProperty(
                            value=options.encryption
                        )
                    ],
                    phase1_integrity_algorithms=[
                        ec2.CfnVPNConnection.Phase1IntegrityAlgorithmsRequestListValueProperty(value=options.integrity)
                    ],
                    phase1_dh_group_numbers=[
                        ec2.CfnVPNConnection.Phase1DHGroupNumbersRequestListValueProperty(value=options.dh_group)
                    ],
                    phase1_lifetime_seconds=options.ike_lifetime_s,
                    phase2_encryption_algorithms=[
                        ec2.CfnVPNConnection.Phase2EncryptionAlgorithmsRequestListValueProperty(
                            value=options.encryption
                        )
                    ],
                    phase2_integrity_algorithms=[
                        ec2.CfnVPNConnection.Phase2IntegrityAlgorithmsRequestListValueProperty(value=options.integrity)
                    ],
                    phase2_dh_group_numbers=[
                        ec2.CfnVPNConnection.Phase2DHGroupNumbersRequestListValueProperty(value=options.dh_group)
                    ],
                    phase2_lifetime_seconds=options.ipsec_lifetime_s,
                    dpd_timeout_seconds=30,
                    startup_action="add",
                )
                for inside in site.tunnels
            ],
        )
        self.connection_id = connection.ref
