"""BIRD 2's configuration: what is asked of it as values, and the text that it reads. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from ipaddress import IPv4Address, IPv4Network
    from pathlib import Path

BEST: Final = 255
"""BIRD prefers the greatest preference, IOS the least distance: one is 255 less the other."""
_BGP_DISTANCE: Final = 20
BGP_PREFERENCE: Final = BEST - _BGP_DISTANCE
SCAN: Final = "scan time 2;"
"""How soon a route is tried again that the kernel did not take, e.g. before the way to its next hop was there."""
RESOLVED: Final = "dest != RTD_UNREACHABLE"
"""A recursive route whose next hop has no route is none, as on IOS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BirdNeighbor:
    """An external BGP neighbour on a connected network. Times in seconds."""

    local: IPv4Address | None = None
    """None is the address on the neighbour's network."""
    remote: IPv4Address
    remote_as: int
    keepalive_s: int = 10
    hold_s: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class BirdRoute:
    """A static route by next hop, by interface (kernel name), or both, or to nowhere.

    `distance` as on IOS: the least wins.
    """

    prefix: IPv4Network
    next_hop: IPv4Address | None = None
    interface: str | None = None
    distance: int = 1
    recursive: bool = False
    """The next hop is on no connected network: it is looked up in the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BirdCopy:
    """A second kernel table: routes of its own, and of the others each that lies in none of these or is nearer."""

    kernel_table: int
    routes: tuple[BirdRoute, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BirdConfig:
    """What BIRD is to do in a namespace."""

    router_id: IPv4Address
    asn: int | None = None
    """Own AS; None runs no BGP."""
    kernel_table: int = 100
    """Where learnt, static and (see `connected`) connected routes go."""
    neighbors: tuple[BirdNeighbor, ...] = ()
    originated: tuple[IPv4Network, ...] = ()
    """Advertised always, route or not."""
    networks: tuple[IPv4Network, ...] = ()
    """Advertised while the table holds exactly this prefix (``network`` of IOS)."""
    routes: tuple[BirdRoute, ...] = ()
    connected: bool = False
    """Connected networks go to `kernel_table` too (needed where a rule looks there before the main table)."""
    copy: BirdCopy | None = None
    multipath: int = 1
    """How many equally good routes share traffic."""

    def text(self, log: Path) -> str:
        """Return BIRD's configuration. Protocols are named after what they serve, so that `apply` keeps what stays."""
        return "".join(f"{line}\n" for line in _lines(self, log))


def header(router_id: IPv4Address, log: Path) -> Iterator[str]:
    """Yield what every configuration begins with."""
    yield f'log "{log}" {{ info, remote, warning, error, auth, fatal, bug }};'
    yield 'timeformat protocol "%s";'
    yield 'timeformat route "%s";'
    yield f"router id {router_id};"
    yield "protocol device { scan time 60; }"


def _lines(config: BirdConfig, log: Path) -> Iterator[str]:
    merge = f"merge paths on limit {config.multipath}; " if config.multipath > 1 else ""
    yield from header(config.router_id, log)
    if config.connected:
        yield "protocol direct r_connected { ipv4 { preference 255; }; }"
    yield from static("r_static", config.routes, "master4")
    if config.originated:
        yield "protocol static r_originated { ipv4 { preference 0; };"
        yield from (f"  route {prefix} blackhole;" for prefix in config.originated)
        yield "}"
    yield (
        f"protocol kernel r_kernel {{ kernel table {config.kernel_table}; {SCAN} {merge}"
        f'ipv4 {{ import none; export where {RESOLVED} && proto != "r_originated"; }}; }}'
    )
    if config.copy is not None:
        yield from _copy(config.copy)
    if config.asn is not None:
        for neighbor in config.neighbors:
            yield from _bgp(neighbor, config.asn, (*config.originated, *config.networks))


def static(name: str, routes: Iterable[BirdRoute], table: str, *, lookup: str = "master4") -> Iterator[str]:
    """Yield static routes of a table, whose recursive next hops are looked up in `lookup`.

    One protocol a distance, since a BIRD protocol holds a prefix once.
    """

    def by_distance(route: BirdRoute) -> int:
        return route.distance

    for distance, group in groupby(sorted(routes, key=by_distance), by_distance):
        yield f"protocol static {name}_{distance} {{ ipv4 {{ table {table}; preference {BEST - distance}; }};"
        yield f"  igp table {lookup};"
        by_prefix: dict[IPv4Network, list[BirdRoute]] = {}
        for route in group:
            by_prefix.setdefault(route.prefix, []).append(route)
        for prefix, same in by_prefix.items():
            recursive = [route for route in same if route.recursive]
            # BIRD has no recursive multipath: the first next hop of that kind stands for the others.
            hops = f"recursive {recursive[0].next_hop}" if recursive else " ".join(_via(route) for route in same)
            yield f"  route {prefix} {hops};"
        yield "}"


def _via(route: BirdRoute) -> str:
    match route.next_hop, route.interface:
        case None, None:
            return "blackhole"
        case None, interface:
            return f'via "{interface}"'
        case next_hop, None:
            return f"via {next_hop}"
        case next_hop, interface:
            return f"via {next_hop}%{interface} onlink"


def _copy(copy: BirdCopy) -> Iterator[str]:
    yield "ipv4 table copied;"
    yield from static("r_copied", copy.routes, "copied")
    hidden = "".join(
        f" if net ~ [ {route.prefix}+ ] && preference <= {BEST - route.distance} then reject;" for route in copy.routes
    )
    # The kernel itself puts connected networks into the main table.
    yield (
        "protocol pipe r_copy { table master4; peer table copied; import none; export filter {"
        f' if source = RTS_DEVICE || proto = "r_originated" then reject;{hidden} accept; }}; }}'
    )
    yield (
        f"protocol kernel r_copy_kernel {{ kernel table {copy.kernel_table}; {SCAN}"
        f" ipv4 {{ table copied; import none; export where {RESOLVED}; }}; }}"
    )


def _bgp(neighbor: BirdNeighbor, asn: int, advertised: tuple[IPv4Network, ...]) -> Iterator[str]:
    exact = f" if net ~ [ {', '.join(str(prefix) for prefix in advertised)} ] then accept;" if advertised else ""
    exported = f"export filter {{ if source = RTS_BGP then accept;{exact} reject; }};"
    return session(neighbor, asn, f"preference {BGP_PREFERENCE}; import all; next hop self; {exported}")


def session(neighbor: BirdNeighbor, asn: int, channel: str) -> Iterator[str]:
    """Yield a BGP session; `channel` says what becomes of its routes."""
    local = "" if neighbor.local is None else f"{neighbor.local} "
    yield (
        f"protocol bgp {bgp_name(neighbor.remote)} {{ local {local}as {asn};"
        f" neighbor {neighbor.remote} as {neighbor.remote_as};"
        f" hold time {neighbor.hold_s}; keepalive time {neighbor.keepalive_s};"
        " connect delay time 1; connect retry time 1; error wait time 1,2;"
    )
    yield f"  ipv4 {{ {channel} }}; }}"


def bgp_name(remote: IPv4Address) -> str:
    """Return the name of a neighbour's protocol."""
    return f"bgp_{str(remote).replace('.', '_')}"
