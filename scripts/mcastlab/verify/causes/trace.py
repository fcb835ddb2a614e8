"""Where datagrams are lost that no rule explains: by what each router on their way has counted of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcastlab.lab.design.names import AWS_INTERFACE, AWS_ROUTER, in_reports, site_router
from mcastlab.lab.design.reverse_paths import reverse_paths
from mcastlab.traffic.results import Path
from mcastlab.verify.causes.unexplained import UNEXPLAINED
from mcastlab.verify.ladder.traffic import TRAFFIC

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from ipaddress import IPv4Address

    from mcastlab.ios.show.multicast import MrouteCount
    from mcastlab.traffic.results import Delivery, TrafficReport
    from mcastlab.verify.model import Cause
    from mcastlab.verify.scene import Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """A router on the way of a flow."""

    router: str
    comes_by: str
    """In words, what the datagrams come by."""


def wants_trace(causes: Sequence[Cause]) -> bool:
    """Say whether datagrams are lost and nothing says why."""
    return any(cause.key == f"{UNEXPLAINED}{TRAFFIC}" for cause in causes)


def traced(causes: Sequence[Cause], scene: Scene, traffic: TrafficReport) -> tuple[Cause, ...]:
    """Return the causes with what the routers have counted in the place of what is unexplained.

    Args:
        causes: what was found.
        scene: the lab as it is right after the traffic: routers still know its sources.
        traffic: what became of it.
    """
    lost = [each for each in traffic.deliveries if not each.holds]
    found: list[Cause] = []
    for cause in causes:
        sites = {subject.site for subject in cause.subjects}
        first = next((each for each in lost if each.site in sites or None in sites), None)
        if cause.key == f"{UNEXPLAINED}{TRAFFIC}" and first is not None:
            where = where_it_stops(scene, first)
            sentence = (
                f"unexplained: {first.received} of {first.sent} datagrams of {first.sender} to {first.address} arrive "
                f"at {first.receiver}: {where}"
            )
            found.append(cause.model_copy(update={"sentence": sentence, "mend": f"show ip mroute {first.address}"}))
        else:
            found.append(cause)
    return tuple(found)


def where_it_stops(scene: Scene, delivery: Delivery) -> str:
    """Return in words how far datagrams got."""
    hops = tuple(_hops(scene, delivery))
    view = scene.seen.hosts.get(delivery.sender)
    source = None if view is None else view.source
    if not hops or source is None:
        return "no router is on their way; look at the two hosts' packet filters and at what is between them"
    passed = f"{delivery.sender} ({source})"
    for hop in hops:
        count = _count(scene, hop.router, source, delivery.address)
        if count is None:
            return f"last counted by {passed}; {hop.router}, where they come by {hop.comes_by}, shows none of them"
        if count.rpf_failed and not count.packets:
            return f"{hop.router} has dropped {count.rpf_failed} that did not come in by its reverse path"
        if not count.packets:
            return f"{hop.router} knows the source and has forwarded nothing: nobody has joined, or a filter drops it"
        passed = f"{hop.router}, which has forwarded {count.packets}"
    return (
        f"the last router on their way, {passed}; look at what is behind it and at {delivery.receiver}'s packet filter"
    )


def _hops(scene: Scene, delivery: Delivery) -> Iterator[Hop]:
    """Yield the routers on the way: those that look back to the sender, of other sites' only the receiver's."""
    if delivery.path in {Path.WITHIN_AWS, Path.WITHIN_SITE}:
        return
    lab = scene.lab
    sites = {device.name: site.name for site in lab.sites for device in site.devices}
    entries = {name: entry.name for entry in lab.hosts for name in entry.names}
    ends = {site_router(sites[name]) for name in (delivery.sender, delivery.receiver) if name in sites}
    for path in reverse_paths(lab):
        if path.source == entries.get(delivery.sender, delivery.sender) and path.router in {AWS_ROUTER, *ends}:
            comes_by = "the gateway" if path.interface == AWS_INTERFACE else path.interface
            yield Hop(router=in_reports(lab, path.router), comes_by=comes_by)


def _count(scene: Scene, router: str, source: IPv4Address, group: str) -> MrouteCount | None:
    view = scene.seen.routers.get(router)
    every = () if view is None else view.mroute_counts
    return next((each for each in every if each.source == source and str(each.group) == group), None)
