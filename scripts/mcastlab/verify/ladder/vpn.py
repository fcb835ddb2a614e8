"""Rungs of the unicast way: VPN tunnels, BGP, and the routes of VPC and gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.verify.ladder.cloud import NO_AWS
from mcastlab.verify.ladder.rung import finding, step, unreached
from mcastlab.verify.model import Subject
from mcastlab.verify.routing import gateway_routes, vpc_routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.verify.model import Finding
    from mcastlab.verify.scene import Scene, TunnelSight


@step("vpn-tunnels", "Both VPN tunnels of every site are up", "AWS Site-to-Site VPN user guide, Tunnel redundancy")
def tunnels_are_up(scene: Scene) -> Iterator[Finding]:
    """Each tunnel is up at both of its ends."""
    for site in scene.sites:
        tunnels = scene.tunnels(site)
        if not tunnels:
            subject = Subject(kind="vpn-tunnel", name="both", site=site.name)
            yield unreached(subject, "both tunnels are up", "deployment's facts are not known")
        for tunnel in tunnels:
            yield finding(
                tunnel.subject,
                f"tunnel {tunnel.number} to {tunnel.outside_address} is up at both ends",
                _seen(tunnel),
                holds=tunnel.up,
                where="ec2 describe-vpn-connections; show crypto ikev2 sa; show ip interface brief",
            )


def _seen(tunnel: TunnelSight) -> str:
    words = []
    if tunnel.aws is not None:
        message = f" ({tunnel.aws.message})" if tunnel.aws.message else ""
        words.append(f"AWS says {'UP' if tunnel.aws.up else 'DOWN'}{message}")
    if tunnel.line is not None:
        line = "up" if tunnel.line_up else "down" if tunnel.line.admin_up else "shut down"
        ike = "none" if tunnel.ike is None else tunnel.ike.status
        words.append(f"{tunnel.interface} is {line}, IKEv2 {ike}")
    return "; ".join(words) or "nothing was told of it"


@step("bgp", "BGP is established through every tunnel", "AWS Site-to-Site VPN user guide, Routing options; RFC 4271")
def bgp_is_established(scene: Scene) -> Iterator[Finding]:
    """Each tunnel that is up carries a BGP session that has learnt routes."""
    for site in scene.sites:
        view = scene.far_router(site)
        for tunnel in scene.tunnels(site):
            subject = Subject(kind="bgp", name=str(tunnel.neighbor), site=site.name)
            expected = f"BGP with {tunnel.neighbor} is established and has learnt routes"
            if view is None:
                yield unreached(subject, expected, "the far router does not answer")
            elif not tunnel.up:
                yield unreached(subject, expected, f"{tunnel.interface} is not up")
            else:
                peer = tunnel.bgp
                seen = "no such neighbour" if peer is None else f"{peer.state}, {peer.prefixes or 0} prefixes"
                holds = peer is not None and bool(peer.prefixes)
                yield finding(subject, expected, seen, holds=holds, where="show ip bgp summary")


@step(
    "routes", "Routes lead both ways", "AWS VPC user guide, Route tables; AWS Transit Gateway, Route evaluation order"
)
def routes_lead_both_ways(scene: Scene) -> Iterator[Finding]:
    """The VPC's tables lead to the router's loopback and to the far sites; the gateway's lead back and forth."""
    if scene.seen.aws is None or scene.facts is None or scene.aws.domain is None:
        yield unreached(Subject(kind="gateway", name=scene.lab.name), "routes lead both ways", NO_AWS)
        return
    for need in (*vpc_routes(scene), *gateway_routes(scene)):
        expected = f"{need.network} leads to {need.towards}"
        if need.waits_for:
            yield unreached(need.subject, expected, need.waits_for)
        else:
            yield finding(need.subject, expected, need.seen, holds=need.holds, where=need.where)
