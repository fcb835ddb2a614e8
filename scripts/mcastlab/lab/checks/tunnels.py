"""GRE and VPN tunnels: their networks and numbers, what is reached through them, and what fits."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Final

from mcastlab.lab import generated
from mcastlab.lab.checks.finding import design_check, error, note
from mcastlab.lab.design.addresses import GRE_PREFIX
from mcastlab.lab.design.names import AWS_INTERFACE, AWS_ROUTER
from mcastlab.lab.design.reverse_paths import failing_rpf
from mcastlab.lab.design.router_routes import LabRoutes
from mcastlab.lab.design.sizes import GRE_OVERHEAD, budget_of, ttl_needed
from mcastlab.lab.generated import gre_tunnel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.checks.finding import Observation
    from mcastlab.lab.model import Lab, Site

FIRST_SAFE_TUNNEL: Final = 10

SMALLEST_GRE_MTU: Final = 576
"""What every host must be able to receive. Source: RFC 791, section 3.1."""

INSIDE_PREFIX: Final = 30
INSIDE_SPACE: Final = IPv4Network("169.254.0.0/16")
INSIDE_KEPT: Final = (
    *(IPv4Network(f"169.254.{third}.0/30") for third in range(6)),
    IPv4Network("169.254.169.252/30"),
)


@design_check("mcastlab: a GRE tunnel has two ends; RFC 3021 allows /31, which older IOS-XE tunnels do not take")
def gre_network_has_two_ends(lab: Lab) -> Iterator[Observation]:
    """Every GRE network is a /30."""
    for site in lab.sites:
        if site.gre.prefixlen != GRE_PREFIX:
            meant = IPv4Network((site.gre.network_address, GRE_PREFIX), strict=False)
            yield error(f"sites[{site.name}].gre", f"{site.gre} is no /{GRE_PREFIX}", f"write gre: {meant}")


@design_check("Cisco IOS IP multicast: PIM takes the lowest free tunnel numbers for registering")
def tunnel_numbers_are_free(lab: Lab) -> Iterator[Observation]:
    """GRE tunnels have numbers that neither PIM nor the VPN nor another site takes."""
    owners: dict[int, str] = {}
    numbers = {site.name: site.number for site in lab.sites}
    for site in lab.sites:
        path, number = f"sites[{site.name}].gre_tunnel", site.gre_tunnel
        hint = f"write gre_tunnel: {gre_tunnel(site.number)}"
        owner = owners.setdefault(number, site.name)
        if number < FIRST_SAFE_TUNNEL:
            yield error(path, f"PIM may take Tunnel{number} for registering, and IOS then refuses it", hint)
        elif number in site.router.tunnel_numbers:
            yield error(path, f"Tunnel{number} is the VPN's own interface on the remote router", hint)
        elif owner != site.name and numbers[owner] != site.number:
            yield error(path, f"the AWS router has Tunnel{number} for {owner}", hint)
        yield from _vpn_numbers(site)


def _vpn_numbers(site: Site) -> Iterator[Observation]:
    path, numbers = f"sites[{site.name}].router.tunnel_numbers", site.router.tunnel_numbers
    hint = "write two numbers from 10 on, such as tunnel_numbers: [111, 112]"
    for number in numbers:
        if number < FIRST_SAFE_TUNNEL:
            yield error(path, f"PIM may take Tunnel{number} for registering, and IOS then refuses it", hint)
    if len(set(numbers)) < len(numbers):
        yield error(path, f"both VPN tunnels have the interface Tunnel{numbers[0]}", hint)


@design_check("AWS Site-to-Site VPN user guide, Tunnel options, Inside tunnel IPv4 CIDR")
def inside_networks_can_be_had(lab: Lab) -> Iterator[Observation]:
    """Tunnel insides are /30s of 169.254.0.0/16 that AWS does not keep."""
    for site in lab.sites:
        share = generated.inside_networks(site.number)
        for index, inside in enumerate(site.tunnels):
            path = f"sites[{site.name}].tunnels[{index}]"
            if inside.prefixlen != INSIDE_PREFIX or not inside.subnet_of(INSIDE_SPACE):
                yield error(path, f"{inside} is no /{INSIDE_PREFIX} of {INSIDE_SPACE}", f"write {share[index]}")
            elif inside in INSIDE_KEPT:
                yield error(path, f"AWS keeps {inside}", f"write {share[index]}")


@design_check("Cisco, Recursive routing causes the tunnel to flap (%TUN-5-RECURDOWN)")
def gre_ends_are_reached_outside_gre(lab: Lab) -> Iterator[Observation]:
    """Both routers reach the other end of a GRE tunnel over the VPN, not through the tunnel itself."""
    routes = LabRoutes(lab)
    aws = routes.aws_router()
    gre = {site.gre_interface for site in lab.sites}
    for site in lab.sites:
        ends = (
            (f"sites[{site.name}].router.loopback", aws, site.router.loopback, AWS_INTERFACE),
            ("router.loopback", routes.remote_router(site), lab.router.loopback, site.router.vpn_interfaces[0]),
        )
        for path, tables, end, expected in ends:
            route = tables.unicast.towards(end)
            if route is None or route.interface == expected:
                continue
            why = "through GRE itself, which takes the tunnel down" if route.interface in gre else "not over the VPN"
            yield error(
                path,
                f"{tables.router} reaches the GRE end {end} by {route.interface} ({route.network}): {why}",
                "write a loopback outside every network that the routers are connected to",
            )


@design_check("RFC 7761, section 4.2; Cisco, Configuring static multicast routes")
def reverse_paths_are_the_tunnels(lab: Lab) -> Iterator[Observation]:
    """Towards every sender and the rendezvous point, RPF gives the interface that the datagrams come by."""
    for prediction in failing_rpf(lab):
        path, route = prediction.path, prediction.route
        by = "nothing" if route is None else f"{route.interface} ({route.origin}, {route.network})"
        yield error(
            "router" if path.router == AWS_ROUTER else f"sites[{path.site}].router",
            f"RPF on {path.router} towards {prediction.address} ({path.source}) gives {by}, not "
            f"{path.interface}: its datagrams are dropped",
            "give the network that is in the way another block",
        )


@design_check("AWS Site-to-Site VPN, Best practices (MTU by algorithm); RFC 2784; AWS Transit Gateway, Multicast")
def datagrams_fit_the_tunnels(lab: Lab) -> Iterator[Observation]:
    """The GRE tunnel's MTU fits into ESP, and what is larger than it allows is lost: fragments are dropped."""
    seen: set[tuple[int, int]] = set()
    for site in lab.sites:
        sizes = budget_of(lab, site)
        if not SMALLEST_GRE_MTU <= sizes.gre_mtu <= sizes.vpn_mtu - GRE_OVERHEAD:
            yield error(
                "vpn", f"GRE's MTU {sizes.gre_mtu} does not fit ESP's {sizes.vpn_mtu}", "choose GCM or SHA2-256"
            )
        if (sizes.vpn_mtu, sizes.gre_mtu) in seen:
            continue
        seen.add((sizes.vpn_mtu, sizes.gre_mtu))
        nat = ", through a NAT" if site.router.behind_nat else ""
        yield note(
            "vpn",
            f"ESP takes {sizes.vpn_mtu} octets{nat}, GRE {sizes.gre_mtu}: a datagram may carry "
            f"{sizes.largest_udp_payload}",
            f"send at most {sizes.largest_udp_payload} octets of payload (iperf -l 1300, not its usual 1470)",
        )


@design_check("RFC 1112, section 6.1: multicast leaves with a TTL of 1 unless its sender says otherwise")
def datagrams_live_long_enough(lab: Lab) -> Iterator[Observation]:
    """Senders give their datagrams a TTL that outlasts the routers on the way."""
    needed = ttl_needed(lab)
    if needed > 1:
        yield note(
            "groups",
            f"{needed - 1} routers are on the longest way, so datagrams need a TTL of {needed} at least",
            "send with a TTL of 32 (iperf -T 32); most senders' own is 1",
        )
