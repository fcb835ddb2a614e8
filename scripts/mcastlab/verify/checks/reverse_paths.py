"""Whether every router looks back to rendezvous point and senders by the interface that datagrams come in on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.lab.design.addresses import host_route
from mcastlab.lab.design.names import aws_router_name
from mcastlab.lab.design.router_routes import LabRoutes
from mcastlab.lab.design.routers import vpc_interfaces
from mcastlab.verify.checks.check import SILENT, CheckKey, above, check, finding, unreached
from mcastlab.verify.checks.diagnosis import RootCause, configuration_of, diagnosis, exec_of, listed
from mcastlab.verify.findings import Subject
from mcastlab.verify.snapshot.lab import asked_paths, host_addresses, router_subject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address, IPv4Network

    from mcastlab.ios.show.multicast import Rpf
    from mcastlab.lab.design.reverse_paths import ReversePath
    from mcastlab.verify.findings import Diagnosis, Finding
    from mcastlab.verify.snapshot.lab import Snapshot
    from mcastlab.verify.snapshot.routers import ObservedRouter


@check(
    CheckKey.REVERSE_PATHS,
    "Reverse paths lead back to rendezvous point and senders",
    "RFC 7761, section 4.2; Cisco, Configuring static IP multicast routes",
)
def reverse_paths_are_right(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """Each router looks back to the rendezvous point and to every sender by the interface that datagrams come in on."""
    wrong: dict[tuple[str, str | None, IPv4Network], list[ReversePath]] = {}
    for path in asked_paths(snapshot.lab, host_addresses(snapshot.cloud)):
        if snapshot.only is not None and path.site not in {None, snapshot.only}:
            continue
        router = snapshot.routers.get(path.router)
        subject = Subject(kind="router", name=path.router, site=path.site)
        expected = f"{path.router} looks back to {path.source}, {path.network.network_address}, by {path.interface}"
        if router is None:
            yield unreached(subject, expected, SILENT)
        elif path.network.network_address not in router.rpf:
            yield unreached(subject, expected, "the router was not asked, or its answer could not be read")
        else:
            found = router.rpf[path.network.network_address]
            holds = found is not None and found.interface == path.interface
            yield finding(
                subject, expected, _in_words(found), holds=holds, where=f"show ip rpf {path.network.network_address}"
            )
            if not holds and not snapshot.is_bare(router) and _is_to_blame(router, path):
                wrong.setdefault((path.router, path.site, _mroute_of(snapshot, path)), []).append(path)
    for (name, _, mroute), paths in wrong.items():
        yield _reverse_path_wrong(snapshot, snapshot.routers[name], mroute, paths)


def _in_words(found: Rpf | None) -> str:
    if found is None:
        return "it has no reverse path"
    neighbor = "directly connected" if found.neighbor is None else f"neighbour {found.neighbor}"
    return f"{found.interface}, {neighbor}, by {found.prefix} ({found.kind})"


def _is_to_blame(router: ObservedRouter, path: ReversePath) -> bool:
    """Say whether it is the router's mroutes that lead a reverse path elsewhere.

    An mroute that stands is not to blame: its interface is down, and why is reported elsewhere. Where the tunnel is
    missing, its mroutes went with it.
    """
    chosen = next((interface for _, interface in _mroutes(router, path.network.network_address)), None)
    return router.lines(path.interface) is not None and chosen != path.interface


def _mroutes(router: ObservedRouter, address: IPv4Address) -> list[tuple[str, str]]:
    """Return the router's mroutes for an address with their interfaces, the longest match first."""
    return [(text, target) for _, text, target in sorted(router.static_lines("mroute", address), reverse=True)]


def _mroute_of(snapshot: Snapshot, path: ReversePath) -> IPv4Network:
    """Return the network that the design's mroute for an address has."""
    lab = snapshot.lab
    site = next((each for each in lab.sites if each.gre_interface == path.interface), None)
    if site is None:
        return host_route(path.network.network_address)
    routes = LabRoutes(lab)
    tables = routes.aws_router() if path.router == aws_router_name(lab) else routes.remote_router(site)
    route = tables.mroutes.towards(path.network.network_address)
    return host_route(path.network.network_address) if route is None else route.network


def _reverse_path_wrong(
    snapshot: Snapshot, router: ObservedRouter, mroute: IPv4Network, paths: list[ReversePath]
) -> Diagnosis:
    """Say that a router looks back by an interface on which no datagram or join comes, for want of an mroute."""
    first, sites = paths[0], snapshot.lab.sites
    found, mroutes = router.rpf[first.network.network_address], _mroutes(router, first.network.network_address)
    points = "leads nowhere"
    if found is not None:
        without = (
            "" if found.interface in {each.interface for each in router.pim_interfaces} else ", where PIM does not run"
        )
        points = f"points to {found.interface}{without}"
    of_vpc = (each.name for each in vpc_interfaces(snapshot.lab))
    connected = first.interface in {*of_vpc, *(site.router.lan.interface for site in sites)}
    right = f"ip mroute {mroute.network_address} {mroute.netmask} {first.interface}"
    wrong = [f"no {line}" for line, interface in mroutes if interface != first.interface]
    lines = [*wrong, *(() if connected else (right,))]
    of = listed(f"{path.network.network_address} ({path.source})" for path in paths)
    because = f" by `{mroutes[0][0]}`" if wrong else ""
    wants = f"; it has to point to {first.interface}" if connected else f"; it needs `{right}`"
    site = next((each for each in sites if each.name == first.site), None)
    return diagnosis(
        RootCause.REVERSE_PATH_WRONG,
        f"{router.name}'s RPF for {of} {points}{because}{wants}",
        fix="\n".join(lines) or f"show ip route {first.network.network_address}",
        where=configuration_of(router.name) if lines else exec_of(router.name),
        explains=above(CheckKey.REVERSE_PATHS),
        subjects=(router_subject(router.name, site),),
    )
