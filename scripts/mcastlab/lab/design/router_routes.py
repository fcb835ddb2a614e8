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

from mcastlab.lab.design.addresses import host_route
from mcastlab.lab.design.names import AWS_INTERFACE, AWS_ROUTER, LOOPBACK, VPN_INTERFACES, site_router
from mcastlab.lab.design.roles import Hearing
from mcastlab.lab.design.routes import site_networks, vpc_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from ipaddress import IPv4Address

    from mcastlab.lab.model import Lab, Site

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


class SiteNetworks:
    """Networks of all sites with their owners, written down once and looked up from every router."""

    def __init__(self, networks: Iterable[tuple[IPv4Network, str]]) -> None:
        self.all = tuple(networks)
        by_length: dict[int, dict[int, list[tuple[IPv4Network, str]]]] = {}
        for network, owner in self.all:
            of_length = by_length.setdefault(network.prefixlen, {})
            of_length.setdefault(int(network.network_address), []).append((network, owner))
        self._by_length = sorted(by_length.items(), reverse=True)

    def around(self, address: IPv4Address) -> Iterator[tuple[IPv4Network, str]]:
        """Yield the networks that hold an address, the longest first, each with its owner."""
        number = int(address)
        for length, networks in self._by_length:
            shift = _BITS - length
            yield from networks.get(number >> shift << shift, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """The routes that a router has to networks of other sites: all of one kind and by one interface."""

    networks: SiteNetworks
    has: Callable[[str], bool]
    """Whether the router has routes to the networks of the site of this name."""
    interface: str
    origin: Origin

    def __iter__(self) -> Iterator[Route]:
        return (self._route(network) for network, owner in self.networks.all if self.has(owner))

    def towards(self, address: IPv4Address) -> Route | None:
        """Return the route with the longest match, or None."""
        around = self.networks.around(address)
        return next((self._route(network) for network, owner in around if self.has(owner)), None)

    def _route(self, network: IPv4Network) -> Route:
        return Route(network=network, interface=self.interface, origin=self.origin)


class Routes:
    """Routes to look addresses up in, by longest match."""

    def __init__(self, routes: Iterable[Route], learnt: Learnt | None = None) -> None:
        self._own = tuple(routes)
        self._learnt = learnt
        by_length: dict[int, dict[int, Route]] = {}
        for route in self._own:
            # Of two routes to one network the first stays: a connected one before a learnt one.
            by_length.setdefault(route.network.prefixlen, {}).setdefault(int(route.network.network_address), route)
        self._by_length = sorted(by_length.items(), reverse=True)

    @property
    def all(self) -> tuple[Route, ...]:
        """All routes, the router's own first."""
        return (*self._own, *(self._learnt or ()))

    def towards(self, address: IPv4Address) -> Route | None:
        """Return the route with the longest match, or None."""
        own, learnt = self._own_towards(address), self._learnt.towards(address) if self._learnt else None
        if own is None or learnt is None:
            return own or learnt
        return learnt if learnt.network.prefixlen > own.network.prefixlen else own

    def _own_towards(self, address: IPv4Address) -> Route | None:
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


class LabRoutes:
    """The tables of all routers of a lab. What every site's router has of the others is written down once."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._hearing = Hearing(lab)
        self._lans = SiteNetworks((site.lan, site.name) for site in lab.sites)
        self._advertised = SiteNetworks((network, site.name) for site in lab.sites for network in site_networks(site))

    def aws_router(self) -> RouterTables:
        """Return the AWS router's routes: connected ones, and the subnet's default route by DHCP."""
        lab = self._lab
        mroutes = [
            Route(network=network, interface=site.gre_interface, origin=Origin.MROUTE)
            for site in lab.sites
            for network in site_networks(site)
        ]
        unicast = [
            _connected(lab.subnet(lab.router.subnet).cidr, AWS_INTERFACE),
            _connected(host_route(lab.router.loopback), LOOPBACK),
            *(_connected(site.gre, site.gre_interface) for site in lab.sites),
            Route(network=_EVERYTHING, interface=AWS_INTERFACE, origin=Origin.DEFAULT),
        ]
        return RouterTables(router=AWS_ROUTER, mroutes=Routes(mroutes), unicast=Routes(unicast))

    def far_router(self, site: Site) -> RouterTables:
        """Return a far router's routes: connected ones, the gateway's by BGP, and a default route towards AWS.

        Its static multicast routes are to VPC senders, the rendezvous point, and the LANs of the sites that it hears.
        """
        lab, router = self._lab, site.router
        mroutes = [
            Route(network=network, interface=site.gre_interface, origin=Origin.MROUTE)
            for network in (lab.vpc.cidr, host_route(lab.rendezvous_point))
        ]
        heard = Learnt(
            networks=self._lans,
            has=lambda other: other != site.name and self._hearing.hears(site.name, other),
            interface=site.gre_interface,
            origin=Origin.MROUTE,
        )
        unicast = [
            _connected(router.wan.address.network, router.wan.interface),
            _connected(router.lan.address.network, router.lan.interface),
            _connected(host_route(router.loopback), LOOPBACK),
            _connected(site.gre, site.gre_interface),
            *(_connected(inside, interface) for inside, interface in zip(site.tunnels, VPN_INTERFACES, strict=True)),
            *(Route(network=network, interface=VPN_INTERFACES[0], origin=Origin.BGP) for network in vpc_blocks(lab)),
            Route(network=_EVERYTHING, interface=router.wan.interface, origin=Origin.DEFAULT),
        ]
        advertised = Learnt(
            networks=self._advertised,
            has=lambda other: other != site.name,
            interface=VPN_INTERFACES[0],
            origin=Origin.BGP,
        )
        return RouterTables(
            router=site_router(site.name), mroutes=Routes(mroutes, heard), unicast=Routes(unicast, advertised)
        )


def _connected(network: IPv4Network, interface: str) -> Route:
    return Route(network=network, interface=interface, origin=Origin.CONNECTED)
