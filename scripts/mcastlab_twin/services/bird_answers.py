"""BIRD 2's answers on its control socket, read into values. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Final

from iosxe.state import LiveBgpPeer
from mcastlab_twin.services.bird_conf import BEST

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class BirdTableRoute:
    """A best route of BIRD's table."""

    prefix: IPv4Network
    source: str
    """``connected``, ``static`` or ``bgp``."""
    distance: int
    next_hop: IPv4Address | None
    interface: str | None
    age_s: float = 0


def peers_of(lines: Iterable[str], *, now: float) -> dict[IPv4Address, LiveBgpPeer]:
    """Return the sessions in the answer to ``show protocols all``, by remote address; states as RFC 4271, 8.2.2."""
    peers: dict[IPv4Address, LiveBgpPeer] = {}
    # A protocol's head is the only kind of line that starts at the left.
    text = "\n".join(lines)
    for block in re.split(r"\n(?=\S)", text):
        head = re.match(r"bgp_\S+\s+BGP\s+\S+\s+\S+\s+(\d+)", block)
        remote = re.search(r"Neighbor address:\s+(\S+)", block)
        remote_as = re.search(r"Neighbor AS:\s+(\d+)", block)
        state = re.search(r"BGP state:\s+(\S+)", block)
        if not (head and remote and remote_as and state):
            continue
        imported = re.search(r"Routes:\s+(\d+) imported", block)
        address = IPv4Address(remote[1])
        peers[address] = LiveBgpPeer(
            address=address,
            remote_as=int(remote_as[1]),
            state=state[1],
            since_s=max(0.0, now - int(head[1])),
            prefixes=int(imported[1]) if imported and state[1] == "Established" else None,
        )
    return peers


NOWHERE: Final = "Null0"
_ROUTE: Final = re.compile(
    r"(?P<prefix>\S+)\s+unicast \[(?P<protocol>\S+) (?P<since>\d+)[^]]*\] \*? ?\((?P<preference>\d+)"
)
_NOWHERE: Final = re.compile(
    r"(?P<prefix>\S+)\s+blackhole \[r_static_\S* (?P<since>\d+)[^]]*\] \*? ?\((?P<preference>\d+)"
)
"""A static route to Null0; the blackholes of what the router announces are none of its table."""
_HOP: Final = re.compile(r"\s+via (?P<via>\S+) on (?P<on>\S+)|\s+dev (?P<dev>\S+)")


def routes_of(lines: Iterable[str], *, now: float) -> tuple[BirdTableRoute, ...]:
    """Return the routes in the answer to ``show route primary``; the first next hop of each."""
    routes: dict[IPv4Network, BirdTableRoute] = {}
    head: re.Match[str] | None = None
    for line in lines:
        if (found := _ROUTE.match(line)) is not None:
            head = found
        elif (found := _NOWHERE.match(line)) is not None:
            prefix, head = IPv4Network(found["prefix"]), None
            routes[prefix] = BirdTableRoute(
                prefix=prefix,
                source="static",
                distance=BEST - int(found["preference"]),
                next_hop=None,
                interface=NOWHERE,
                age_s=max(0.0, now - int(found["since"])),
            )
        elif head is not None and (hop := _HOP.match(line)) is not None:
            prefix = IPv4Network(head["prefix"])
            routes[prefix] = BirdTableRoute(
                prefix=prefix,
                source=_source(head["protocol"]),
                distance=BEST - int(head["preference"]),
                next_hop=IPv4Address(hop["via"]) if hop["via"] else None,
                interface=hop["on"] or hop["dev"],
                age_s=max(0.0, now - int(head["since"])),
            )
            head = None
    return tuple(routes[prefix] for prefix in sorted(routes))


def prefixes_of(lines: Iterable[str]) -> tuple[IPv4Network, ...]:
    """Return the prefixes in the answer to ``show route protocol``, each once."""
    return tuple(sorted({IPv4Network(found["prefix"]) for line in lines if (found := _ROUTE.match(line)) is not None}))


def _source(protocol: str) -> str:
    if protocol.startswith("bgp_"):
        return "bgp"
    return "connected" if protocol == "r_connected" else "static"
