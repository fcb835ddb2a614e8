"""Causes in PIM: interfaces, rendezvous point, reverse paths, registers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.ios.access_lists import permits
from mcastlab.lab.design import roles
from mcastlab.lab.design.addresses import host_route
from mcastlab.lab.design.names import AWS_INTERFACE, GROUPS_ACCESS_LIST, LOOPBACK, aws_router_name
from mcastlab.lab.design.router_routes import LabRoutes
from mcastlab.verify import needs
from mcastlab.verify.causes.rule import cause, configuration_of, exec_of, listed
from mcastlab.verify.ladder.multicast import seen_places
from mcastlab.verify.observe import addresses_of
from mcastlab.verify.points import points_of
from mcastlab.verify.scene import line_of, lines_of, router_subject
from mcastlab.verify.static_lines import static_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address, IPv4Network

    from mcastlab.ios.configuration import ConfigLine
    from mcastlab.lab.design.routers import RouterDesign
    from mcastlab.lab.model import Site
    from mcastlab.verify.model import Cause
    from mcastlab.verify.needs import AskedPath
    from mcastlab.verify.observations import RouterView
    from mcastlab.verify.scene import Scene

NO_PIM: Final = ("pim-interfaces", "pim-neighbors", "rendezvous-point", "reverse-paths", "register-source", "igmp")


def routing_is_off(scene: Scene) -> Iterator[Cause]:
    """A router does not route multicast at all."""
    for place, view in _views(scene):
        if not _routes_multicast(view):
            yield cause(
                "multicast-routing-off",
                f"{view.name} does not route multicast at all",
                mend="ip multicast-routing distributed",
                where=configuration_of(view.name),
                rungs=(*NO_PIM, "domain", "traffic"),
                subjects=(router_subject(view.name, place.site),),
            )


def pim_is_off(scene: Scene) -> Iterator[Cause]:
    """An interface of the path is up and does not run PIM."""
    for place, view in _views(scene):
        running = {each.interface for each in view.pim_interfaces}
        for interface in place.pim_interfaces if _routes_multicast(view) else ():
            lines, line = lines_of(view, interface), line_of(view, interface)
            if interface in running or lines is None or line is None or not line.admin_up:
                continue
            if "ip pim sparse-mode" in lines:
                continue
            of_site = next((each for each in scene.lab.sites if each.gre_interface == interface), place.site)
            yield cause(
                "pim-off",
                f"PIM does not run on {interface} of {view.name}{_effect(place, interface)}",
                mend=f"interface {interface}\n ip pim sparse-mode",
                where=configuration_of(view.name),
                rungs=_fallen(place, interface),
                subjects=(router_subject(view.name, of_site),),
            )


def _effect(place: RouterDesign, interface: str) -> str:
    if interface.startswith("Tunnel"):
        return ": no join and no datagram passes GRE there"
    if interface == place.member_interface:
        return ": it hears no members there and registers no senders"
    return ", the rendezvous point's own" if place.site is None else ", from which it registers"


def _fallen(place: RouterDesign, interface: str) -> tuple[str, ...]:
    if interface.startswith("Tunnel"):
        return ("pim-interfaces", "pim-neighbors", "traffic")
    return ("pim-interfaces", "igmp", *(("domain",) if place.site is None else ()), "register-source", "traffic")


def rendezvous_points_differ(scene: Scene) -> Iterator[Cause]:
    """A router has another rendezvous point than the AWS router's loopback for some group, or none."""
    point = scene.lab.rendezvous_point
    for place, view in _views(scene):
        wrong = [(group, has) for group, has in points_of(scene.lab, view) if has != point]
        if not wrong or not _routes_multicast(view):
            continue
        groups = listed(str(group.address) for group, _ in wrong)
        has = next((has for _, has in wrong), None)
        mapped = any(mapping.rp == point for mapping in view.rp_mappings)
        lines = [f"ip pim rp-address {point} {GROUPS_ACCESS_LIST}"]
        if has is not None:
            lines = [*(f"no {line.text}" for line in _rp_lines(view, has)), *lines]
        elif mapped:
            shut = [
                str(group.address) for group, _ in wrong if not permits(view.tree, GROUPS_ACCESS_LIST, group.address)
            ]
            lines = [f"ip access-list standard {GROUPS_ACCESS_LIST}", *(f" permit {address}" for address in shut)]
        said = "no rendezvous point" if has is None else f"the rendezvous point {has}"
        yield cause(
            "rendezvous-point-differs",
            f"{view.name} has {said} for {groups}, and the AWS router's loopback {point} is the others': joins and "
            "registers do not meet",
            mend="\n".join(lines),
            where=configuration_of(view.name),
            rungs=("rendezvous-point", "register-source", "reverse-paths", "traffic"),
            subjects=(router_subject(view.name, place.site),),
        )


def _rp_lines(view: RouterView, point: IPv4Address) -> list[ConfigLine]:
    return [line for line in view.tree if line.text.startswith(f"ip pim rp-address {point}")]


def reverse_path_is_wrong(scene: Scene) -> Iterator[Cause]:
    """A router looks back by an interface on which the datagrams or joins do not come, for want of an mroute."""
    wrong: dict[tuple[str, str, str], list[AskedPath]] = {}
    for path in needs.reverse_paths(scene.lab, addresses_of(scene.seen.aws)):
        view = scene.seen.routers.get(path.router)
        if view is None or (scene.only is not None and path.site not in {None, scene.only}):
            continue
        # An mroute that stands is not to blame: its interface is down, and why is told elsewhere. Where the tunnel is
        # missing, its mroutes went with it.
        if lines_of(view, path.interface) is None:
            continue
        if path.address in view.rpf and not _holds(view, path) and _chosen(view, path.address) != path.interface:
            needed = _needed(scene, path)
            wrong.setdefault((path.router, path.site or "", str(needed)), []).append(path)
    for (router, _, _), paths in wrong.items():
        yield _reverse_cause(scene, scene.seen.routers[router], paths)


def _holds(view: RouterView, path: AskedPath) -> bool:
    found = view.rpf[path.address]
    return found is not None and found.interface == path.interface


def _reverse_cause(scene: Scene, view: RouterView, paths: list[AskedPath]) -> Cause:
    first = paths[0]
    found, needed = view.rpf[first.address], _needed(scene, first)
    runs_pim = {each.interface for each in view.pim_interfaces}
    if found is None:
        points = "leads nowhere"
    else:
        without = "" if found.interface in runs_pim else ", where PIM does not run"
        points = f"points to {found.interface}{without}"
    of = listed(f"{path.address} ({path.towards})" for path in paths)
    blame = _mroute_lines(view, first.address)
    taken_out = [f"no {line}" for line, interface in blame if interface != first.interface]
    put_in = f"ip mroute {needed.network_address} {needed.netmask} {first.interface}"
    connected = first.interface in {AWS_INTERFACE, *(site.router.lan.interface for site in scene.lab.sites)}
    lines = [*taken_out, *(() if connected else (put_in,))]
    because = f" by `{blame[0][0]}`" if taken_out else ""
    wants = f"; it needs `{put_in}`" if not connected else f"; it has to point to {first.interface}"
    site = next((each for each in scene.lab.sites if each.name == first.site), None)
    return cause(
        "reverse-path-wrong",
        f"{view.name}'s RPF for {of} {points}{because}{wants}",
        mend="\n".join(lines) or f"show ip route {first.address}",
        where=configuration_of(view.name) if lines else exec_of(view.name),
        rungs=("reverse-paths", "traffic"),
        subjects=(router_subject(view.name, site),),
    )


def _needed(scene: Scene, path: AskedPath) -> IPv4Network:
    """Return the network that the design's mroute for an address has."""
    lab = scene.lab
    site = next((each for each in lab.sites if each.gre_interface == path.interface), None)
    if site is None:
        return host_route(path.address)
    routes = LabRoutes(lab)
    tables = routes.aws_router() if path.router == aws_router_name(lab) else routes.far_router(site)
    route = tables.mroutes.towards(path.address)
    return host_route(path.address) if route is None else route.network


def _mroute_lines(view: RouterView, address: IPv4Address) -> list[tuple[str, str]]:
    """Return the router's mroutes for an address with their interfaces, the longest match first."""
    return [(text, towards) for _, text, towards in sorted(static_lines(view, "mroute", address), reverse=True)]


def _chosen(view: RouterView, address: IPv4Address) -> str | None:
    """Return where the router's own mroutes would send it, or None where it has none for the address."""
    return next((interface for _, interface in _mroute_lines(view, address)), None)


def register_source_is_wrong(scene: Scene) -> Iterator[Cause]:
    """A far router registers from an address that the VPC cannot answer."""
    for site in scene.sites:
        view = scene.far_router(site)
        if view is None or not roles.elsewhere(scene.lab, site):
            continue
        tunnel = next(
            (each for each in view.pim_tunnels if not each.decap and each.rp == scene.lab.rendezvous_point), None
        )
        configured = any(line.text == f"ip pim register-source {LOOPBACK}" for line in view.tree)
        if tunnel is None or tunnel.source == site.router.loopback or configured:
            continue
        yield _register_cause(view, site, tunnel.source)


def _register_cause(view: RouterView, site: Site, source: IPv4Address | None) -> Cause:
    return cause(
        "register-source-wrong",
        f"{view.name} registers from {source or 'no address'}, which neither the AWS router's security group nor the "
        f"VPC's routes know: senders of {site.name} do not reach the VPC",
        mend=f"ip pim register-source {LOOPBACK}",
        where=configuration_of(view.name),
        rungs=("register-source", "traffic"),
        subjects=(router_subject(view.name, site),),
    )


def _views(scene: Scene) -> Iterator[tuple[RouterDesign, RouterView]]:
    for place in seen_places(scene):
        view = scene.seen.routers.get(place.name)
        if view is not None:
            yield place, view


def _routes_multicast(view: RouterView) -> bool:
    return any(line.text.startswith("ip multicast-routing") for line in view.tree)
