"""Causes in the VPN: tunnels and BGP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.names import site_stack_name
from mcastlab.verify.causes.rule import SHELL, cause, configuration_of
from mcastlab.verify.scene import line_of, lines_of, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcastlab.lab.model import Site
    from mcastlab.verify.model import Cause
    from mcastlab.verify.observations import RouterView
    from mcastlab.verify.scene import Scene, TunnelSight

    Told = tuple[str, str, str, str]
    """Key, why in words, the mending line, and where it is entered."""

DOWN: Final = ("vpn-tunnels", "bgp", "routes", "gre", "mtu", "pim-neighbors", "reverse-paths", "traffic")
ONE_LEFT: Final = ("vpn-tunnels", "bgp")


def tunnel_is_down(scene: Scene) -> Iterator[Cause]:
    """A tunnel is down, for a reason that its router or AWS shows."""
    for site in scene.sites:
        view, tunnels = scene.far_router(site), scene.tunnels(site)
        if view is None:
            continue
        by_reason: dict[Told, list[TunnelSight]] = {}
        for tunnel in tunnels:
            told = None if tunnel.up else next(filter(None, (why(scene, view, tunnel) for why in _REASONS)), None)
            if told is not None:
                by_reason.setdefault(told, []).append(tunnel)
        for (key, why, mend, where), down in by_reason.items():
            others = [each.interface for each in tunnels if each.up]
            names = " and ".join(each.interface for each in down)
            still = (
                f"; packets flow by {' and '.join(others)} alone, until AWS replaces that endpoint or the line fails"
                if others
                else f": no VPN tunnel of {site.name} is left"
            )
            verb = "is" if len(down) == 1 else "are"
            yield cause(
                key,
                f"{names} of {view.name} {verb} down, as {why}{still}",
                mend=mend,
                where=where,
                rungs=ONE_LEFT if others else DOWN,
                subjects=[each.subject for each in down],
                flows_still=bool(others),
            )


def _connection_unavailable(scene: Scene, _view: RouterView, tunnel: TunnelSight) -> Told | None:
    vpn = scene.aws.vpns.get(tunnel.site.name)
    if vpn is None or vpn.state == "available":
        return None
    why = f"its VPN connection {vpn.connection_id} is {vpn.state}"
    return (
        "vpn-connection-unavailable",
        why,
        scene.command.cdk("deploy", site_stack_name(scene.lab, tunnel.site.name)),
        SHELL,
    )


def _not_configured(scene: Scene, view: RouterView, tunnel: TunnelSight) -> Told | None:
    lines = lines_of(view, tunnel.interface)
    wanted = f"tunnel destination {tunnel.outside_address}"
    if lines is not None and wanted in lines:
        return None
    why = f"no tunnel interface has the destination {tunnel.outside_address}"
    return "vpn-not-configured", why, _configure(scene, tunnel.site), SHELL


def _outside_is_down(_scene: Scene, view: RouterView, tunnel: TunnelSight) -> Told | None:
    source = value_of(view, tunnel.interface, "tunnel source") or ""
    line = line_of(view, source)
    if line is None or (line.admin_up and line.protocol_up):
        return None
    state = "has no carrier" if line.admin_up else "is shut down"
    mend = f"interface {source}\n no shutdown" if not line.admin_up else f"connect {source}"
    return "wan-interface-down", f"{source}, which they leave by, {state}", mend, configuration_of(view.name)


def _shut_down(_scene: Scene, view: RouterView, tunnel: TunnelSight) -> Told | None:
    if tunnel.line is None or tunnel.line.admin_up:
        return None
    mend = f"interface {tunnel.interface}\n no shutdown"
    return "vpn-tunnel-shut-down", "its configuration there says `shutdown`", mend, configuration_of(view.name)


def _other_key(scene: Scene, view: RouterView, tunnel: TunnelSight) -> Told | None:
    if view.keys.get(str(tunnel.outside_address)) is not False:
        return None
    why = "the router's pre-shared key is another than the VPN connection's"
    return "vpn-other-key", why, _configure(scene, tunnel.site), SHELL


def _unprotected(scene: Scene, view: RouterView, tunnel: TunnelSight) -> Told | None:
    if value_of(view, tunnel.interface, "tunnel protection ipsec profile") is not None:
        return None
    why = f"{tunnel.interface} has no `tunnel protection`"
    return "vpn-unprotected", why, _configure(scene, tunnel.site), SHELL


_REASONS: Final[tuple[Callable[[Scene, RouterView, TunnelSight], Told | None], ...]] = (
    _connection_unavailable,
    _not_configured,
    _outside_is_down,
    _shut_down,
    _other_key,
    _unprotected,
)


def key_will_not_do(scene: Scene) -> Iterator[Cause]:
    """A tunnel is up whose keys differ: its association was made before one of them changed."""
    for site in scene.sites:
        view = scene.far_router(site)
        for tunnel in scene.tunnels(site):
            if view is not None and tunnel.up and view.keys.get(str(tunnel.outside_address)) is False:
                yield cause(
                    "vpn-other-key-later",
                    f"the pre-shared key for {tunnel.outside_address} on {view.name} is another than the VPN "
                    f"connection's: {tunnel.interface} is up by an association of before, and does not come back after "
                    "the next one",
                    mend=_configure(scene, site),
                    where=SHELL,
                    rungs=ONE_LEFT,
                    subjects=(tunnel.subject,),
                    flows_still=True,
                )


def bgp_is_down(scene: Scene) -> Iterator[Cause]:
    """A tunnel is up, and BGP does not run through it, for a reason that the router shows."""
    for site in scene.sites:
        view = scene.far_router(site)
        if view is None:
            continue
        for tunnel in scene.tunnels(site):
            told = _why_no_bgp(view, tunnel) if tunnel.up else None
            if told is None:
                continue
            still, (why, mend) = scene.bgp_up(site), told
            yield cause(
                "bgp-not-configured",
                f"BGP does not run through {tunnel.interface}: {view.name} {why}",
                mend=f"router bgp {site.router.asn}\n {mend}",
                where=configuration_of(view.name),
                rungs=("bgp",) if still else DOWN[1:],
                subjects=(tunnel.subject,),
                flows_still=still,
            )


def _why_no_bgp(view: RouterView, tunnel: TunnelSight) -> tuple[str, str] | None:
    """Return why in words, and the line that mends it."""
    right = f"neighbor {tunnel.neighbor} remote-as {tunnel.aws_asn}"
    if tunnel.bgp is None:
        return f"has no neighbour {tunnel.neighbor}", right
    if tunnel.bgp.remote_as != tunnel.aws_asn:
        return f"takes {tunnel.neighbor} for AS {tunnel.bgp.remote_as}, and the gateway is {tunnel.aws_asn}", right
    shut = any(
        line.text == f"neighbor {tunnel.neighbor} shutdown"
        for top in view.tree
        if top.text.startswith("router bgp ")
        for line in top.below
    )
    shutdown = f"neighbor {tunnel.neighbor} shutdown"
    return (f"has the neighbour {tunnel.neighbor} shut down", f"no {shutdown}") if shut else None


def _configure(scene: Scene, site: Site) -> str:
    return scene.command("configure", "--site", site.name)
