"""BIRD's table read into the values that the show commands print, and the reverse path as IOS computes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TYPE_CHECKING, Final, Literal

from iosxe.state import RpfResult, UnicastRoute
from mcastlab_twin.routers.configured_interfaces import other_end
from mcastlab_twin.routers.plan import DHCP_DISTANCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iosxe.intent import RouterIntent, StaticMroute
    from mcastlab_twin.services.bird import BirdTableRoute

_DEFAULT: Final = IPv4Network("0.0.0.0/0")
_LOOPBACK: Final = "lo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unicast:
    """The unicast routing table with every interface resolved, and the interfaces that have an address, by IOS name."""

    table: tuple[UnicastRoute, ...]
    addresses: Mapping[str, IPv4Interface]


def unicast(
    shown: Sequence[BirdTableRoute], names: Mapping[str, str], addresses: Mapping[str, IPv4Interface]
) -> Unicast:
    """Return the table. `names` has the IOS name of each kernel name but `lo`, whose routes are reported by address."""
    table = tuple(
        UnicastRoute(
            prefix=route.prefix,
            source=_source(route),
            distance=route.distance,
            metric=0,
            next_hop=route.next_hop,
            interface=_interface(route, names, addresses),
            age_s=route.age_s,
        )
        for route in shown
    )
    return Unicast(table=table, addresses=addresses)


def _source(route: BirdTableRoute) -> Literal["connected", "static", "bgp", "dhcp"]:
    if route.source == "connected":
        return "connected"
    if route.source == "bgp":
        return "bgp"
    return "dhcp" if route.distance == DHCP_DISTANCE and route.prefix == _DEFAULT else "static"


def _interface(route: BirdTableRoute, names: Mapping[str, str], addresses: Mapping[str, IPv4Interface]) -> str | None:
    if route.interface == _LOOPBACK:
        return next((name for name, address in addresses.items() if address.network == route.prefix), None)
    return None if route.interface is None else names.get(route.interface, route.interface)


def printed(found: Unicast, intent: RouterIntent) -> Iterator[UnicastRoute]:
    """Yield the table as ``show ip route`` has it: with local host routes, and static routes as they were written."""
    written = {(route.prefix, route.next_hop): route.interface for route in intent.routes}
    for route in found.table:
        interface = route.interface
        if route.source in ("static", "dhcp") and route.next_hop is not None:
            interface = written.get((route.prefix, route.next_hop))
        yield replace(route, interface=interface)
        own = found.addresses.get(route.interface or "")
        if route.source == "connected" and own is not None and own.network.prefixlen < own.max_prefixlen:
            yield UnicastRoute(
                prefix=IPv4Network(own.ip),
                source="local",
                distance=0,
                metric=0,
                next_hop=None,
                interface=route.interface,
            )


def best_route(found: Unicast, address: IPv4Address) -> UnicastRoute | None:
    """Return the longest unicast route."""
    routes = (route for route in found.table if address in route.prefix)
    return max(routes, key=lambda route: route.prefix.prefixlen, default=None)


def reverse_path(address: IPv4Address, found: Unicast, mroutes: Sequence[StaticMroute]) -> RpfResult | None:
    """Return the reverse path as IOS computes it: the longest static mroute, unless the unicast route is nearer.

    Source: Cisco IOS IP Multicast Command Reference, ``ip mroute``: the default distance is 0, and where distances are
    equal the mroute wins. A mroute through an interface that is down or has no address is none.
    """
    route = best_route(found, address)
    static = _mroute(address, found, mroutes)
    if static is not None and (route is None or static.distance <= route.distance):
        return _through(static, found)
    if route is None or route.interface is None:
        return None
    kinds: dict[str, Literal["unicast (static)", "unicast (bgp)", "unicast (connected)"]] = {
        "connected": "unicast (connected)",
        "bgp": "unicast (bgp)",
    }
    return RpfResult(
        interface=route.interface,
        neighbor=route.next_hop,
        prefix=route.prefix,
        kind=kinds.get(route.source, "unicast (static)"),
    )


def _mroute(address: IPv4Address, found: Unicast, mroutes: Sequence[StaticMroute]) -> StaticMroute | None:
    usable = (each for each in mroutes if address in each.prefix and _through(each, found) is not None)
    return max(usable, key=lambda each: (each.prefix.prefixlen, -each.distance), default=None)


def _through(mroute: StaticMroute, found: Unicast) -> RpfResult | None:
    if isinstance(mroute.rpf, str):
        own = found.addresses.get(mroute.rpf)
        if own is None:
            return None
        interface, neighbor = mroute.rpf, other_end(own)
    else:
        towards = best_route(found, mroute.rpf)
        if towards is None or towards.interface is None:
            return None
        interface, neighbor = towards.interface, mroute.rpf
    return RpfResult(interface=interface, neighbor=neighbor, prefix=mroute.prefix, kind="multicast (static)")
