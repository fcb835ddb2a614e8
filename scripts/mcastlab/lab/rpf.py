"""The reverse path of every sender on every router that its datagrams pass, predicted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.lab.roles import names_in
from mcastlab.lab.routes import AWS_INTERFACE, aws_router_tables, far_router_tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address, IPv4Network

    from mcastlab.lab.model import Lab, Site
    from mcastlab.lab.routes import Route, RouterTables

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


def predict_rpf(lab: Lab) -> tuple[RpfPrediction, ...]:
    """Return the reverse path for every sender to every receiver, on each router between them, and to the RP."""
    aws = aws_router_tables(lab)
    far = {site.name: (site, far_router_tables(lab, site)) for site in lab.sites}
    receivers = _receivers(lab)
    return (
        *_towards_rendezvous_point(lab, far, receivers),
        *_towards_hosts(lab, aws, far, receivers),
        *_towards_devices(aws, far, receivers),
    )


_Far = dict[str, tuple["Site", "RouterTables"]]
_Receivers = dict[str, dict[str, None]]


def _towards_rendezvous_point(lab: Lab, far: _Far, receivers: _Receivers) -> Iterator[RpfPrediction]:
    receiving = {name for names in receivers.values() for name in names}
    for name, (site, tables) in far.items():
        if name in receivers or name in receiving:
            yield _prediction(tables, site, "rendezvous point", lab.rendezvous_point, site.gre_interface)


def _towards_hosts(lab: Lab, aws: RouterTables, far: _Far, receivers: _Receivers) -> Iterator[RpfPrediction]:
    for hosts in lab.hosts:
        sites = [far[name] for name in receivers.get(hosts.name, ()) if name in far]
        subnet = lab.subnet(hosts.subnet).cidr
        for address in _addresses_of(subnet, aws) if sites else ():
            yield _prediction(aws, None, hosts.name, address, AWS_INTERFACE)
        for site, tables in sites:
            for address in _addresses_of(subnet, tables):
                yield _prediction(tables, site, hosts.name, address, site.gre_interface)


def _towards_devices(aws: RouterTables, far: _Far, receivers: _Receivers) -> Iterator[RpfPrediction]:
    for home, home_tables in far.values():
        elsewhere = [name for name in receivers.get(home.name, ()) if name != home.name]
        sites = [far[name] for name in elsewhere if name in far]
        for device in home.devices if elsewhere else ():
            yield _prediction(home_tables, home, device.name, device.address, home.router.lan.interface)
            yield _prediction(aws, None, device.name, device.address, home.gre_interface)
            for site, tables in sites:
                yield _prediction(tables, site, device.name, device.address, site.gre_interface)


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


def _receivers(lab: Lab) -> _Receivers:
    """Return who receives from whom in some group, by the names of hosts entries and sites, in the document's order."""
    found: _Receivers = {}
    for group in lab.groups:
        names = dict.fromkeys(names_in(lab, group, "receivers"))
        for sender in names_in(lab, group, "senders"):
            found.setdefault(sender, {}).update(names)
    return found


def _addresses_of(subnet: IPv4Network, tables: RouterTables) -> tuple[IPv4Address, ...]:
    """Return addresses that stand for all of a subnet: its first host, and one for each route into a part of it."""
    within = (
        route.network.network_address
        for routes in (tables.mroutes, tables.unicast)
        for route in routes.all
        if route.network.prefixlen > subnet.prefixlen and route.network.network_address in subnet
    )
    return (subnet.network_address + FIRST_HOST, *within)
