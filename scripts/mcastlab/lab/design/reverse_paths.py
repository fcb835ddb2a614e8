"""The reverse path of every sender on every router that its datagrams pass, and whether the routes will give it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.addresses import GRE_PREFIX, gre_addresses, host_route
from mcastlab.lab.design.names import AWS_INTERFACE, AWS_ROUTER, site_router
from mcastlab.lab.design.roles import Hearing
from mcastlab.lab.design.router_routes import LabRoutes
from mcastlab.lab.design.routers import vpc_interfaces

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address, IPv4Network

    from mcastlab.lab.design.router_routes import RouterRoute, RouterTables
    from mcastlab.lab.model import Hosts, Lab, Site

FIRST_HOST: Final = 4
"""The first address of a subnet that AWS gives to a host. Source: AWS VPC user guide, Subnet CIDR blocks."""

RENDEZVOUS_POINT: Final = "the rendezvous point"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversePath:
    """The interface by which a router must look back to a source. Source: RFC 7761, section 4.2."""

    router: str
    """Within the lab: ``aws-router``."""
    site: str | None
    """The site that is cut off if it does not; None where several are."""
    source: str
    """The hosts entry, device or rendezvous point."""
    network: IPv4Network
    """Where the source's addresses are: the subnet of a hosts entry, or one address."""
    interface: str
    """The one that the source's datagrams arrive on, and that joins towards it leave by."""
    neighbour: IPv4Address | None
    """The PIM neighbour there; None where there is none, as the source stands in the interface's own network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RpfPrediction:
    """What a router would take as the way back to an address of a source."""

    path: ReversePath
    address: IPv4Address
    route: RouterRoute | None

    @property
    def holds(self) -> bool:
        """Whether the router would take datagrams of this sender."""
        return self.route is not None and self.route.interface == self.path.interface


def reverse_paths(lab: Lab) -> Iterator[ReversePath]:
    """Return every reverse path that datagrams and joins depend on, those of one source one after another.

    To the rendezvous point first, then to the VPC's senders, then to the sites'.
    """
    return _Paths(lab).all()


def predict_rpf(lab: Lab) -> Iterator[RpfPrediction]:
    """Return what the routes will give for every reverse path."""
    tables = _Tables(lab)
    return (prediction for path in _Paths(lab).all() for prediction in tables.predicted(path))


def failing_rpf(lab: Lab) -> Iterator[RpfPrediction]:
    """Return the reverse paths that the routes will not give, without a look at every sender from every site.

    All static multicast routes of a remote router are by its GRE tunnel, and they cover the VPC and the LANs of the
    sites that it hears: what is in those has its reverse path there. Of what is not, the AWS router stands for all.
    """
    tables = _Tables(lab)
    critical = (prediction for path in _Paths(lab).critical() for prediction in tables.predicted(path))
    return (prediction for prediction in critical if not prediction.holds)


class _Paths:
    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._hearing = Hearing(lab)
        self._subnets = {subnet.name: subnet.cidr for subnet in lab.vpc.subnets}
        self._interfaces = {each.subnet.name: each.name for each in vpc_interfaces(lab)}
        self._ends = {site.name: _gre_ends(site) for site in lab.sites}

    def all(self) -> Iterator[ReversePath]:
        yield from self._to_rendezvous_point()
        for hosts in self._lab.hosts:
            listening = [site for site in self._lab.sites if self._hearing.hears(site.name, hosts.name)]
            if listening:
                yield self._to_hosts(hosts)
            for site in listening:
                yield self._by_gre(site, hosts.name, self._subnets[hosts.subnet])
        for home in self._lab.sites:
            if not self._hearing.is_heard_elsewhere(home.name):
                continue
            listening = [site for site in self._lab.sites if site != home and self._hearing.hears(site.name, home.name)]
            for device in home.devices:
                yield from self._to_device(home, device.name, device.address)
                for site in listening:
                    yield self._by_gre(site, device.name, host_route(device.address))

    def critical(self) -> Iterator[ReversePath]:
        """Yield those that a route of another part of the lab can spoil."""
        yield from self._to_rendezvous_point()
        for hosts in self._lab.hosts:
            if any(self._hearing.hears(site.name, hosts.name) for site in self._lab.sites):
                yield self._to_hosts(hosts)
        for home in self._lab.sites:
            for device in home.devices if self._hearing.is_heard_elsewhere(home.name) else ():
                yield from self._to_device(home, device.name, device.address)

    def _to_rendezvous_point(self) -> Iterator[ReversePath]:
        for site in self._lab.sites:
            if self._hearing.takes_part(site.name):
                yield self._by_gre(site, RENDEZVOUS_POINT, host_route(self._lab.rendezvous_point))

    def _to_hosts(self, hosts: Hosts) -> ReversePath:
        """The gateway's multicast comes in by the router's interface in the sender's subnet, or by its first one."""
        return ReversePath(
            router=AWS_ROUTER,
            site=None,
            source=hosts.name,
            network=self._subnets[hosts.subnet],
            interface=self._interfaces.get(hosts.subnet, AWS_INTERFACE),
            neighbour=None,
        )

    def _to_device(self, home: Site, name: str, address: IPv4Address) -> Iterator[ReversePath]:
        network = host_route(address)
        yield ReversePath(
            router=site_router(home.name),
            site=home.name,
            source=name,
            network=network,
            interface=home.router.lan.interface,
            neighbour=None,
        )
        yield ReversePath(
            router=AWS_ROUTER,
            site=home.name,
            source=name,
            network=network,
            interface=home.gre_interface,
            neighbour=self._ends[home.name][1],
        )

    def _by_gre(self, site: Site, source: str, network: IPv4Network) -> ReversePath:
        """From a remote router, everything beyond its own LAN comes by GRE."""
        return ReversePath(
            router=site_router(site.name),
            site=site.name,
            source=source,
            network=network,
            interface=site.gre_interface,
            neighbour=self._ends[site.name][0],
        )


def _gre_ends(site: Site) -> tuple[IPv4Address | None, IPv4Address | None]:
    """The tunnel's addresses, as far as its network has any: a design check refuses others than /30."""
    if site.gre.prefixlen != GRE_PREFIX:
        return None, None
    near, far = gre_addresses(site)
    return near.ip, far.ip


class _Tables:
    """The routes of all routers, each of them derived when it is first asked for."""

    def __init__(self, lab: Lab) -> None:
        self._routes = LabRoutes(lab)
        self._sites = {site_router(site.name): site for site in lab.sites}
        self._tables: dict[str, tuple[RouterTables, _Parts]] = {}
        self._asked: set[tuple[str, IPv4Network]] = set()

    def predicted(self, path: ReversePath) -> Iterator[RpfPrediction]:
        """Yield a prediction for each address that stands for a source; a subnet is asked about once a router."""
        if path.network.prefixlen == path.network.max_prefixlen:
            yield self._prediction(path, path.network.network_address)
        elif (path.router, path.network) not in self._asked:
            self._asked.add((path.router, path.network))
            for address in self._of(path.router)[1].of(path.network):
                yield self._prediction(path, address)

    def _prediction(self, path: ReversePath, address: IPv4Address) -> RpfPrediction:
        return RpfPrediction(path=path, address=address, route=self._of(path.router)[0].rpf(address))

    def _of(self, router: str) -> tuple[RouterTables, _Parts]:
        if router not in self._tables:
            site = self._sites.get(router)
            tables = self._routes.aws_router() if site is None else self._routes.remote_router(site)
            self._tables[router] = tables, _Parts(tables)
        return self._tables[router]


class _Parts:
    """Addresses that stand for all of a subnet: its first host, and one for each route into a part of it."""

    def __init__(self, tables: RouterTables) -> None:
        self._tables = tables
        self._sorted: tuple[list[IPv4Network], list[int]] | None = None

    def of(self, subnet: IPv4Network) -> tuple[IPv4Address, ...]:
        if self._sorted is None:
            networks = (
                route.network for routes in (self._tables.mroutes, self._tables.unicast) for route in routes.all
            )
            ordered = sorted(networks, key=lambda network: network.network_address)
            self._sorted = ordered, [int(network.network_address) for network in ordered]
        ordered, starts = self._sorted
        first = bisect_left(starts, int(subnet.network_address))
        end = bisect_right(starts, int(subnet.broadcast_address))
        within = (each.network_address for each in ordered[first:end] if each.prefixlen > subnet.prefixlen)
        return (subnet.network_address + FIRST_HOST, *within)
