"""A virtual IOS-XE router: configuration, backend, sessions and its SSH server, put together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from iosxe import day0
from iosxe.clock import SystemClock
from iosxe.config.editor import Place
from iosxe.config.loading import hardware_in, kept_keys, load, summary_of
from iosxe.device import RouterDevice
from iosxe.files import RouterDisk
from iosxe.platforms import IMAGES
from iosxe.shell.server import SshFront, host_key

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import asyncssh

    from iosxe.clock import Clock
    from iosxe.faults import RouterFaults
    from iosxe.platforms import Platform
    from iosxe.state import Backend, BackendError


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLine:
    """A line of a start-up configuration that the router does not act on, and what its command line says to it."""

    number: int
    line: str = field(repr=False)
    """Not shown in a repr: it may hold a key."""
    answer: str
    kind: str = ""
    """What kind of line it is, without what may be a key."""


class VirtualRouter:
    """A router that is configured over SSH and makes its configuration real through a backend.

    Args:
        name: what the twin calls it; the hostname is what the configuration says.
        platform: the Cisco image it stands for.
        interfaces: its physical interfaces by IOS name: ``("GigabitEthernet1", "GigabitEthernet2")``.
        backend: what makes the configuration real and tells the state.
        console: the file that console messages (``%SYS-5-CONFIG_I: ...``) are appended to.
        clock: the time; tests set their own.
        boot_s: how long a reload keeps the router away, in seconds of the clock.
    """

    def __init__(
        self,
        name: str,
        platform: Platform,
        interfaces: tuple[str, ...],
        backend: Backend,
        *,
        console: Path | None = None,
        clock: Clock | None = None,
        boot_s: float = 0,
    ) -> None:
        self.name = name
        self.platform = platform
        self.interfaces = interfaces
        self.backend = backend
        self.boot_log: tuple[RefusedLine, ...] = ()
        """What was refused at boot."""
        self.device = RouterDevice(IMAGES[platform], interfaces, backend, clock=clock or SystemClock(), console=console)
        self.device.reload = self._begin_reload
        self._front = SshFront(self.device)
        self.device.change_key = lambda: self.change_host_key(host_key())
        self._boot_s = boot_s
        self._first_boot: Callable[[], None] = lambda: None
        self._host_key: asyncssh.SSHKey | None = None
        self._reloading: asyncio.Task[None] | None = None

    @property
    def running_config(self) -> str:
        """The running configuration, from ``version`` to ``end``. It holds keys: it is not for logs."""
        return self.device.running_text()

    @property
    def startup_config(self) -> str | None:
        """The start-up configuration, where one was written. It holds keys: it is not for logs."""
        return self.device.startup

    @property
    def faults(self) -> RouterFaults:
        """What goes wrong on demand; see `faults.Faults`."""
        return self.device.faults

    def fill_disk(self, *, full: bool = True) -> None:
        """Let bootflash and NVRAM have no room left, or room again."""
        self.device.flash.full = full

    def change_host_key(self, key: asyncssh.SSHKey) -> None:
        """Show another host key to whoever connects from now on."""
        self._host_key = key
        self._front.change_key(key)

    @property
    def disk(self) -> RouterDisk | None:
        """What it keeps without power; None before it has a host key."""
        if self._host_key is None:
            return None
        return RouterDisk(flash=self.device.flash, startup=self.device.startup, host_key=self._host_key)

    async def reboot(self) -> None:
        """Lose power: every session drops, and the router comes back with its start-up configuration."""
        self._begin_reload()
        await self.rebooted()

    async def rebooted(self) -> None:
        """Wait for the end of a reload, where there is one."""
        if self._reloading is not None:
            await self._reloading

    @property
    def problem(self) -> BackendError | None:
        """Why the backend does not run the newest configuration, where it does not."""
        return self.device.problem

    async def boot(
        self, user_data: str = "", *, public_key: str | None = None, disk: RouterDisk | None = None
    ) -> tuple[RefusedLine, ...]:
        """Boot as the AWS image does: GigabitEthernet1 by DHCP, user ``ec2-user`` with the key pair, user data.

        What the image configures is saved, as it says itself (``%CVAC-4-CONFIG_DONE``: "was applied and saved to
        NVRAM"), and user data is for the first boot alone.

        Args:
            user_data: ``Section: IOS configuration`` and lines, or ``ios-config-1="..."``, as the image takes them.
            public_key: the key pair's public half in OpenSSH form; RSA, for IOS-XE takes no other.
            disk: what an earlier start of the same instance has left: then it boots from that.

        Returns:
            The lines that were refused; a router boots in spite of them. They are kept in `boot_log`.
        """
        self._first_boot = lambda: self._boot_image(user_data, public_key)
        if disk is None:
            self._first_boot()
            self.device.save()
        else:
            self.device.insert(disk)
            self._boot()
        return self.boot_log

    def _boot_image(self, user_data: str, public_key: str | None) -> None:
        self._take(day0.factory(self.interfaces, shut=True))
        refused: tuple[RefusedLine, ...] = ()
        try:
            image = day0.aws_image(public_key)
        except ValueError as error:
            refused = (RefusedLine(number=0, line="key pair", answer=str(error)),)
            image = day0.aws_image(None)
        self._booted((*refused, *self._take(image), *self._take(day0.user_data_lines(user_data))))

    async def load(self, startup: str) -> tuple[RefusedLine, ...]:
        """Boot from a start-up configuration, as a router that somebody has set up before does.

        To log in, it needs a ``username`` with a password or a key, and ``login local`` on its vty lines. Interfaces
        that it does not shut down are up; it has those that the configuration names, besides its own.

        Returns:
            The lines that nothing here acts on; they stay in the configuration as text. `boot_log` has them.
        """
        self._boot_from(startup)
        self.device.save()
        self._first_boot = lambda: self._boot_from("")
        return self.boot_log

    def _boot_from(self, startup: str) -> None:
        device = self.device
        device.interfaces = tuple(dict.fromkeys((*self.interfaces, *hardware_in(startup))))
        self._take(day0.factory(device.interfaces, shut=False))
        loaded = load(device.running, startup, device.interfaces)
        device.running, device.known_text = loaded.config, kept_keys(loaded.config)
        self._booted(
            tuple(
                RefusedLine(number=each.number, line=each.text.partition("\n")[0], answer=each.answer, kind=each.kind)
                for each in loaded.kept
            )
        )

    def _take(self, lines: Iterable[str]) -> tuple[RefusedLine, ...]:
        place: Place | None = Place()
        refused: list[RefusedLine] = []
        for number, line in enumerate(lines, 1):
            taken = self.device.take(place or Place(), line)
            place = taken.place
            if taken.refused:
                refused.append(RefusedLine(number=number, line=line.strip(), answer=taken.answer.strip()))
        return tuple(refused)

    def _booted(self, refused: tuple[RefusedLine, ...]) -> None:
        self.boot_log = refused
        self.device.changed = None
        # The lines themselves may hold keys; the console is a file.
        kept = [each.kind for each in refused if each.kind]
        if kept:
            self.device.log_event(f"%TWIN-5-TEXT: kept as text, without effect here: {summary_of(kept)}")
        for each in refused:
            if not each.kind:
                self.device.log_event(
                    f"%PARSER-4-BADCFG: line {each.number} of the configuration: {each.answer.splitlines()[-1]}"
                )
        self.device.log_event("%SYS-5-RESTART: System restarted --")
        self.device.saved = self.device.running
        self.device.start()

    def _begin_reload(self) -> None:
        if self._reloading is None or self._reloading.done():
            self._reloading = asyncio.get_running_loop().create_task(self._reload())

    async def _reload(self) -> None:
        self.device.log_event("%SYS-5-RELOAD: Reload requested")
        self._front.down = True
        await self._front.drop_everyone()
        await self.device.boot_again(self._boot)
        if self._boot_s:
            ready = asyncio.Event()
            self.device.clock.call_at(self.device.now() + timedelta(seconds=self._boot_s), ready.set)
            await ready.wait()
        self._front.down = False

    def _boot(self) -> None:
        if self.device.startup is None:
            self._first_boot()
        else:
            self._boot_from(self.device.startup)

    async def serve(self, sock: socket.socket, host_key: asyncssh.SSHKey, *, old_ssh: bool = False) -> None:
        """Answer SSH on a listening socket from now on; returns at once. The socket is the router's to close.

        With `old_ssh`, offer what releases before 17 do: SHA-1 alone.
        """
        self._host_key = host_key
        await self._front.start(sock, host_key, old=old_ssh)

    async def settled(self) -> None:
        """Wait until the backend has been given the newest configuration."""
        await self.device.settled()

    async def close(self) -> None:
        """End every session, the listener and the applier. What the backend made stays."""
        if self._reloading is not None:
            self._reloading.cancel()
            await asyncio.gather(self._reloading, return_exceptions=True)
        await self._front.stop()
        self.device.transactions.forget()
        await self.device.stop()
