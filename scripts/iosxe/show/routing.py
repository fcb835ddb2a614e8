"""``show ip route``, ``show ip bgp summary`` and ``show ip rpf``."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from itertools import groupby
from typing import TYPE_CHECKING, Final

from iosxe.config.interfaces import class_length
from iosxe.show.ages import age

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from iosxe.state import LiveBgpPeer, RpfResult, UnicastRoute

ROUTE_CODES: Final = """\
Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP
       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area\x20
       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2
       E1 - OSPF external type 1, E2 - OSPF external type 2, m - OMP
       n - NAT, Ni - NAT inside, No - NAT outside, Nd - NAT DIA
       i - IS-IS, su - IS-IS summary, L1 - IS-IS level-1, L2 - IS-IS level-2
       ia - IS-IS inter area, * - candidate default, U - per-user static route
       H - NHRP, G - NHRP registered, g - NHRP registration summary
       o - ODR, P - periodic downloaded static route, l - LISP
       a - application route
       + - replicated route, % - next hop override, p - overrides from PfR
       & - replicated local route overrides by connected

"""
CODES: Final = {"connected": "C", "local": "L", "static": "S", "bgp": "B", "dhcp": "S"}
DEFAULT: Final = IPv4Network("0.0.0.0/0")


def ip_route(routes: Iterable[UnicastRoute]) -> str:
    """Return the unicast routing table, under a heading for each classful network that is subnetted."""
    ordered = sorted(routes, key=lambda route: (_major(route.prefix), route.prefix))
    gateway = next((route.next_hop for route in ordered if route.prefix == DEFAULT and route.next_hop), None)
    last_resort = f"is {gateway} to network 0.0.0.0" if gateway is not None else "is not set"
    lines = [f"Gateway of last resort {last_resort}", ""]
    for major, group in groupby(ordered, key=lambda route: _major(route.prefix)):
        lines.extend(_network(major, list(group)))
    return ROUTE_CODES + "\n".join(lines) + "\n"


def _major(prefix: IPv4Network) -> IPv4Network:
    """Return the classful network that a prefix is a part of, or the prefix itself where it is larger."""
    length = class_length(prefix.network_address)
    return prefix if prefix.prefixlen <= length else prefix.supernet(new_prefix=length)


def _network(major: IPv4Network, routes: list[UnicastRoute]) -> Iterator[str]:
    masks = {route.prefix.prefixlen for route in routes}
    if masks == {major.prefixlen}:
        yield from (line for route in routes for line in _route(route, f"{route.prefix}"))
        return
    subnets = len({route.prefix for route in routes})
    if len(masks) == 1:
        yield f"      {major.network_address}/{masks.pop()} is subnetted, {subnets} subnets"
    else:
        yield f"      {major} is variably subnetted, {subnets} subnets, {len(masks)} masks"
    for route in routes:
        yield from _route(route, f"   {route.prefix}")


def _route(route: UnicastRoute, prefix: str) -> Iterator[str]:
    star = "*" if route.prefix == DEFAULT else ""
    code = f"{CODES[route.source]}{star}"
    if route.next_hop is None:
        yield f"{code:<6}{prefix:<0} is directly connected, {route.interface}"
        return
    through = f", {route.interface}" if route.interface is not None and route.source != "bgp" else ""
    since = f", {age(route.age_s)}" if route.source == "bgp" else ""
    yield f"{code:<6}{prefix} [{route.distance}/{route.metric}] via {route.next_hop}{since}{through}"


def ip_route_to(route: UnicastRoute | None, asn: str, remote: str) -> str:
    """Return the route that an address takes, by this AS from that one; IOS does not show the default route for it.

    Source: Cisco IOS IP Routing Command Reference, ``show ip route`` with an address.
    """
    if route is None:
        return "% Network not in table\n"
    known = f"bgp {asn}" if route.source == "bgp" else "connected" if route.next_hop is None else "static"
    notes = " (connected, via interface)" if known == "connected" else ""
    lines = [
        f"Routing entry for {route.prefix}",
        f'  Known via "{known}", distance {route.distance}, metric {route.metric}{notes}',
    ]
    if route.source == "bgp":
        since = age(route.age_s)
        lines += [f"  Tag {remote}, type external", f"  Last update from {route.next_hop} {since} ago"]
        way = f"{route.next_hop}, from {route.next_hop}, {since} ago"
    elif route.next_hop is None:
        way = f"directly connected, via {route.interface}"
    else:
        way = f"{route.next_hop}" + (f", via {route.interface}" if route.interface is not None else "")
    lines += [
        "  Routing Descriptor Blocks:",
        f"  * {way}",
        f"      Route metric is {route.metric}, traffic share count is 1",
    ]
    if route.source == "bgp":
        lines += ["      AS Hops 1", f"      Route tag {remote}", "      MPLS label: none"]
    return "\n".join(lines) + "\n"


def bgp_summary(
    router_id: IPv4Address | None, asn: int, peers: Iterable[LiveBgpPeer], written: Callable[[int], str]
) -> str:
    """Return the neighbours of BGP, with AS numbers as they are written."""
    lines = [
        f"BGP router identifier {router_id or IPv4Address(0)}, local AS number {written(asn)}",
        "BGP table version is 1, main routing table version 1",
        "",
        "Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd",
    ]
    for peer in peers:
        established = peer.prefixes is not None
        since = age(peer.since_s) if established or peer.since_s else "never"
        state = f"{peer.prefixes:>8}" if established else peer.state
        lines.append(
            f"{peer.address!s:<15} 4 {written(peer.remote_as):>12} {peer.messages_received:>7} {peer.messages_sent:>7}"
            f" {1:>8} {0:>4} {0:>4} {since:<8} {state}"
        )
    return "\n".join(lines) + "\n"


def ip_rpf(address: IPv4Address, result: RpfResult | None, asn: str | None) -> str:
    """Return the reverse path to an address, with where it comes from: the table, and the process that brought it."""
    if result is None:
        return f" RPF information for ? ({address}) failed, no route exists\n"
    direct = "" if result.neighbor is not None else " - directly connected"
    kind = f"unicast (bgp {asn})" if result.kind == "unicast (bgp)" else result.kind
    origin = ", originated from ipv4 unicast base" if kind.startswith("unicast") else ""
    return (
        f"RPF information for ? ({address})\n"
        f"  RPF interface: {result.interface}\n"
        f"  RPF neighbor: ? ({result.neighbor or address}){direct}\n"
        f"  RPF route/mask: {result.prefix}\n"
        f"  RPF type: {kind}\n"
        "  Doing distance-preferred lookups across tables\n"
        f"  RPF topology: ipv4 multicast base{origin}\n"
    )
