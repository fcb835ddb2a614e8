"""An IKEv2/ESP tunnel as a route-based interface: one strongSwan charon a tunnel.

The ESP is the kernel's where it has it, with a VTI a tunnel. Else it is charon's own, in user space (plugin
kernel-libipsec), which needs nothing of the kernel but a TUN device. One such charon has one TUN, and with the
selectors 0.0.0.0/0 that a route-based tunnel has only one tunnel can use it.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import time
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab_base.async_waiting import until
from mcastlab_twin.sandbox.process import ProgramError, ip, run
from mcastlab_twin.services.charon_conf import (
    LIBIPSEC_MTU,
    CharonTunnel,
    IkeSa,
    connection,
    daemon_settings,
    ike_sa,
    port_rewriting,
    rewriting_table,
    shared_key,
)
from mcastlab_twin.services.esp import ESP, kernel_link, kernel_setting, mark
from mcastlab_twin.services.receive_buffers import deepen_udp_sockets
from mcastlab_twin.services.service import Background, Service, ServiceError
from mcastlab_twin.services.vici import Vici

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    _Numbers = Callable[[Iterable[IkeSa]], frozenset[str]]

_LOG: Final = logging.getLogger(__name__)
_PROGRAM: Final = "/usr/sbin/charon-systemd"
_RETRY_S: Final = 1.0
"""The longest pause between two attempts: each costs both ends a key exchange, and a wrong key ends it at once."""
_SETTLE_S: Final = 0.1
_TURN_S: Final = 20
_REKEY_S: Final = 20
_QUEUE_PACKETS: Final = 2000
"""Of a tunnel's device: charon may be kept from reading it for a second, as everything on a busy machine."""
_NAMESPACES: Final = "/run/netns"

__all__ = ["LIBIPSEC_MTU", "Charon", "CharonTunnel", "IkeSa"]


def _of_children(sas: Iterable[IkeSa]) -> frozenset[str]:
    return frozenset(number for sa in sas for number in sa.children)


def _of_sas(sas: Iterable[IkeSa]) -> frozenset[str]:
    return frozenset(sa.number for sa in sas if sa.established)


def tun_of(pid: int) -> str:
    """Return the name of the TUN device that a process holds open.

    Raises:
        ServiceError: it holds none.
    """
    for info in Path(f"/proc/{pid}/fdinfo").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            for line in info.read_text().splitlines():
                if line.startswith("iff:"):
                    return line.split()[1]
    raise ServiceError(f"process {pid} holds no TUN device; its log says why")


@asynccontextmanager
async def _turn(file: Path) -> AsyncIterator[None]:
    """Hold the lock of a file; whoever else wants it waits, in this process and in others.

    Raises:
        TimeoutError: another held it all the time.
    """
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)

    async def attempt() -> bool | None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        return True

    try:
        await until(attempt, f"{file} is free", timeout_s=_TURN_S, every_s=0.005)
        yield
    finally:
        os.close(descriptor)


class Charon(Service):
    """The daemon of one tunnel. Its interface is up exactly while the tunnel has an ESP SA pair."""

    def __init__(self, tunnel: CharonTunnel, run_dir: Path) -> None:
        super().__init__()
        self.tunnel = tunnel
        self._name = f"charon of {tunnel.name}"
        self._run_dir = run_dir
        self._socket = run_dir / f"{tunnel.name}.vici"
        self._device_netns = tunnel.device_netns or tunnel.netns
        self._stand_in: str | None = None
        self._rewriting = False
        self._follower = Background(f"charon {tunnel.name}")
        self.in_kernel = False
        """Who does ESP; known from `start` on."""

    async def _start(self) -> None:
        """Start the daemon, put the interface (down) in its place, load the connection and, on this side, initiate.

        Does not wait for the other end.
        """
        tunnel = self.tunnel
        self._run_dir.mkdir(parents=True, exist_ok=True)
        settings = self._run_dir / f"{tunnel.name}.strongswan.conf"
        self.in_kernel = await ESP.probe()
        log = self._run_dir / f"{tunnel.name}.charon.log"
        settings.write_text(daemon_settings(tunnel, self._socket, log, in_kernel=self.in_kernel))
        if rewriting := port_rewriting(tunnel):
            await run("nft", "-f", "-", netns=tunnel.netns, given=rewriting)
            self._rewriting = True
        async with _turn(Path(_NAMESPACES, tunnel.netns)):
            await self._spawn(settings)
        async with self._vici() as vici:
            await vici.request("load-shared", shared_key(tunnel))
            number = mark(tunnel) if self.in_kernel else None
            await vici.request("load-conn", connection(tunnel, mark=number))
        self._follower.start(self._follow)

    async def _spawn(self, settings: Path) -> None:
        """Start the daemon and put its TUN in its place.

        In one namespace this is done one by one: a daemon that starts while another's TUN is being renamed would take
        the name that the stand-in needs.
        """
        process = await self.launch(
            self._name,
            _PROGRAM,
            netns=self.tunnel.netns,
            log=self._run_dir / f"{self.tunnel.name}.charon.out",
            env={"STRONGSWAN_CONF": str(settings), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
        async with self._vici() as vici:
            await vici.request("version")  # it answers once every plugin is loaded, so the TUN is there
        if self.in_kernel:
            await ip(self.tunnel.netns, [kernel_link(self.tunnel), *self._moves(self.tunnel.device)])
            await run("sysctl", "-qw", kernel_setting(self.tunnel), netns=self._device_netns)
            await self._dress_device()
        else:
            await self._place_tun(process.pid)
            try:
                deepen_udp_sockets(process.pid)
            except OSError as refused:
                _LOG.info("%s keeps its short queue of ESP packets: %s", self._name, refused)

    async def stop(self) -> None:
        """Say goodbye to the other end, end the daemon and remove its interface."""
        await self._follower.stop()
        await super().stop()
        if self.in_kernel:
            await run("ip", "-n", self._device_netns, "link", "del", self.tunnel.device, check=False)
        if self._stand_in is not None:
            await run("ip", "-n", self.tunnel.netns, "link", "del", self._stand_in, check=False)
            self._stand_in = None
        if self._rewriting:
            table = rewriting_table(self.tunnel)
            await run("nft", "delete", "table", "ip", table, netns=self.tunnel.netns, check=False)
            self._rewriting = False

    async def sas(self) -> tuple[IkeSa, ...]:
        """Return the IKE SAs, connecting ones too; none while the daemon does not run.

        Raises:
            ServiceError: the daemon went away.
        """
        if not self.programs:
            return ()
        async with self._vici() as vici:
            events = await vici.stream("list-sas", "list-sa")
        return tuple(ike_sa(sa) for listed in events for sa in listed.values() if isinstance(sa, dict))

    async def rekey(self) -> None:
        """Have the ESP SA pair and then the IKE SA made anew, as at the end of their lifetimes, and wait for each.

        Raises:
            ServiceError: there is none, or the daemon went away.
            TimeoutError: the other end did not agree in time.
        """
        for kind, numbers in (("child", _of_children), ("ike", _of_sas)):
            before = numbers(await self.sas())
            async with self._vici() as vici:
                await vici.request("rekey", {kind: self.tunnel.name})

            async def anew(numbers: _Numbers = numbers, before: frozenset[str] = before) -> bool | None:
                return bool(numbers(await self.sas()) - before) or None

            await until(anew, f"{self._name}: a new {kind} SA", timeout_s=_REKEY_S, every_s=_SETTLE_S)

    @asynccontextmanager
    async def _vici(self) -> AsyncIterator[Vici]:
        vici = Vici(*await self.connect(self._name, self._socket))
        try:
            yield vici
        finally:
            vici.close()

    def _moves(self, first_name: str) -> tuple[str, ...]:
        """The lines that bring a new interface to its name and namespace."""
        tunnel = self.tunnel
        move = "" if self._device_netns == tunnel.netns else f" netns {self._device_netns}"
        name = "" if first_name == tunnel.device else f" name {tunnel.device}"
        return (f"link set {first_name}{move}{name}",) if move or name else ()

    async def _place_tun(self, pid: int) -> None:
        """Give the daemon's TUN its name and namespace, and leave a stand-in by its first name.

        The daemon goes on naming its TUN by the first name when it asks the kernel for routes, and refuses a child SA
        ("No such device") where there is none by that name.
        """
        tunnel, first_name = self.tunnel, tun_of(pid)
        await ip(
            tunnel.netns,
            [
                f"link set {first_name} down",
                *self._moves(first_name),
                f"tuntap add mode tun name {first_name}",
                f"link set {first_name} up",
            ],
        )
        self._stand_in = first_name
        await self._dress_device()

    async def _dress_device(self) -> None:
        tunnel = self.tunnel
        address = () if tunnel.device_address is None else (f"address add {tunnel.device_address} dev {tunnel.device}",)
        mtu = min(tunnel.device_mtu, LIBIPSEC_MTU)
        await ip(self._device_netns, [f"link set {tunnel.device} mtu {mtu} txqueuelen {_QUEUE_PACKETS}", *address])

    async def _follow(self) -> None:
        """Keep the interface in step with the tunnel, and initiate while there is no tunnel."""
        changed = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watch(changed))
                tasks.create_task(self._keep_in_step(changed))
        except* (ServiceError, ProgramError, TimeoutError):
            _LOG.exception("the tunnel %s in %s is no longer kept up", self.tunnel.name, self.tunnel.netns)

    async def _watch(self, changed: asyncio.Event) -> None:
        async with self._vici() as vici:
            async for _ in vici.events("child-updown", "ike-updown"):
                changed.set()

    async def _keep_in_step(self, changed: asyncio.Event) -> None:
        device_up = False
        pause_s, next_s = _SETTLE_S, time.monotonic()
        while True:
            settling = changed.is_set()
            changed.clear()
            sas = await self.sas()
            installed = any(sa.child_installed for sa in sas)
            if installed != device_up:
                await ip(self._device_netns, [f"link set {self.tunnel.device} {'up' if installed else 'down'}"])
                device_up = installed
            wanting = self.tunnel.initiate and not installed
            left_s = next_s - time.monotonic()
            if not wanting:
                pause_s = _SETTLE_S
            elif not all(sa.established for sa in sas):
                left_s = _RETRY_S
            elif left_s <= 0:
                async with self._vici() as vici:
                    await self._initiate(vici)
                left_s, next_s = _RETRY_S, time.monotonic() + pause_s
                pause_s = min(2 * pause_s, _RETRY_S)
            # charon tells of a change before its list shows it, so the list is read once more shortly after.
            wait_s = _SETTLE_S if settling else left_s if wanting else None
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await changed.wait()

    async def _initiate(self, vici: Vici) -> None:
        name = self.tunnel.name
        # Timeout -1: charon answers at once and goes on by itself.
        await vici.request("initiate", {"child": name, "ike": name, "timeout": "-1", "init-limits": "no"})
