"""The static routes and mroutes of a router's configuration. Pure."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from mcastlab.verify.observations import RouterView


def static_lines(
    view: RouterView, kind: Literal["route", "mroute"], address: IPv4Address
) -> list[tuple[int, str, str]]:
    """Return prefix length, line and where it leads, of the lines that an address may take, in the router's order.

    Source: Cisco, ``ip route`` and ``ip mroute``: network, mask, then the interface or next hop.
    """
    found = []
    for line in view.tree:
        words = line.text.split()
        if words[:2] != ["ip", kind] or len(words) < 5:  # noqa: PLR2004  (ip KIND NETWORK MASK TOWARDS)
            continue
        try:
            network = IPv4Network(f"{words[2]}/{words[3]}")
        except ValueError:
            continue
        if address in network:
            found.append((network.prefixlen, line.text, words[4]))
    return found
