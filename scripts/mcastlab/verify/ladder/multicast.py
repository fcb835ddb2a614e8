"""Rungs of PIM: interfaces, neighbours, rendezvous point, reverse paths, registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.lab.design import roles
from mcastlab.lab.design.addresses import gre_addresses
from mcastlab.lab.design.routers import designed_routers
from mcastlab.verify import needs
from mcastlab.verify.ladder.overlay import ends
from mcastlab.verify.ladder.rung import finding, step, unreached
from mcastlab.verify.model import Subject
from mcastlab.verify.observe import addresses_of
from mcastlab.verify.points import points_of
from mcastlab.verify.scene import router_subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.ios.show.multicast import Rpf
    from mcastlab.lab.design.routers import RouterDesign
    from mcastlab.verify.model import Finding
    from mcastlab.verify.scene import Scene

SILENT = "the router does not answer"


def seen_places(scene: Scene) -> Iterator[RouterDesign]:
    """Yield the place of every router that was to be looked at."""
    for place in designed_routers(scene.lab):
        if place.site is None or place.site in scene.sites:
            yield place


@step("pim-interfaces", "PIM runs on every interface of the path", "RFC 7761, section 4.3; Cisco, ip pim sparse-mode")
def pim_runs(scene: Scene) -> Iterator[Finding]:
    """Multicast routing is on, and each interface that datagrams or joins pass runs PIM sparse mode."""
    for place in seen_places(scene):
        subject, view = router_subject(place.name, place.site), scene.seen.routers.get(place.name)
        if view is None:
            yield unreached(subject, "PIM runs on every interface of the path", SILENT)
            continue
        on = any(line.text.startswith("ip multicast-routing") for line in view.tree)
        yield finding(subject, "multicast routing is on", "on" if on else "off", holds=on, where="show running-config")
        running = {each.interface for each in view.pim_interfaces}
        for interface in place.pim_interfaces:
            yield finding(
                subject,
                f"PIM runs on {interface}",
                "it does" if interface in running else f"only on {', '.join(sorted(running)) or 'no interface'}",
                holds=interface in running,
                where="show ip pim interface",
            )


@step("pim-neighbors", "PIM neighbours see each other over GRE", "RFC 7761, section 4.3.1")
def neighbors_see_each_other(scene: Scene) -> Iterator[Finding]:
    """The routers at the two ends of each GRE tunnel are PIM neighbours."""
    for site in scene.sites:
        near, far = gre_addresses(site)
        for (name, view, of_site), other in zip(ends(scene, site), (far.ip, near.ip), strict=True):
            subject = Subject(kind="router", name=name, site=site.name if of_site is None else of_site.name)
            expected = f"{name} has the PIM neighbour {other} on {site.gre_interface}"
            if view is None:
                yield unreached(subject, expected, SILENT)
                continue
            there = any(each.address == other and each.interface == site.gre_interface for each in view.pim_neighbors)
            if not there and not scene.vpn_up(site):
                yield unreached(subject, expected, f"no VPN tunnel of {site.name} is up")
            elif not there and not (scene.underlay_up(site) or scene.overlay_up(site)):
                yield unreached(subject, expected, "GRE carries nothing")
            else:
                seen = "it does" if there else "no such neighbour"
                yield finding(subject, expected, seen, holds=there, where="show ip pim neighbor")


@step("rendezvous-point", "All routers agree on the rendezvous point", "RFC 7761, section 4.7")
def one_rendezvous_point(scene: Scene) -> Iterator[Finding]:
    """Each router has the AWS router's loopback as the rendezvous point of every group."""
    point = scene.lab.rendezvous_point
    for place in seen_places(scene):
        subject, view = router_subject(place.name, place.site), scene.seen.routers.get(place.name)
        expected = f"{point} is the rendezvous point of every group"
        if view is None:
            yield unreached(subject, expected, SILENT)
            continue
        wrong = [(group, has) for group, has in points_of(scene.lab, view) if has != point]
        words = ", ".join(f"{group.address}: {has or 'none'}" for group, has in wrong[:3])
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""  # noqa: PLR2004  (three are told)
        seen = f"{words}{more}" if wrong else f"it is, of {len(scene.lab.groups)} groups"
        yield finding(subject, expected, seen, holds=not wrong, where="show ip pim rp mapping; show running-config")


@step(
    "reverse-paths",
    "Reverse paths lead back to rendezvous point and senders",
    "RFC 7761, section 4.2; Cisco, Configuring static IP multicast routes",
)
def reverse_paths_are_right(scene: Scene) -> Iterator[Finding]:
    """Each router looks back to the rendezvous point and to every sender by the interface that datagrams come in on."""
    for path in needs.reverse_paths(scene.lab, addresses_of(scene.seen.aws)):
        view = scene.seen.routers.get(path.router)
        if scene.only is not None and path.site not in {None, scene.only}:
            continue
        subject = Subject(kind="router", name=path.router, site=path.site)
        expected = f"{path.router} looks back to {path.towards}, {path.address}, by {path.interface}"
        if view is None:
            yield unreached(subject, expected, SILENT)
        elif path.address not in view.rpf:
            yield unreached(subject, expected, "the router was not asked, or its answer could not be read")
        else:
            found = view.rpf[path.address]
            holds = found is not None and found.interface == path.interface
            yield finding(subject, expected, told(found), holds=holds, where=f"show ip rpf {path.address}")


def told(found: Rpf | None) -> str:
    """Return a reverse path in words."""
    if found is None:
        return "it has no reverse path"
    neighbor = "directly connected" if found.neighbor is None else f"neighbour {found.neighbor}"
    return f"{found.interface}, {neighbor}, by {found.prefix} ({found.kind})"


@step(
    "register-source",
    "Registers come from the far routers' loopbacks",
    "RFC 7761, section 4.4; Cisco, ip pim register-source",
)
def registers_come_from_the_loopback(scene: Scene) -> Iterator[Finding]:
    """A far router registers from its loopback, to which the VPC has a route and the security group a rule."""
    for site in scene.sites:
        view = scene.far_router(site)
        if not roles.elsewhere(scene.lab, site):
            continue
        place = next(each for each in designed_routers(scene.lab) if each.site == site)
        subject, expected = router_subject(place.name, site), f"registers leave from {site.router.loopback}"
        if view is None:
            yield unreached(subject, expected, SILENT)
            continue
        tunnel = next(
            (each for each in view.pim_tunnels if not each.decap and each.rp == scene.lab.rendezvous_point), None
        )
        if tunnel is None:
            yield unreached(subject, expected, f"there is no register tunnel to {scene.lab.rendezvous_point}")
            continue
        holds = tunnel.source == site.router.loopback
        seen = f"{tunnel.interface} has the source {tunnel.source or 'none'}"
        yield finding(subject, expected, seen, holds=holds, where="show ip pim tunnel")
