"""A user at a router without a network: what they type, and what their screen shows."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from iosxe.clock import ManualClock
from iosxe.memory import MemoryBackend
from iosxe.router import VirtualRouter
from iosxe.shell.session import DroppedError, Session
from iosxe.shell.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

NOW = datetime(2026, 11, 9, 10, 11, 12, tzinfo=UTC)
STARTUP = """
hostname R1
username lab privilege 15 password 0 lab
archive
 path bootflash:saved
 maximum 3
line vty 0 4
 exec-timeout 0 0
 login local
"""


class Lab:
    """A router with a clock that stands still, and somebody who sits down at it again and again."""

    def __init__(self, startup: str = STARTUP) -> None:
        self.clock = ManualClock(NOW)
        self.backend = MemoryBackend()
        self.router = VirtualRouter(
            "r1", "c8000v", ("GigabitEthernet1", "GigabitEthernet2"), self.backend, clock=self.clock
        )
        self.startup = startup

    async def type(self, *lines: str, keys: str = "") -> str:
        """Log in, enter lines, and hang up without a word; return the screen with plain ends of lines."""
        screen: list[str] = []
        chunks = ["terminal length 0\r" + "".join(f"{line}\r" for line in lines) + keys, ""]

        async def receive() -> str:
            return chunks.pop(0)

        try:
            await Session(self.router.device, Terminal(receive, screen.append), user="lab", level=15).run()
        except EOFError:
            pass
        except DroppedError:
            screen.append("<dropped>")
        return "".join(screen).replace("\r\n", "\n").partition("terminal length 0\n")[2]

    @property
    def running(self) -> str:
        """The running configuration."""
        return self.router.running_config


def at_a_router(work: Callable[[Lab], Awaitable[None]], startup: str = STARTUP) -> None:
    """Run `work` at a router that has booted, and close it."""

    async def run() -> None:
        lab = Lab(startup)
        await lab.router.load(lab.startup)
        try:
            await work(lab)
        finally:
            await lab.router.close()

    asyncio.run(run())
