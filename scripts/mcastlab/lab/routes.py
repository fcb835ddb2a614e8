"""The routes that a lab's routers would have, and the reverse path that they give.

A router takes a datagram only from the interface that it would use towards the sender. For that it looks among its
static multicast routes first, the longest match, and only then among its unicast routes.
Source: RFC 7761, section 4.2; Cisco IOS IP multicast, "Configuring static IP multicast routes" (distance 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Final

from mcastlab.lab.addressing import host_route, loopback_block
from mcastlab.lab.generated import VPN_TUNNELS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Address

    from mcastlab.lab.model import Lab, Site

AWS_INTERFACE: Final = "GigabitEthernet1"
"""The AWS router's only interface in the VPC."""

VPN_INTERFACE: Final = f"Tunnel{VPN_TUNNELS[0]}"
LOOPBACK: Final = "Loopback0"
_EVERYTHING: Final = IPv4Network("0.0.0.0/0")
_BITS: Final = 32


class Origin(StrEnum):
    """Where a router has a route from."""

    MROUTE = "static multicast route"
    CONNECTED = "connected network"
    BGP = "BGP"
    DEFAULT = "default route"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A network and the interface that it is reached by."""

    network: IPv4Network
    interface: str
    origin: Origin


class Routes:
    """Routes to look addresses up in, by longest match."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.all = tuple(routes)
        by_length: dict[int, dict[int, Route]] = {}
        for route in self.all:
            # Of two routes to one network the first stays: a connected one before a learnt one.
            by_length.setdefault(route.network.prefixlen, {}).setdefault(int(route.network.network_address), route)
        self._by_length = sorted(by_length.items(), reverse=True)

    def towards(self, address: IPv4Address) -> Route | None:
        """Return the route with the longest match, or None."""
        number = int(address)
        for length, routes in self._by_length:
            shift = _BITS - length
            if (route := routes.get(number >> shift << shift)) is not None:
                return route
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterTables:
    """A router's static multicast routes and its unicast routes."""

    router: str
    mroutes: Routes
    unicast: Routes

    def rpf(self, address: IPv4Address) -> Route | None:
        """Return the route that the reverse path towards an address takes, or None."""
        return self.mroutes.towards(address) or self.unicast.towards(address)


def networks_behind_site(site: Site) -> tuple[IPv4Network, ...]:
    """Return what the AWS router takes from a site's GRE tunnel: the LAN's senders and the router's loopback."""
    return (site.lan, host_route(site.router.loopback))


def networks_behind_tunnel(lab: Lab, site: Site) -> tuple[IPv4Network, ...]:
    """Return what a far router takes from its GRE tunnel: VPC senders, the rendezvous point, and other sites' senders.

    Another site's LAN is among them if one of its devices sends to a group that this site receives.
    """
    received = [group for group in lab.groups if group.receivers == "all" or site.name in group.receivers]
    anybody = any(group.senders == "all" for group in received)
    senders = {name for group in received for name in group.senders}
    others = (other.lan for other in lab.sites if other.name != site.name and (anybody or other.name in senders))
    return (lab.vpc.cidr, host_route(lab.rendezvous_point), *others)


def aws_router_tables(lab: Lab) -> RouterTables:
    """Return the AWS router's routes: connected ones, and the subnet's default route by DHCP."""
    mroutes = [
        Route(network=network, interface=site.gre_interface, origin=Origin.MROUTE)
        for site in lab.sites
        for network in networks_behind_site(site)
    ]
    unicast = [
        _connected(lab.subnet(lab.router.subnet).cidr, AWS_INTERFACE),
        _connected(host_route(lab.router.loopback), LOOPBACK),
        *(_connected(site.gre, site.gre_interface) for site in lab.sites),
        Route(network=_EVERYTHING, interface=AWS_INTERFACE, origin=Origin.DEFAULT),
    ]
    return RouterTables(router="aws-router", mroutes=Routes(mroutes), unicast=Routes(unicast))


def far_router_tables(lab: Lab, site: Site) -> RouterTables:
    """Return a far router's routes: connected ones, the gateway's by BGP, and a default route towards AWS."""
    router = site.router
    mroutes = [
        Route(network=network, interface=site.gre_interface, origin=Origin.MROUTE)
        for network in networks_behind_tunnel(lab, site)
    ]
    learnt = [lab.vpc.cidr, loopback_block(lab)]
    for other in lab.sites:
        if other.name != site.name:
            learnt += [other.lan, host_route(other.router.loopback)]
    unicast = [
        _connected(router.wan.address.network, router.wan.interface),
        _connected(router.lan.address.network, router.lan.interface),
        _connected(host_route(router.loopback), LOOPBACK),
        _connected(site.gre, site.gre_interface),
        *(_connected(inside, f"Tunnel{number}") for inside, number in zip(site.tunnels, VPN_TUNNELS, strict=True)),
        *(Route(network=network, interface=VPN_INTERFACE, origin=Origin.BGP) for network in learnt),
        Route(network=_EVERYTHING, interface=router.wan.interface, origin=Origin.DEFAULT),
    ]
    return RouterTables(router=f"{site.name}-router", mroutes=Routes(mroutes), unicast=Routes(unicast))


def _connected(network: IPv4Network, interface: str) -> Route:
    return Route(network=network, interface=interface, origin=Origin.CONNECTED)
