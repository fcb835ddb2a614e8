"""The routes that a lab's routers would have, and the reverse path that they give.

A router takes a datagram only from the interface that it would use towards the sender. For that it looks among its
static multicast routes first, the longest match, and only then among its unicast routes.
Source: RFC 7761, section 4.2; Cisco IOS IP multicast, "Configuring static IP multicast routes" (distance 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from mcastlab.lab.design.addresses import host_route
from mcastlab.lab.design.names import AWS_INTERFACE, AWS_ROUTER, LOOPBACK, site_router
from mcastlab.lab.design.roles import Hearing
from mcastlab.lab.design.routers import vpc_interfaces
from mcastlab.lab.design.routes import site_networks, vpc_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from ipaddress import IPv4Address

    from mcastlab.lab.model import Lab, Site

_EVERYTHING: Final = IPv4Network("0.0.0.0/0")
_BITS: Final = 32
_Value = TypeVar("_Value")


class Origin(StrEnum):
    """Where a router has a route from."""

    MROUTE = "static multicast route"
    CONNECTED = "connected network"
    BGP = "BGP"
    DEFAULT = "default route"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterRoute:
    """A network and the interface that it is reached by."""

    network: IPv4Network
    interface: str
    origin: Origin


class LongestMatch(Generic[_Value]):
    """Networks, each with a value, that addresses are looked up in."""

    def __init__(self, networks: Iterable[tuple[IPv4Network, _Value]]) -> None:
        self.all = tuple(networks)
        by_length: dict[int, dict[int, list[tuple[IPv4Network, _Value]]]] = {}
        for network, value in self.all:
            of_length = by_length.setdefault(network.prefixlen, {})
            of_length.setdefault(int(network.network_address), []).append((network, value))
        self._by_length = sorted(by_length.items(), reverse=True)

    def around(self, address: IPv4Address) -> Iterator[tuple[IPv4Network, _Value]]:
        """Yield the networks that hold an address with their values: the longest first, and of equals the first."""
        number = int(address)
        for length, networks in self._by_length:
            shift = _BITS - length
            yield from networks.get(number >> shift << shift, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """The routes that a router has to networks of other sites: all of one kind and by one interface."""

    networks: LongestMatch[str]
    """With the names of their sites."""
    has: Callable[[str], bool]
    """Whether the router has routes to the networks of the site of this name."""
    interface: str
    origin: Origin

    def __iter__(self) -> Iterator[RouterRoute]:
        return (self._route(network) for network, owner in self.networks.all if self.has(owner))

    def towards(self, address: IPv4Address) -> RouterRoute | None:
        """Return the route with the longest match, or None."""
        around = self.networks.around(address)
        return next((self._route(network) for network, owner in around if self.has(owner)), None)

    def _route(self, network: IPv4Network) -> RouterRoute:
        return RouterRoute(network=network, interface=self.interface, origin=self.origin)


class Routes:
    """Routes to look addresses up in, by longest match."""

    def __init__(self, routes: Iterable[RouterRoute], learnt: Learnt | None = None) -> None:
        # Of two routes to one network the first stays: a connected one before a learnt one.
        self._own = LongestMatch((route.network, route) for route in routes)
        self._learnt = learnt

    @property
    def all(self) -> tuple[RouterRoute, ...]:
        """All routes, the router's own first."""
        return (*(route for _, route in self._own.all), *(self._learnt or ()))

    def towards(self, address: IPv4Address) -> RouterRoute | None:
        """Return the route with the longest match, or None."""
        own = next((route for _, route in self._own.around(address)), None)
        learnt = self._learnt.towards(address) if self._learnt else None
        if own is None or learnt is None:
            return own or learnt
        return learnt if learnt.network.prefixlen > own.network.prefixlen else own


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterTables:
    """A router's static multicast routes and its unicast routes."""

    router: str
    mroutes: Routes
    unicast: Routes

    def rpf(self, address: IPv4Address) -> RouterRoute | None:
        """Return the route that the reverse path towards an address takes, or None."""
        return self.mroutes.towards(address) or self.unicast.towards(address)


class LabRoutes:
    """The tables of all routers of a lab. What every site's router has of the others is written down once."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._hearing = Hearing(lab)
        self._lans = LongestMatch((site.lan, site.name) for site in lab.sites)
        self._advertised = LongestMatch((network, site.name) for site in lab.sites for network in site_networks(site))

    def aws_router(self) -> RouterTables:
        """Return the AWS router's routes: connected ones, and the subnet's default route by DHCP."""
        lab = self._lab
        mroutes = [
            RouterRoute(network=network, interface=site.gre_interface, origin=Origin.MROUTE)
            for site in lab.sites
            for network in site_networks(site)
        ]
        unicast = [
            *(_connected(each.subnet.cidr, each.name) for each in vpc_interfaces(lab)),
            _connected(host_route(lab.router.loopback), LOOPBACK),
            *(_connected(site.gre, site.gre_interface) for site in lab.sites),
            RouterRoute(network=_EVERYTHING, interface=AWS_INTERFACE, origin=Origin.DEFAULT),
        ]
        return RouterTables(router=AWS_ROUTER, mroutes=Routes(mroutes), unicast=Routes(unicast))

    def remote_router(self, site: Site) -> RouterTables:
        """Return a remote router's routes: connected ones, the gateway's by BGP, and a default route towards AWS.

        Its static multicast routes are to VPC senders, the rendezvous point, and the LANs of the sites that it hears.
        """
        lab, router = self._lab, site.router
        mroutes = [
            RouterRoute(network=network, interface=site.gre_interface, origin=Origin.MROUTE)
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
            _connected(host_route(router.loopback), router.loopback_interface),
            _connected(site.gre, site.gre_interface),
            *map(_connected, site.tunnels, router.vpn_interfaces),
            *(
                RouterRoute(network=network, interface=router.vpn_interfaces[0], origin=Origin.BGP)
                for network in vpc_blocks(lab)
            ),
            RouterRoute(network=_EVERYTHING, interface=router.wan.interface, origin=Origin.DEFAULT),
        ]
        advertised = Learnt(
            networks=self._advertised,
            has=lambda other: other != site.name,
            interface=router.vpn_interfaces[0],
            origin=Origin.BGP,
        )
        return RouterTables(
            router=site_router(site.name), mroutes=Routes(mroutes, heard), unicast=Routes(unicast, advertised)
        )


def _connected(network: IPv4Network, interface: str) -> RouterRoute:
    return RouterRoute(network=network, interface=interface, origin=Origin.CONNECTED)
