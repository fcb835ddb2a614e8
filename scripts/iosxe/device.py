"""What all sessions of a router share: its configurations, its backend, its log, and the task that applies changes."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from iosxe.archive import Archive
from iosxe.config.editor import Place, take
from iosxe.config.node import Config
from iosxe.config.text import configuration
from iosxe.derive import intent_of
from iosxe.faults import RouterFaults
from iosxe.files import REMOTE, Bootflash, FileRefusedError, Url
from iosxe.state import BackendError
from iosxe.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from iosxe.clock import Clock
    from iosxe.config.editor import Taken
    from iosxe.config.node import Key
    from iosxe.files import RouterDisk
    from iosxe.intent import RouterIntent
    from iosxe.platforms import RouterImage
    from iosxe.state import Backend

LOG_LINES: Final = 500
SETTLE_S: Final = 30.0
"""How long an answer waits for the backend at most: longer, and the client would give up first."""


class RouterDevice:
    """A router behind its command line.

    Args:
        image: what it stands for.
        interfaces: its physical interfaces.
        backend: what makes its configuration real.
        clock: the time, and what is to happen later.
        console: the file that console messages are appended to.
    """

    def __init__(
        self,
        image: RouterImage,
        interfaces: tuple[str, ...],
        backend: Backend,
        *,
        clock: Clock,
        console: Path | None = None,
    ) -> None:
        self.image = image
        self.interfaces = interfaces
        self.backend = backend
        self.clock = clock
        self.now = clock.now
        self.booted_at = clock.now()
        self.running = Config()
        self.known_text: frozenset[Key] = frozenset()
        """What it keeps as text of a configuration that it booted from."""
        self.startup: str | None = None
        self.saved: Config | None = None
        """The configuration that was saved last, to know whether there is something to save."""
        self.flash = Bootflash()
        self.remote = Bootflash()
        """What it has written to servers, by address."""
        self.archive = Archive(self.flash, self.remote)
        self.transactions = Transactions(self)
        self.faults = RouterFaults()
        self.sessions: dict[int, str] = {}
        """The vty lines in use, and by whom."""
        self.reload: Callable[[], None] | None = None
        self.change_key: Callable[[], None] | None = None
        """What reboots the router."""
        self.changed: tuple[datetime, str] | None = None
        """When the configuration last changed, and by whom."""
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self.problem: BackendError | None = None
        """Why the backend does not run the newest configuration, where it does not."""
        self._console = console
        self._applied: RouterIntent | None = None
        self._done: Config | None = None
        self._wake = asyncio.Event()
        self._settled = asyncio.Condition()
        self._applier: asyncio.Task[None] | None = None

    @property
    def hostname(self) -> str:
        """The router's name, as its prompt shows it."""
        return self.running.root.arg("hostname", "name", "Router")

    def take(self, place: Place, line: str, *, prompt: str = "", user: str = "") -> Taken:
        """Take a line into the running configuration; the backend follows in the background."""
        taken = take(self.running, place, line, prompt=prompt, interfaces=self.interfaces)
        if taken.config is not self.running:
            self.running = taken.config
            self.changed = (self.now(), user)
            self._wake.set()
        return taken

    def put(self, config: Config, user: str) -> None:
        """Make a whole configuration the running one."""
        if config != self.running:
            self.running = config
            self.changed = (self.now(), user)
            self._wake.set()

    def running_text(self, *, everything: bool = False) -> str:
        """Return the running configuration, from ``version`` to ``end``; with `everything`, defaults too."""
        return configuration(self.running, self.image.version, everything=everything)

    def save(self) -> None:
        """Keep the running configuration as the start-up configuration.

        Raises:
            FileRefusedError: there is no room for it.
        """
        self.write(Url("nvram", "startup-config"), self.running_text())
        self.saved = self.running

    def insert(self, disk: RouterDisk) -> None:
        """Have the files and the start-up configuration of a disk."""
        self.flash, self.startup = disk.flash, disk.startup
        self.archive = Archive(self.flash, self.remote)

    def read(self, url: Url) -> str:
        """Return a file's text.

        Raises:
            FileRefusedError: it is not there.
        """
        found = {"nvram:startup-config": self.startup, "system:running-config": self.running_text()}.get(str(url))
        if url.system == "bootflash":
            return self.flash.read(url.name)
        if url.system in REMOTE:
            return self.remote.read(str(url))
        if found is None:
            raise FileRefusedError(f"%Error opening {url} (No such file or directory)\n")
        return found

    def write(self, url: Url, text: str) -> None:
        """Write a file; the running configuration is none.

        Raises:
            FileRefusedError: there is no room, or the file system takes no such file.
        """
        if url.system == "bootflash":
            self.flash.write(url.name, text, self.now())
        elif str(url) == "nvram:startup-config":
            if self.flash.full:
                raise FileRefusedError("startup-config file open failed (Not enough space)\n")
            self.startup, self.saved = text, None
        else:
            raise FileRefusedError(f"%Error opening {url} (Permission denied)\n")

    def log_event(self, message: str) -> None:
        """Write a message to the log and to the console: ``%SYS-5-CONFIG_I: ...``."""
        moment = self.now()
        stamp = f"{moment:%b} {moment.day:>2} {moment:%H:%M:%S}.{moment.microsecond // 1000:03}"
        line = f"*{stamp}: {message}"
        self.log.append(line)
        if self._console is not None:
            with self._console.open("a", encoding="utf-8") as stream:
                stream.write(line + "\n")

    def start(self) -> None:
        """Begin to apply the configuration; again does nothing."""
        if self._applier is None:
            self._wake.set()
            self._applier = asyncio.create_task(self._apply_for_ever())

    async def settled(self) -> None:
        """Wait until the backend has been given the newest configuration; at most `SETTLE_S`.

        Raises:
            Exception: whatever ended the applier, other than a `BackendError`, which is reported and kept.
        """
        if self._applier is None or self._done is self.running:
            return
        waiting = asyncio.create_task(self._caught_up())
        done, _ = await asyncio.wait({waiting, self._applier}, timeout=SETTLE_S, return_when=asyncio.FIRST_COMPLETED)
        if waiting in done:
            return
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        if self._applier in done:
            self._applier.result()
        self.log_event(f"%TWIN-4-SLOW: the configuration is not applied after {SETTLE_S:.0f} seconds")

    async def _caught_up(self) -> None:
        async with self._settled:
            await self._settled.wait_for(lambda: self._done is self.running)

    async def boot_again(self, boot: Callable[[], None]) -> None:
        """Lose everything that is not kept over a reload, and boot."""
        await self.stop()
        self.transactions.forget()
        self.archive = Archive(self.flash, self.remote)
        self.running, self.changed, self.saved = Config(), None, None
        await self._apply(intent_of(self.running))
        self.booted_at = self.now()
        boot()

    async def stop(self) -> None:
        """End the applier."""
        if self._applier is not None:
            self._applier.cancel()
            await asyncio.gather(self._applier, return_exceptions=True)
            self._applier = None

    async def _apply_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            config = self.running
            await self._apply(intent_of(config))
            async with self._settled:
                self._done = config
                self._settled.notify_all()

    async def _apply(self, intent: RouterIntent) -> None:
        """Give the backend what the newest configuration asks for, unless it has it already."""
        if intent == self._applied:
            return
        try:
            await self.backend.apply(intent)
        except BackendError as error:
            self._applied, self.problem = None, error
            self.log_event(f"%TWIN-3-APPLY: {' '.join(str(error).split())}")
        else:
            self._applied, self.problem = intent, None
