"""``show ip mroute count``.

Source: Cisco, IP Multicast Command Reference, fields of ``show ip mroute count``.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iosxe.state import LiveMroute

BYTES_A_ROUTE: Final = 604
HINT: Final = 'Use "show ip mfib count" to get better response time for a large number of mroutes.\n\n'


def mroute_count(routes: Iterable[LiveMroute]) -> str:
    """Return how much was forwarded, by group and source."""
    groups = [(group, list(of_group)) for group, of_group in groupby(routes, key=lambda route: route.group)]
    total = sum(len(of_group) for _, of_group in groups)
    sources = sum(route.source is not None for _, of_group in groups for route in of_group)
    average = sources / len(groups) if groups else 0
    lines = [
        "IP Multicast Statistics",
        f"{total} routes using {total * BYTES_A_ROUTE} bytes of memory",
        f"{len(groups)} groups, {average:.2f} average sources per group",
        "Forwarding Counts: Pkt Count/Pkts per second/Avg Pkt Size/Kilobits per second",
        "Other counts: Total/RPF failed/Other drops(OIF-null, rate-limit etc)",
        "",
    ]
    for _, of_group in groups:
        lines += [*_group(of_group), ""]
    return HINT + "\n".join(lines)


def _group(routes: Sequence[LiveMroute]) -> list[str]:
    sources = [route for route in routes if route.source is not None]
    forwarded = sum(route.packets for route in routes)
    received = forwarded + sum(route.wrong_interface for route in routes)
    head = f"Group: {routes[0].group}, Source count: {len(sources)}, Packets forwarded: {forwarded}"
    lines = [f"{head}, Packets received: {received}"]
    shared = next((route for route in routes if route.source is None), None)
    if shared is not None:
        lines.append(f"  RP-tree: {_counts(shared)}")
    return [*lines, *(f"  Source: {route.source}/32, {_counts(route)}" for route in sources)]


def _counts(route: LiveMroute) -> str:
    size = route.bytes // route.packets if route.packets else 0
    total = route.packets + route.wrong_interface
    return f"Forwarding: {route.packets}/0/{size}/0, Other: {total}/{route.wrong_interface}/0"
