"""Unicast routing of a namespace: static, connected and BGP routes in kernel tables of their own, by BIRD 2.

BIRD follows the links: a route leaves the kernel with its interface and comes back with it.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Final

from mcastlab_base import private_files
from mcastlab_twin.services.bird_answers import BirdTableRoute, peers_of, prefixes_of, routes_of
from mcastlab_twin.services.bird_conf import (
    BirdConfig,
    BirdCopy,
    BirdNeighbor,
    BirdRoute,
    bgp_name,
)
from mcastlab_twin.services.service import Service, ServiceError
from mcastlab_twin.services.specifications import Speaker

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network
    from pathlib import Path

    from iosxe.state import LiveBgpPeer
    from mcastlab_twin.services.bird_gateway import GatewayConfig

_PROGRAM: Final = "/usr/sbin/bird"
_ANSWER_S: Final = 10

__all__ = ["Bird", "BirdConfig", "BirdCopy", "BirdNeighbor", "BirdRoute", "BirdTableRoute"]


class Bird(Service):
    """One BIRD in one namespace."""

    def __init__(self, netns: str, run_dir: Path, config: BirdConfig | GatewayConfig | None = None) -> None:
        super().__init__()
        self._netns = netns
        self._run_dir = run_dir
        self._socket = run_dir / "bird.ctl"
        self._file = run_dir / "bird.conf"
        self._config = config
        self._turn = asyncio.Lock()

    async def _start(self) -> None:
        if self._config is None:
            raise ServiceError(f"BIRD in {self._netns} has no configuration")
        self._write(self._config)
        argv = (_PROGRAM, "-f", "-c", str(self._file), "-s", str(self._socket))
        await self.launch("bird", *argv, netns=self._netns, log=self._run_dir / "bird.out")
        await self._ask("show status")

    def _write(self, config: BirdConfig | GatewayConfig) -> None:
        self._run_dir.mkdir(parents=True, exist_ok=True)
        private_files.write(self._file, config.text(self._run_dir / "bird.log"))

    async def apply(self, config: BirdConfig | GatewayConfig) -> None:
        """Start BIRD, or have the running one take `config` over; sessions that it does not change stay up.

        Raises:
            ServiceError: BIRD refused the configuration or ended.
            TimeoutError: it did not answer.
        """
        if not self.programs:
            self._config = config
            await self.start()
        elif config != self._config:
            self._write(config)
            await self._ask("configure")
            self._config = config

    async def update(self, spec: object) -> bool:
        """Take over a gateway's speaker; sessions that it does not change stay up."""
        if not isinstance(spec, Speaker):
            return False
        await self.apply(spec.config)
        return True

    async def stop(self) -> None:
        """End BIRD; its routes leave the kernel."""
        await super().stop()
        self._config = None

    async def peers(self) -> tuple[LiveBgpPeer, ...]:
        """Return the BGP sessions, in the order of the configuration; none while BIRD does not run.

        Raises:
            ServiceError, TimeoutError: BIRD went away or did not answer.
        """
        if not self.programs or self._config is None or self._config.asn is None:
            return ()
        peers = peers_of(await self._ask("show protocols all"), now=time.time())
        return tuple(peers[neighbor.remote] for neighbor in self._config.neighbors if neighbor.remote in peers)

    async def routes(self) -> tuple[BirdTableRoute, ...]:
        """Return the best routes, by prefix; none while BIRD does not run.

        Raises:
            ServiceError, TimeoutError: BIRD went away or did not answer.
        """
        if not self.programs:
            return ()
        return routes_of(await self._ask("show route primary table master4"), now=time.time())

    async def accepted(self) -> dict[IPv4Address, tuple[IPv4Network, ...]]:
        """Return the prefixes that were accepted from each BGP neighbour, whether or not they are the best.

        Raises:
            ServiceError, TimeoutError: BIRD went away or did not answer.
        """
        if not self.programs or self._config is None or self._config.asn is None:
            return {}
        accepted = {}
        for neighbor in self._config.neighbors:
            lines = await self._ask(f"show route table all protocol {bgp_name(neighbor.remote)}")
            accepted[neighbor.remote] = prefixes_of(lines)
        return accepted

    async def _ask(self, command: str) -> list[str]:
        """Send a command to BIRD's control socket and return the answer's lines without their codes."""
        # One at a time: few may wait at its socket, and asyncio takes one that found no place there for connected.
        async with self._turn, asyncio.timeout(_ANSWER_S):
            reader, writer = await self.connect("bird", self._socket)
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
                raise ServiceError("BIRD refused: " + "\n".join(lines))
            return lines
    raise ServiceError("BIRD closed its control socket")
