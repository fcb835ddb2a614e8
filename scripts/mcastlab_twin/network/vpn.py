"""Site-to-Site VPN connections: an endpoint's namespace a tunnel, and its ways to the internet and the gateway. Pure.

Source: AWS Site-to-Site VPN, "Tunnel options".
"""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv4Network
from typing import TYPE_CHECKING, Final

from mcastlab_twin.network import names
from mcastlab_twin.network.kernel_pieces import Address, FabricRoute, LinkEnd, LinkUp, Namespace, PolicyRule, Veth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awsregion.cloud import VpnConnection
    from mcastlab_twin.network.cloud_index import CloudIndex
    from mcastlab_twin.network.piece import Piece

MTU: Final = 1500
"""Of the path between the outside addresses, and of what a gateway takes from a VPN. Source: Transit Gateway quotas."""

_DEFAULT: Final = IPv4Network("0.0.0.0/0")
_TABLE_PREFERENCE: Final = 100


def plan(connection: VpnConnection, index: CloudIndex) -> Iterator[Piece]:
    """Yield the endpoints' namespaces, their way to the internet, and the gateway's lookups for what they deliver."""
    gateway = connection.transit_gateway_id
    table = index.associated_table(connection.attachment_id)
    for number, tunnel in enumerate(connection.tunnels, start=1):
        netns, link = names.endpoint(connection.id, number), names.tunnel_device(connection.id, number)
        yield Namespace(name=netns)
        yield Veth(
            near=LinkEnd(netns=names.INTERNET, name=link, mtu=MTU), far=LinkEnd(netns=netns, name="out", mtu=MTU)
        )
        yield Address(netns=names.INTERNET, link=link, address=IPv4Interface((names.FAR, 32)))
        yield LinkUp(netns=names.INTERNET, link=link)
        yield FabricRoute(netns=names.INTERNET, prefix=IPv4Network(tunnel.outside_address), link=link)
        yield Address(netns=netns, link="out", address=IPv4Interface((tunnel.outside_address, 32)))
        yield LinkUp(netns=netns, link="out")
        yield FabricRoute(netns=netns, prefix=_DEFAULT, via=names.FAR, link="out")
        if table is not None:
            yield PolicyRule(netns=gateway, preference=_TABLE_PREFERENCE, iif=link, table=names.table_number(table.id))
