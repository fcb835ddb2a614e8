"""Unicast routing of a namespace: static, connected and BGP routes in kernel tables of their own, by BIRD 2.

BIRD follows the links: a route leaves the kernel with its interface and comes back with it.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import groupby
from typing import TYPE_CHECKING, Final

from mcastlab.twin.daemons.error import DaemonError
from mcastlab.twin.daemons.wait import connected, ended
from mcastlab.twin.process import spawn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_PROGRAM: Final = "/usr/sbin/bird"
_ANSWER_S: Final = 10
_BEST: Final = 255
"""BIRD prefers the greatest preference, IOS the least distance: one is 255 less the other."""
_BGP_DISTANCE: Final = 20
_SCAN: Final = "scan time 2;"
"""How soon a route is tried again that the kernel did not take, e.g. before the way to its next hop was there."""
_RESOLVED: Final = "dest != RTD_UNREACHABLE"
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
    passive: bool = False
    """Wait for the other end to open the session."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class BirdPeer:
    """A BGP session; `state` in BGP's words (RFC 4271 8.2.2), `prefixes` None while it is not established."""

    remote: IPv4Address
    remote_as: int
    state: str
    since_s: float
    prefixes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BirdTableRoute:
    """A best route of BIRD's table."""

    prefix: IPv4Network
    source: str
    """``connected``, ``static`` or ``bgp``."""
    distance: int
    next_hop: IPv4Address | None
    interface: str | None


def bird_conf(config: BirdConfig, log: Path) -> str:
    """Return BIRD's configuration. Protocols are named after what they serve, so that `apply` keeps what stays."""
    return "".join(f"{line}\n" for line in _lines(config, log))


def _lines(config: BirdConfig, log: Path) -> Iterator[str]:
    merge = f"merge paths on limit {config.multipath}; " if config.multipath > 1 else ""
    yield f'log "{log}" {{ info, remote, warning, error, auth, fatal, bug }};'
    yield 'timeformat protocol "%s";'
    yield 'timeformat route "%s";'
    yield f"router id {config.router_id};"
    yield "protocol device { scan time 60; }"
    if config.connected:
        yield "protocol direct r_connected { ipv4 { preference 255; }; }"
    yield from _static("r_static", config.routes, "master4")
    if config.originated:
        yield "protocol static r_originated { ipv4 { preference 0; };"
        yield from (f"  route {prefix} blackhole;" for prefix in config.originated)
        yield "}"
    yield (
        f"protocol kernel r_kernel {{ kernel table {config.kernel_table}; {_SCAN} {merge}"
        f'ipv4 {{ import none; export where {_RESOLVED} && proto != "r_originated"; }}; }}'
    )
    if config.copy is not None:
        yield from _copy(config.copy)
    if config.asn is not None:
        for neighbor in config.neighbors:
            yield from _bgp(neighbor, config.asn, (*config.originated, *config.networks))


def _static(name: str, routes: Iterable[BirdRoute], table: str) -> Iterator[str]:
    """One protocol a distance, since a BIRD protocol holds a prefix once."""

    def by_distance(route: BirdRoute) -> int:
        return route.distance

    for distance, group in groupby(sorted(routes, key=by_distance), by_distance):
        yield f"protocol static {name}_{distance} {{ ipv4 {{ table {table}; preference {_BEST - distance}; }};"
        yield "  igp table master4;"
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
    yield from _static("r_copied", copy.routes, "copied")
    hidden = "".join(
        f" if net ~ [ {route.prefix}+ ] && preference <= {_BEST - route.distance} then reject;" for route in copy.routes
    )
    # The kernel itself puts connected networks into the main table.
    yield (
        "protocol pipe r_copy { table master4; peer table copied; import none; export filter {"
        f' if source = RTS_DEVICE || proto = "r_originated" then reject;{hidden} accept; }}; }}'
    )
    yield (
        f"protocol kernel r_copy_kernel {{ kernel table {copy.kernel_table}; {_SCAN}"
        f" ipv4 {{ table copied; import none; export where {_RESOLVED}; }}; }}"
    )


def _bgp(neighbor: BirdNeighbor, asn: int, advertised: tuple[IPv4Network, ...]) -> Iterator[str]:
    exact = f" if net ~ [ {', '.join(str(prefix) for prefix in advertised)} ] then accept;" if advertised else ""
    local = "" if neighbor.local is None else f"{neighbor.local} "
    passive = " passive on;" if neighbor.passive else ""
    yield (
        f"protocol bgp {_bgp_name(neighbor.remote)} {{ local {local}as {asn};"
        f" neighbor {neighbor.remote} as {neighbor.remote_as};{passive}"
        f" hold time {neighbor.hold_s}; keepalive time {neighbor.keepalive_s};"
        " connect delay time 1; connect retry time 1; error wait time 1,2;"
    )
    yield (
        f"  ipv4 {{ preference {_BEST - _BGP_DISTANCE}; import all; next hop self;"
        f" export filter {{ if source = RTS_BGP then accept;{exact} reject; }}; }}; }}"
    )


def _bgp_name(remote: IPv4Address) -> str:
    return f"bgp_{str(remote).replace('.', '_')}"


class Bird:
    """One BIRD in one namespace."""

    def __init__(self, netns: str, run_dir: Path) -> None:
        self._netns = netns
        self._run_dir = run_dir
        self._socket = run_dir / "bird.ctl"
        self._process: asyncio.subprocess.Process | None = None
        self._applied = ""
        self._config: BirdConfig | None = None

    async def apply(self, config: BirdConfig) -> None:
        """Start BIRD, or have the running one take `config` over; sessions that it does not change stay up.

        Raises:
            DaemonError: BIRD refused the configuration or ended.
            TimeoutError: it did not answer.
        """
        conf = self._run_dir / "bird.conf"
        text = bird_conf(config, self._run_dir / "bird.log")
        if text == self._applied:
            return
        self._run_dir.mkdir(parents=True, exist_ok=True)
        conf.write_text(text)
        if self._process is None:
            self._process = await spawn(
                *(_PROGRAM, "-f", "-c", str(conf), "-s", str(self._socket)),
                netns=self._netns,
                log=self._run_dir / "bird.out",
            )
            try:
                await self._ask("show status")
            except BaseException:
                await self.stop()
                raise
        else:
            await self._ask("configure")
        self._applied, self._config = text, config

    async def stop(self) -> None:
        """End BIRD; its routes leave the kernel. Harmless when not started."""
        if self._process is not None:
            await ended(self._process, timeout_s=3)
        self._process, self._applied, self._config = None, "", None

    async def peers(self) -> tuple[BirdPeer, ...]:
        """Return the BGP sessions, in the order of the configuration; none while BIRD does not run.

        Raises:
            DaemonError, TimeoutError: BIRD went away or did not answer.
        """
        if self._config is None or self._config.asn is None:
            return ()
        told = peers_of(await self._ask("show protocols all"), now=time.time())
        return tuple(told[neighbor.remote] for neighbor in self._config.neighbors if neighbor.remote in told)

    async def routes(self) -> tuple[BirdTableRoute, ...]:
        """Return the best routes, by prefix; none while BIRD does not run.

        Raises:
            DaemonError, TimeoutError: BIRD went away or did not answer.
        """
        if self._process is None:
            return ()
        return routes_of(await self._ask("show route primary table master4"), now=time.time())

    async def _ask(self, command: str) -> list[str]:
        """Send a command to BIRD's control socket and return the answer's lines without their codes."""
        if self._process is None:
            raise DaemonError(f"BIRD in {self._netns} does not run")
        async with asyncio.timeout(_ANSWER_S):
            reader, writer = await connected(self._socket, self._process)
            try:
                await _answer(reader)
                writer.write(f"{command}\n".encode())
                return await _answer(reader)
            finally:
                writer.close()


async def _answer(reader: asyncio.StreamReader) -> list[str]:
    """Read an answer: lines ``CODE-text``, `` text`` and last ``CODE text``; codes from 8000 on are errors."""
    lines: list[str] = []
    while raw := await reader.readline():
        line = raw.decode(errors="replace").rstrip("\n")
        coded = re.match(r"(\d{4})([ -])(.*)", line)
        lines.append(coded[3] if coded else line[1:])
        if coded and coded[2] == " ":
            if int(coded[1]) >= 8000:  # noqa: PLR2004  (BIRD's doc/reply_codes: 8xxx runtime errors, 9xxx syntax errors)
                raise DaemonError("BIRD refused: " + "\n".join(lines))
            return lines
    raise DaemonError("BIRD closed its control socket")


def peers_of(lines: Iterable[str], *, now: float) -> dict[IPv4Address, BirdPeer]:
    """Return the sessions in the answer to ``show protocols all``, by remote address."""
    peers: dict[IPv4Address, BirdPeer] = {}
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
        peers[address] = BirdPeer(
            remote=address,
            remote_as=int(remote_as[1]),
            state=state[1],
            since_s=max(0.0, now - int(head[1])),
            prefixes=int(imported[1]) if imported and state[1] == "Established" else None,
        )
    return peers


_ROUTE: Final = re.compile(
    r"(?P<prefix>\S+)\s+unicast \[(?P<protocol>\S+) (?P<since>\d+)[^]]*\] \*? ?\((?P<preference>\d+)"
)
_HOP: Final = re.compile(r"\s+via (?P<via>\S+) on (?P<on>\S+)|\s+dev (?P<dev>\S+)")


def routes_of(lines: Iterable[str], *, now: float) -> tuple[BirdTableRoute, ...]:
    """Return the routes in the answer to ``show route primary``; the first next hop of each."""
    routes: dict[IPv4Network, BirdTableRoute] = {}
    head: re.Match[str] | None = None
    for line in lines:
        if (found := _ROUTE.match(line)) is not None:
            head = found
        elif head is not None and (hop := _HOP.match(line)) is not None:
            prefix = IPv4Network(head["prefix"])
            routes[prefix] = BirdTableRoute(
                prefix=prefix,
                source=_source(head["protocol"]),
                distance=_BEST - int(head["preference"]),
                next_hop=IPv4Address(hop["via"]) if hop["via"] else None,
                interface=hop["on"] or hop["dev"],
                age_s=max(0.0, now - int(head["since"])),
            )
            head = None
    return tuple(routes[prefix] for prefix in sorted(routes))


def _source(protocol: str) -> str:
    if protocol.startswith("bgp_"):
        return "bgp"
    return "connected" if protocol == "r_connected" else "static"
