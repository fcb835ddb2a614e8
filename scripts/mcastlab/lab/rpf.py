"""The reverse path of every sender on every router that its datagrams pass, predicted."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.names import AWS_INTERFACE
from mcastlab.lab.design.roles import Hearing
from mcastlab.lab.design.router_routes import LabRoutes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address, IPv4Network

    from mcastlab.lab.design.router_routes import Route, RouterTables
    from mcastlab.lab.model import Lab, Site

FIRST_HOST: Final = 4
"""The first address of a subnet that AWS gives to a host. Source: AWS VPC user guide, Subnet CIDR blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RpfPrediction:
    """What a router would take as the way back to an address, and what the design needs it to be."""

    router: str
    site: str | None
    """The router's far site, or None for the AWS router."""
    towards: str
    """The hosts entry, device or rendezvous point that the address is of."""
    address: IPv4Address
    expected: str
    """The interface that the datagrams arrive on."""
    route: Route | None

    @property
    def holds(self) -> bool:
        """Whether the router would take datagrams of this sender."""
        return self.route is not None and self.route.interface == self.expected


def predict_rpf(lab: Lab) -> Iterator[RpfPrediction]:
    """Return the reverse path for every sender to every receiver, on each router between them, and to the RP."""
    return _Predictions(lab).all()


def failing_rpf(lab: Lab) -> Iterator[RpfPrediction]:
    """Return the reverse paths that do not hold, without looking at every sender from every site.

    All static multicast routes of a far router are by its GRE tunnel, and they cover the VPC and the LANs of the sites
    that it hears: what is in those has its reverse path there. Of what is not, the AWS router stands for all others.
    """
    return (each for each in _Predictions(lab).critical() if not each.holds)


class _Predictions:
    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        routes = LabRoutes(lab)
        self._hearing = Hearing(lab)
        self._aws = routes.aws_router()
        self._far = {site.name: (site, routes.far_router(site)) for site in lab.sites}

    def all(self) -> Iterator[RpfPrediction]:
        yield from self.critical()
        hears = self._hearing.hears
        for hosts in self._lab.hosts:
            subnet = self._lab.subnet(hosts.subnet).cidr
            for name, (site, tables) in self._far.items():
                for address in _Parts(tables).of(subnet) if hears(name, hosts.name) else ():
                    yield _prediction(tables, site, hosts.name, address, site.gre_interface)
        for home, _ in self._far.values():
            for name, (site, tables) in self._far.items():
                for device in home.devices if name != home.name and hears(name, home.name) else ():
                    yield _prediction(tables, site, device.name, device.address, site.gre_interface)

    def critical(self) -> Iterator[RpfPrediction]:
        """Yield those that a route of another part of the lab can spoil."""
        yield from self._towards_rendezvous_point()
        yield from self._towards_hosts_from_aws()
        yield from self._towards_devices_from_home_and_aws()

    def _towards_rendezvous_point(self) -> Iterator[RpfPrediction]:
        for name, (site, tables) in self._far.items():
            if self._hearing.takes_part(name):
                yield _prediction(tables, site, "rendezvous point", self._lab.rendezvous_point, site.gre_interface)

    def _towards_hosts_from_aws(self) -> Iterator[RpfPrediction]:
        parts = _Parts(self._aws)
        subnets = {subnet.name: subnet.cidr for subnet in self._lab.vpc.subnets}
        senders = {
            hosts.subnet: hosts.name
            for hosts in reversed(self._lab.hosts)
            if any(self._hearing.hears(name, hosts.name) for name in self._far)
        }
        for subnet, name in reversed(senders.items()):
            for address in parts.of(subnets[subnet]):
                yield _prediction(self._aws, None, name, address, AWS_INTERFACE)

    def _towards_devices_from_home_and_aws(self) -> Iterator[RpfPrediction]:
        for home, tables in self._far.values():
            for device in home.devices if self._hearing.is_heard_elsewhere(home.name) else ():
                yield _prediction(tables, home, device.name, device.address, home.router.lan.interface)
                yield _prediction(self._aws, None, device.name, device.address, home.gre_interface)


def _prediction(
    tables: RouterTables, site: Site | None, towards: str, address: IPv4Address, expected: str
) -> RpfPrediction:
    return RpfPrediction(
        router=tables.router,
        site=None if site is None else site.name,
        towards=towards,
        address=address,
        expected=expected,
        route=tables.rpf(address),
    )


class _Parts:
    """Addresses that stand for all of a subnet: its first host, and one for each route into a part of it."""

    def __init__(self, tables: RouterTables) -> None:
        networks = (route.network for routes in (tables.mroutes, tables.unicast) for route in routes.all)
        self._networks = sorted(networks, key=lambda network: network.network_address)
        self._starts = [int(network.network_address) for network in self._networks]

    def of(self, subnet: IPv4Network) -> tuple[IPv4Address, ...]:
        first = bisect_left(self._starts, int(subnet.network_address))
        end = bisect_right(self._starts, int(subnet.broadcast_address))
        within = (each.network_address for each in self._networks[first:end] if each.prefixlen > subnet.prefixlen)
        return (subnet.network_address + FIRST_HOST, *within)
