"""Virtual routers alone on loopback, several hundred in one process: for practice, and for tests of scale."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosxe.config.loading import summary_of
from iosxe.memory import MemoryBackend
from iosxe.router import VirtualRouter
from iosxe.shell.server import host_key

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from iosxe.faults import RouterFault
    from iosxe.platforms import Platform

STARTUP: Final = """\
hostname {hostname}
username {user} privilege 15 password 0 {password}
ip ssh version 2
line vty 0 15
 login local
 transport input ssh
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """What practice routers are like."""

    platform: Platform
    interfaces: int
    user: str
    password: str
    configuration: str = ""
    """Lines that each takes at boot, after the user."""
    faults: tuple[RouterFault, ...] = ()
    round_trip_s: float = 0


def serve(practice: Practice, sockets: Sequence[socket.socket], key: Path, tell: Callable[[str], None]) -> None:
    """Serve one router a socket until the process is interrupted; all have the host key in the file `key`."""
    asyncio.run(_serve(practice, sockets, key, tell))


async def _serve(practice: Practice, sockets: Sequence[socket.socket], key: Path, tell: Callable[[str], None]) -> None:
    over = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, over.set)
    shown = host_key(key)
    routers = []
    for number, sock in enumerate(sockets, 1):
        hostname = "Router" if len(sockets) == 1 else f"Router{number}"
        router = await _booted(practice, hostname, tell)
        await router.serve(sock, shown)
        tell(f"ssh -p {sock.getsockname()[1]} {practice.user}@{sock.getsockname()[0]}")
        routers.append(router)
    await over.wait()
    await asyncio.gather(*(router.close() for router in routers))


async def _booted(practice: Practice, hostname: str, tell: Callable[[str], None]) -> VirtualRouter:
    interfaces = tuple(f"GigabitEthernet{number}" for number in range(1, practice.interfaces + 1))
    router = VirtualRouter(hostname, practice.platform, interfaces, MemoryBackend())
    startup = STARTUP.format(hostname=hostname, user=practice.user, password=practice.password)
    kept = await router.load(startup + practice.configuration)
    if kept:
        # The lines themselves may hold keys.
        tell(f"kept as text, without effect here: {summary_of(line.kind for line in kept)}")
    router.faults.arm(*practice.faults)
    router.faults.round_trip_s = practice.round_trip_s
    return router
