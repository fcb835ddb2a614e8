"""The AWS ends of Site-to-Site VPN connections: an IKEv2 daemon a tunnel, and a BGP speaker a gateway. Pure.

Sources: AWS Site-to-Site VPN, "Tunnel options" and "Static and dynamic routing"; strongSwan's cipher suite keywords.
"""

from __future__ import annotations

from ipaddress import IPv4Interface
from typing import TYPE_CHECKING, Final

from iosxe.algorithms import GROUPS
from mcastlab_twin.network import names
from mcastlab_twin.services.bird_conf import BirdNeighbor, BirdRoute
from mcastlab_twin.services.bird_gateway import GatewayConfig, GatewayConnection, GatewayTable
from mcastlab_twin.services.charon_conf import CharonTunnel
from mcastlab_twin.services.specifications import Speaker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Network

    from awsregion.cloud import TransitGateway, TransitGatewayRouteTable, VpnConnection, VpnTunnel
    from mcastlab_twin.network.cloud_index import CloudIndex

EQUAL_PATHS: Final = 50
"""How many equally good routes over VPN tunnels share traffic. Source: AWS, Transit Gateway quotas, ECMP."""

_BGP_HOLD_S, _BGP_KEEPALIVE_S = 30, 10

_ENCRYPTION: Final = {
    "AES128": "aes128",
    "AES256": "aes256",
    "AES128-GCM-16": "aes128gcm16",
    "AES256-GCM-16": "aes256gcm16",
}
_INTEGRITY: Final = {"SHA1": "sha1", "SHA2-256": "sha256", "SHA2-384": "sha384", "SHA2-512": "sha512"}
_AWS_ONLY_GROUPS: Final = {17: "modp6144", 18: "modp8192", 22: "modp1024s160", 23: "modp2048s224"}
_DH_GROUPS: Final = {number: name for number, name in sorted((GROUPS | _AWS_ONLY_GROUPS).items()) if number > 1}
"""All but group 1, which AWS does not have."""


def tunnels(connection: VpnConnection) -> Iterator[CharonTunnel]:
    """Yield the AWS ends of a connection's tunnels; they wait for the customer, StartupAction ``add``."""
    for number, tunnel in enumerate(connection.tunnels, start=1):
        near, _ = tunnel.inside_cidr.hosts()
        yield CharonTunnel(
            name=f"aws-{number}",
            netns=names.endpoint(connection.id, number),
            local=tunnel.outside_address,
            remote=connection.customer_address,
            pre_shared_key=tunnel.pre_shared_key,
            initiate=False,
            device=names.tunnel_device(connection.id, number),
            device_netns=connection.transit_gateway_id,
            device_address=IPv4Interface((near, tunnel.inside_cidr.prefixlen)),
            ike_proposals=proposals(tunnel, ike=True),
            esp_proposals=proposals(tunnel, ike=False),
            replay_window=tunnel.replay_window,
        )


def proposals(tunnel: VpnTunnel, *, ike: bool) -> tuple[str, ...]:
    """Return strongSwan's proposals of all that a tunnel's options allow: AEAD ciphers stand in one of their own."""
    ciphers = [_ENCRYPTION[name] for name in tunnel.encryption or tuple(_ENCRYPTION)]
    hashes = [_INTEGRITY[name] for name in tunnel.integrity or tuple(_INTEGRITY)]
    groups = [_DH_GROUPS[number] for number in tunnel.dh_groups or tuple(_DH_GROUPS)]
    plain = [cipher for cipher in ciphers if "gcm" not in cipher]
    aead = [cipher for cipher in ciphers if "gcm" in cipher]
    functions = [f"prf{name}" for name in hashes] if ike else []
    sets = [(plain, hashes, groups)] if plain else []
    sets += [(aead, functions, groups)] if aead else []
    return tuple("-".join(word for words in each for word in words) for each in sets)


def speaker(gateway: TransitGateway, index: CloudIndex) -> Speaker | None:
    """Return the BGP speaker of a gateway that has VPN connections."""
    connections = [each for each in index.cloud.vpn_connections if each.transit_gateway_id == gateway.id]
    if not connections:
        return None
    return Speaker(
        netns=gateway.id,
        config=GatewayConfig(
            router_id=connections[0].tunnels[0].inside_cidr.network_address + 1,
            asn=gateway.asn,
            tables=tuple(
                GatewayTable(
                    kernel_table=names.table_number(table.id),
                    originated=_advertised(table, index),
                    routes=_static_routes(table, index),
                )
                for table in index.tables_of(gateway)
            ),
            connections=tuple(_connection(each, index) for each in connections),
            multipath=EQUAL_PATHS,
        ),
    )


def _connection(connection: VpnConnection, index: CloudIndex) -> GatewayConnection:
    associated = index.associated_table(connection.attachment_id)
    return GatewayConnection(
        neighbors=tuple(_neighbors(connection)) if connection.bgp else (),
        associated=None if associated is None else names.table_number(associated.id),
        propagated=tuple(names.table_number(table.id) for table in index.propagated_tables(connection.attachment_id)),
    )


def _neighbors(connection: VpnConnection) -> Iterator[BirdNeighbor]:
    for tunnel in connection.tunnels:
        local, remote = tunnel.inside_cidr.hosts()
        yield BirdNeighbor(
            local=local,
            remote=remote,
            remote_as=connection.customer_asn,
            keepalive_s=_BGP_KEEPALIVE_S,
            hold_s=_BGP_HOLD_S,
        )


def _advertised(table: TransitGatewayRouteTable, index: CloudIndex) -> tuple[IPv4Network, ...]:
    """Return a table's prefixes that lead to VPCs; a static route elsewhere hides what is propagated."""
    static = {route.destination: route.attachment_id in index.vpc_attachments for route in table.routes}
    propagating = (index.vpc_attachments.get(each) for each in table.propagating_attachment_ids)
    propagated = {cidr for attachment in propagating if attachment for cidr in index.vpcs[attachment.vpc_id].cidrs}
    return tuple(sorted(prefix for prefix in static.keys() | propagated if static.get(prefix, True)))


def _static_routes(table: TransitGatewayRouteTable, index: CloudIndex) -> tuple[BirdRoute, ...]:
    return tuple(
        BirdRoute(prefix=route.destination, interface=names.tunnel_device(connection.id, number))
        for route in table.routes
        for connection in [index.vpn_connections.get(route.attachment_id or "")]
        if connection is not None
        for number, _ in enumerate(connection.tunnels, start=1)
    )
