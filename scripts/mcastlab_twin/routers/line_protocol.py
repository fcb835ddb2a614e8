"""The line protocol of GRE tunnels: up while the destination has a route, and that route does not lead into the tunnel.

Sources: Cisco, "The %TUN-5-RECURDOWN Error Message and Flapping EIGRP/OSPF/BGP Neighbors Over a GRE Tunnel" (a tunnel
whose destination is reached through itself is disabled for a while, and tried again); "How GRE Keepalives Work".
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from mcastlab_twin.sandbox.process import argv_in, run
from mcastlab_twin.services.service import Background

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcastlab_twin.services.gre import GreTunnel

HOLD_S: Final = 10.0
"""How long a tunnel rests after a recursion; IOS says a few minutes."""
_BURST_S: Final = 0.1
"""Changes of routes come in bursts."""

_WAY: Final = re.compile(r"^(?:local )?([\d.]+) .*?\bdev (\S+)", re.MULTILINE)
"""In what `ip route get` prints: ``10.255.0.10 via 192.0.2.1 dev Gi1 src ...``."""

NOWHERE: Final = "Null0"
"""Where a blackhole route leads."""

_log = logging.getLogger(__name__)


class LineProtocol(Background):
    """Sets the interfaces of a router's GRE tunnels up and down as its routes come and go.

    Args:
        netns: the router's namespace.
        tell: is given console messages, ``%LINEPROTO-5-UPDOWN: ...``.
    """

    def __init__(self, netns: str, log_event: Callable[[str], None]) -> None:
        super().__init__(f"line protocols of {netns}")
        self._netns = netns
        self._log_event = log_event
        self._tunnels: frozenset[GreTunnel] = frozenset()
        self._down: set[str] = set()
        self._held: dict[str, float] = {}
        self._changed = asyncio.Event()

    def watch(self, tunnels: frozenset[GreTunnel]) -> None:
        """Look after these tunnels, whose interfaces have just been set up, and after no others; returns at once."""
        self._tunnels = tunnels
        devices = {tunnel.device for tunnel in tunnels}
        self._down &= devices
        self._held = {device: until for device, until in self._held.items() if device in devices}
        self._changed.set()
        if tunnels:
            self.start(self._follow)

    async def _follow(self) -> None:
        monitor = await asyncio.create_subprocess_exec(
            *argv_in(self._netns, ("ip", "monitor", "route", "link")),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(monitor))
                tasks.create_task(self._judge_always())
        finally:
            with contextlib.suppress(ProcessLookupError):
                monitor.kill()
            await monitor.wait()

    async def _listen(self, monitor: asyncio.subprocess.Process) -> None:
        while monitor.stdout is not None and await monitor.stdout.readline():
            self._changed.set()

    async def _judge_always(self) -> None:
        while True:
            self._changed.clear()
            tunnels = sorted(self._tunnels, key=lambda each: each.device)
            try:
                ways = await self._ways([tunnel.remote for tunnel in tunnels])
                for tunnel in tunnels:
                    await self._judge(tunnel.device, ways.get(tunnel.remote))
            except (OSError, TimeoutError):
                _log.exception("the line protocols in %s are not known", self._netns)
            rest = min((until - time.monotonic() for until in self._held.values()), default=None)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if rest is None else max(rest, _BURST_S)):
                    await self._changed.wait()
            await asyncio.sleep(_BURST_S)

    async def _judge(self, device: str, way: str | None) -> None:
        if way == device:
            self._held[device] = time.monotonic() + HOLD_S
            self._log_event(f"%TUN-5-RECURDOWN: {device} temporarily disabled due to recursive routing")
        elif self._held.get(device, 0) <= time.monotonic():
            self._held.pop(device, None)
        up = way is not None and device not in self._held
        state = "up" if up else "down"
        changes = up == (device in self._down)
        # Down again and again, since a change of the configuration may have set it up meanwhile.
        if changes or not up:
            await run("ip", "-n", self._netns, "link", "set", device, state, check=False)
        if changes:
            (self._down.discard if up else self._down.add)(device)
            self._log_event(f"%LINEPROTO-5-UPDOWN: Line protocol on Interface {device}, changed state to {state}")

    async def _ways(self, destinations: Sequence[IPv4Address]) -> dict[IPv4Address, str]:
        """Return the interface by which a packet to each would leave; those without a route are missing."""
        lines = "".join(f"route get {destination}\n" for destination in dict.fromkeys(destinations))
        words = ("ip", "-n", self._netns, "-force", "-oneline", "-batch", "-")
        found = await run(*words, given=lines, check=False)
        ways = {IPv4Address(match[1]): match[2] for match in _WAY.finditer(found.stdout)}
        for destination in set(destinations) - set(ways):
            # The kernel answers a route to nowhere with an error. To IOS it is a route as any: the line stays up.
            routes = await run("ip", "-n", self._netns, "route", "show", "to", "match", str(destination), check=False)
            if any(line.startswith("blackhole") for line in routes.stdout.splitlines()):
                ways[destination] = NOWHERE
        return ways
