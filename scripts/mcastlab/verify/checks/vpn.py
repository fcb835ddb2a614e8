"""The checks of the VPN: its tunnels, and BGP through them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.ios.configuration import ACTIVE, FAMILY, NOT_ACTIVE_BY_DEFAULT
from mcastlab.lab.design.names import site_stack_name
from mcastlab.verify.checks.check import CheckKey, above, check, finding, unreached
from mcastlab.verify.checks.diagnosis import SHELL, RootCause, configuration_of, diagnosis
from mcastlab.verify.findings import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcastlab.lab.model import Site
    from mcastlab.verify.findings import Diagnosis, Finding
    from mcastlab.verify.snapshot.lab import Snapshot, TunnelEnds
    from mcastlab.verify.snapshot.routers import ObservedRouter

    Reason = tuple[RootCause, str, str, str]
    """The root cause, the same in words, the fix, and where it is typed."""


@check(
    CheckKey.VPN_TUNNELS, "Both VPN tunnels of every site are up", "AWS Site-to-Site VPN user guide, Tunnel redundancy"
)
def tunnels_are_up(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """Each tunnel is up at both of its ends."""
    for site in snapshot.sites:
        tunnels = snapshot.tunnels(site)
        if not tunnels:
            subject = Subject(kind="vpn_tunnel", name="both", site=site.name)
            yield unreached(subject, "both tunnels are up", "deployment's facts are not known")
        for tunnel in tunnels:
            yield finding(
                tunnel.subject,
                f"tunnel {tunnel.number} to {tunnel.outside_address} is up at both ends",
                _seen(tunnel),
                holds=tunnel.up,
                where="ec2 describe-vpn-connections; show crypto ikev2 sa; show ip interface brief",
            )
        router = snapshot.remote_router(site)
        if router is not None and not snapshot.is_bare(router):
            yield from _down(snapshot, router, site, tunnels)
            yield from _keys_differ(snapshot, router, tunnels)


def _seen(tunnel: TunnelEnds) -> str:
    words = []
    if tunnel.aws is not None:
        message = f" ({tunnel.aws.message})" if tunnel.aws.message else ""
        words.append(f"AWS says {'UP' if tunnel.aws.up else 'DOWN'}{message}")
    if tunnel.line is not None:
        line = "up" if tunnel.line_up else "down" if tunnel.line.admin_up else "shut down"
        ike = "none" if tunnel.ike is None else tunnel.ike.status
        words.append(f"{tunnel.interface} is {line}, IKEv2 {ike}")
    return "; ".join(words) or "nothing was reported of it"


def _down(snapshot: Snapshot, router: ObservedRouter, site: Site, tunnels: Sequence[TunnelEnds]) -> Iterator[Diagnosis]:
    """Say why tunnels are down, as far as their router or AWS shows it; those with one reason have one diagnosis."""
    by_reason: dict[Reason, list[TunnelEnds]] = {}
    for tunnel in tunnels:
        if not tunnel.up and (reason := next(_reasons(snapshot, router, tunnel), None)):
            by_reason.setdefault(reason, []).append(tunnel)
    others = [each.interface for each in tunnels if each.up]
    still = (
        f"; packets flow by {' and '.join(others)} alone, until AWS replaces that endpoint or the line fails"
        if others
        else f": no VPN tunnel of {site.name} is left"
    )
    for (key, why, fix, where), down in by_reason.items():
        names = " and ".join(each.interface for each in down)
        yield diagnosis(
            key,
            f"{names} of {router.name} {'is' if len(down) == 1 else 'are'} down, as {why}{still}",
            fix=fix,
            where=where,
            explains=(CheckKey.VPN_TUNNELS, CheckKey.BGP) if others else above(CheckKey.VPN_TUNNELS),
            subjects=[each.subject for each in down],
            flows_still=bool(others),
        )


def _reasons(snapshot: Snapshot, router: ObservedRouter, tunnel: TunnelEnds) -> Iterator[Reason]:
    """Yield why a tunnel may be down, the most fundamental reason first."""
    configure, here = _configure(snapshot, tunnel.site), configuration_of(router.name)
    vpn = snapshot.aws.vpns.get(tunnel.site.name)
    if vpn is not None and vpn.state != "available":
        deploy = snapshot.command.cdk("deploy", site_stack_name(snapshot.lab, tunnel.site.name))
        why = f"its VPN connection {vpn.connection_id} is {vpn.state}"
        yield RootCause.VPN_CONNECTION_UNAVAILABLE, why, deploy, SHELL
    if f"tunnel destination {tunnel.outside_address}" not in (router.lines(tunnel.interface) or ()):
        why = f"no tunnel interface has the destination {tunnel.outside_address}"
        yield RootCause.VPN_NOT_CONFIGURED, why, configure, SHELL
    source = router.value(tunnel.interface, "tunnel source") or ""
    wan = router.interface(source)
    if wan is not None and not (wan.admin_up and wan.protocol_up):
        why = f"{source}, which they leave by, {'has no carrier' if wan.admin_up else 'is shut down'}"
        fix = f"connect {source}" if wan.admin_up else f"interface {source}\n no shutdown"
        yield RootCause.WAN_INTERFACE_DOWN, why, fix, here
    if tunnel.line is not None and not tunnel.line.admin_up:
        fix = f"interface {tunnel.interface}\n no shutdown"
        yield RootCause.VPN_TUNNEL_SHUT_DOWN, "its configuration there says `shutdown`", fix, here
    if router.keys.get(str(tunnel.outside_address)) is False:
        why = "the router's pre-shared key is another than the VPN connection's"
        yield RootCause.VPN_OTHER_KEY, why, configure, SHELL
    if router.value(tunnel.interface, "tunnel protection ipsec profile") is None:
        yield RootCause.VPN_UNPROTECTED, f"{tunnel.interface} has no `tunnel protection`", configure, SHELL


def _keys_differ(snapshot: Snapshot, router: ObservedRouter, tunnels: Sequence[TunnelEnds]) -> Iterator[Diagnosis]:
    """Say that a tunnel is up whose keys differ: its association was made before one of them changed."""
    for tunnel in tunnels:
        if tunnel.up and router.keys.get(str(tunnel.outside_address)) is False:
            yield diagnosis(
                RootCause.VPN_OTHER_KEY_LATER,
                f"the pre-shared key for {tunnel.outside_address} on {router.name} is another than the VPN "
                f"connection's: {tunnel.interface} is up by an earlier association, and does not come back after "
                "the next one",
                fix=_configure(snapshot, tunnel.site),
                where=SHELL,
                explains=(CheckKey.VPN_TUNNELS, CheckKey.BGP),
                subjects=(tunnel.subject,),
                flows_still=True,
            )


def _configure(snapshot: Snapshot, site: Site) -> str:
    return snapshot.command("configure", "--site", site.name)


@check(
    CheckKey.BGP,
    "BGP is established through every tunnel",
    "AWS Site-to-Site VPN user guide, Routing options; RFC 4271",
)
def bgp_is_established(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """Each tunnel that is up carries a BGP session that has learnt routes."""
    for site in snapshot.sites:
        router = snapshot.remote_router(site)
        for tunnel in snapshot.tunnels(site):
            subject = Subject(kind="bgp", name=str(tunnel.neighbor), site=site.name)
            expected = f"BGP with {tunnel.neighbor} is established and has learnt routes"
            if router is None:
                yield unreached(subject, expected, "the remote router does not answer")
            elif not tunnel.up:
                yield unreached(subject, expected, f"{tunnel.interface} is not up")
            else:
                peer = tunnel.bgp
                seen = "no such neighbour" if peer is None else f"{peer.state}, {peer.prefixes or 0} prefixes"
                holds = peer is not None and bool(peer.prefixes)
                yield finding(subject, expected, seen, holds=holds, where="show ip bgp summary")
                if not snapshot.is_bare(router):
                    yield from _no_bgp(snapshot, router, tunnel)


def _no_bgp(snapshot: Snapshot, router: ObservedRouter, tunnel: TunnelEnds) -> Iterator[Diagnosis]:
    """Say why BGP does not run through a tunnel that is up, as far as the router shows it."""
    neighbor, peer = tunnel.neighbor, tunnel.bgp
    fix, shutdown = f"neighbor {neighbor} remote-as {tunnel.aws_asn}", f"neighbor {neighbor} shutdown"
    inactive = {NOT_ACTIVE_BY_DEFAULT, f"no neighbor {neighbor}{ACTIVE}"} & router.bgp_lines()
    if peer is None and fix in router.bgp_lines() and inactive:
        why, fix = f"does not make its neighbour {neighbor} active", f"{FAMILY}\n  neighbor {neighbor}{ACTIVE}"
    elif peer is None:
        why = f"has no neighbour {neighbor}"
    elif peer.remote_as != tunnel.aws_asn:
        why = f"takes {neighbor} for AS {peer.remote_as}, and the gateway is {tunnel.aws_asn}"
    elif shutdown in router.bgp_lines():
        why, fix = f"has the neighbour {neighbor} shut down", f"no {shutdown}"
    else:
        return
    still = snapshot.bgp_up(tunnel.site)
    yield diagnosis(
        RootCause.BGP_NOT_CONFIGURED,
        f"BGP does not run through {tunnel.interface}: {router.name} {why}",
        fix=f"router bgp {tunnel.site.router.asn}\n {fix}",
        where=configuration_of(router.name),
        explains=(CheckKey.BGP,) if still else above(CheckKey.BGP),
        subjects=(tunnel.subject,),
        flows_still=still,
    )
