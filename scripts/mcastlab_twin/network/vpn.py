"""Site-to-Site VPN connections: an endpoint's namespace a tunnel, and BGP in the gateway's. Pure.

Sources: AWS Site-to-Site VPN, "Tunnel options" and "Static and dynamic routing"; strongSwan's cipher suite keywords.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network
from typing import TYPE_CHECKING, Final

from mcastlab_twin.network import names
from mcastlab_twin.network.items import Address, End, Item, LinkUp, Namespace, PolicyRule, Route, Veth
from mcastlab_twin.services.bird import BirdNeighbor, BirdRoute
from mcastlab_twin.services.bird_gateway import GatewayConfig, GatewayConnection, GatewayTable
from mcastlab_twin.services.charon import CharonTunnel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awsregion.cloud import TransitGateway, TransitGatewayRouteTable, VpnConnection, VpnTunnel
    from mcastlab_twin.network.cloud_index import View

MTU: Final = 1500
"""Of the path between the outside addresses, and of what a gateway takes from a VPN. Source: Transit Gateway quotas."""

EQUAL_PATHS: Final = 50
"""How many equally good routes over VPN tunnels share traffic. Source: AWS, Transit Gateway quotas, ECMP."""

_BGP_HOLD_S, _BGP_KEEPALIVE_S = 30, 10
_DEFAULT: Final = IPv4Network("0.0.0.0/0")
_TABLE_PREFERENCE: Final = 100

_ENCRYPTION: Final = {
    "AES128": "aes128",
    "AES256": "aes256",
    "AES128-GCM-16": "aes128gcm16",
    "AES256-GCM-16": "aes256gcm16",
}
_INTEGRITY: Final = {"SHA1": "sha1", "SHA2-256": "sha256", "SHA2-384": "sha384", "SHA2-512": "sha512"}
_DH_GROUPS: Final = {
    2: "modp1024",
    5: "modp1536",
    14: "modp2048",
    15: "modp3072",
    16: "modp4096",
    17: "modp6144",
    18: "modp8192",
    19: "ecp256",
    20: "ecp384",
    21: "ecp521",
    22: "modp1024s160",
    23: "modp2048s224",
    24: "modp2048s256",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """A gateway's BGP speaker."""

    netns: str
    config: GatewayConfig


def links(connection: VpnConnection, view: View) -> Iterator[Item]:
    """Yield the endpoints' namespaces, their way to the internet, and the gateway's lookups for what they deliver."""
    gateway = connection.transit_gateway_id
    table = view.associated_table(connection.attachment_id)
    for number, tunnel in enumerate(connection.tunnels, start=1):
        netns, link = names.endpoint(connection.id, number), names.tunnel_device(connection.id, number)
        yield Namespace(name=netns)
        yield Veth(near=End(netns=names.INTERNET, name=link, mtu=MTU), far=End(netns=netns, name="out", mtu=MTU))
        yield Address(netns=names.INTERNET, link=link, address=IPv4Interface((names.FAR, 32)))
        yield LinkUp(netns=names.INTERNET, link=link)
        yield Route(netns=names.INTERNET, prefix=IPv4Network(tunnel.outside_address), link=link)
        yield Address(netns=netns, link="out", address=IPv4Interface((tunnel.outside_address, 32)))
        yield LinkUp(netns=netns, link="out")
        yield Route(netns=netns, prefix=_DEFAULT, via=names.FAR, link="out")
        if table is not None:
            yield PolicyRule(netns=gateway, preference=_TABLE_PREFERENCE, iif=link, table=names.table_number(table.id))


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


def speaker(gateway: TransitGateway, view: View) -> Speaker | None:
    """Return the BGP speaker of a gateway that has VPN connections: each is told and heard by its own route tables."""
    connections = [each for each in view.cloud.vpn_connections if each.transit_gateway_id == gateway.id]
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
                    originated=_advertised(table, view),
                    routes=_static_routes(table, view),
                )
                for table in view.tables_of(gateway)
            ),
            connections=tuple(_connection(each, view) for each in connections),
            multipath=EQUAL_PATHS,
        ),
    )


def _connection(connection: VpnConnection, view: View) -> GatewayConnection:
    associated = view.associated_table(connection.attachment_id)
    return GatewayConnection(
        neighbors=tuple(_neighbors(connection)),
        associated=None if associated is None else names.table_number(associated.id),
        propagated=tuple(names.table_number(table.id) for table in view.propagated_tables(connection.attachment_id)),
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


def _advertised(table: TransitGatewayRouteTable, view: View) -> tuple[IPv4Network, ...]:
    """Return a table's prefixes that lead to VPCs; a static route elsewhere hides what is propagated."""
    static = {route.destination: route.attachment_id in view.vpc_attachments for route in table.routes}
    propagating = (view.vpc_attachments.get(each) for each in table.propagating_attachment_ids)
    propagated = {cidr for attachment in propagating if attachment for cidr in view.vpcs[attachment.vpc_id].cidrs}
    return tuple(sorted(prefix for prefix in static.keys() | propagated if static.get(prefix, True)))


def _static_routes(table: TransitGatewayRouteTable, view: View) -> tuple[BirdRoute, ...]:
    return tuple(
        BirdRoute(prefix=route.destination, interface=names.tunnel_device(connection.id, number))
        for route in table.routes
        for connection in [view.vpn_connections.get(route.attachment_id or "")]
        if connection is not None
        for number, _ in enumerate(connection.tunnels, start=1)
    )
