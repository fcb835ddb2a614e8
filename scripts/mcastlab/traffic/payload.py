"""The sizes that are tried to find the largest payload, and what the design computes for each way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.sizes import UDP_OVERHEAD, budget_of
from mcastlab.traffic.results import Path

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab
    from mcastlab.traffic.plan import TrafficNode

GATEWAY_MTU: Final = 8500
"""Octets of a packet between VPC attachments. Source: AWS Transit Gateway quotas, Maximum transmission unit."""
LAN_MTU: Final = 1500
SMALLEST: Final = 64
COARSE: Final = 64
AROUND: Final = 8
"""Around a computed size each octet is tried, up to what a LAN carries; elsewhere every so many."""
FAR_COARSE: Final = 500


def computed_octets(lab: Lab, sender: TrafficNode, receiver: TrafficNode) -> int | None:
    """Return the largest payload that the design computes for a way; None within a site, whose LAN it does not know."""
    path = sender.path_to(receiver)
    if path is Path.WITHIN_SITE:
        return None
    if path is Path.WITHIN_AWS:
        return GATEWAY_MTU - UDP_OVERHEAD
    budgets = {site.name: budget_of(lab, site) for site in lab.sites}
    return min(budgets[node.site].largest_udp_payload for node in (sender, receiver) if node.site is not None)


def sweep_sizes(lab: Lab, *, few: bool = False) -> tuple[int, ...]:
    """Return the sizes to try, ascending: each octet near a computed one and from there to a LAN's, fewer elsewhere.

    Args:
        lab: the lab.
        few: try only the computed ones, an octet to each side of them, and the smallest.
    """
    budgets = {budget_of(lab, site).largest_udp_payload for site in lab.sites}
    least, inside = min(budgets), GATEWAY_MTU - UDP_OVERHEAD
    if few:
        return tuple(sorted({SMALLEST, *(size + by for size in (*budgets, inside) for by in (-1, 0, 1))}))
    return tuple(
        sorted(
            {
                *range(SMALLEST, least, COARSE),
                *range(least - AROUND, LAN_MTU - UDP_OVERHEAD + 2),
                *range(LAN_MTU, inside, FAR_COARSE),
                *range(inside - AROUND, inside + AROUND + 1),
            }
        )
    )
