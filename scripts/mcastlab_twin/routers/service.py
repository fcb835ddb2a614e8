"""Virtual routers in the fabric: the AWS router as its image boots, and a remote site's as its owner set it up."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from iosxe.day0 import key_lines
from iosxe.router import VirtualRouter
from mcastlab_base.errors import RefusedError
from mcastlab_twin.network import names
from mcastlab_twin.network.instances import RouterInstance
from mcastlab_twin.network.site import RemoteSite, kernel_name
from mcastlab_twin.routers.configured_interfaces import DhcpLease
from mcastlab_twin.routers.live import LiveBackend
from mcastlab_twin.services.context import REMOTE_USER, new_rsa_key
from mcastlab_twin.services.service import Service

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping
    from pathlib import Path

    import asyncssh

    from iosxe.platforms import Platform
    from mcastlab.lab.site import RouterPort
    from mcastlab_twin.services.context import TwinContext

_log = logging.getLogger(__name__)


def owner_configuration(remote: RemoteSite, public_key: str) -> str:
    """Return a remote router's start-up configuration before the lab touches it: ports, default route, SSH, a login.

    Sources: Cisco IOS-XE, "Secure Shell Configuration Guide" (RSA key in ``ip ssh pubkey-chain``), "Configuration
    Replace and Configuration Rollback" (archive).
    """
    site = remote.site
    wan, lan = site.router.wan, site.router.lan
    lines = [
        f"hostname {names.hostname(site.router.ssh)}",
        "ip domain name lab.example",
        *key_lines(REMOTE_USER, public_key),
        "ip ssh version 2",
        "archive",
        " path bootflash:archive",
        " maximum 10",
        *_port_lines(wan, "WAN"),
        *_port_lines(lan, "LAN"),
        f"ip route 0.0.0.0 0.0.0.0 {remote.provider}",
        "line vty 0 4",
        " login local",
        " transport input ssh",
        "end",
    ]
    return "\n".join(lines) + "\n"


def _port_lines(port: RouterPort, what: str) -> tuple[str, ...]:
    return (
        f"interface {port.interface}",
        f" description {what}",
        f" ip address {port.address.ip} {port.address.netmask}",
        " no shutdown",
    )


class RouterService(Service):
    """A virtual router that runs in a namespace, with its ports under the kernel's names for them."""

    def __init__(
        self,
        name: str,
        platform: Platform,
        *,
        netns: str,
        ports: Mapping[str, str],
        folder: Path,
        dhcp: Mapping[str, DhcpLease] | None = None,
    ) -> None:
        super().__init__()
        self._backend = LiveBackend(netns=netns, interfaces=ports, dhcp=dhcp, run_dir=folder)
        self.router = VirtualRouter(name, platform, tuple(ports), self._backend, console=folder / "console")
        self._backend.log_event = self.router.device.log_event

    async def _serve(self, sock: socket.socket, host_key: asyncssh.SSHKey) -> None:
        await self.router.serve(sock.dup(), host_key)
        await self.router.settled()

    def kernel_gre(self) -> tuple[bool, ...]:
        """Tell of each of its GRE tunnels whether the kernel carries it."""
        return self._backend.kernel_gre()

    def problem(self) -> str:
        """Return what has ended of it that should run."""
        return ", ".join(self._backend.ended())

    async def repair(self) -> bool:
        """Start again the daemons that have ended: the configuration stays, sessions too."""
        await self._backend.repair()
        return True

    async def stop(self) -> None:
        """End its sessions and its daemons."""
        await self.router.close()
        await self._backend.close()


class AwsRouterService(RouterService):
    """An instance's router: at first as its image boots, later from its disk, as an EBS volume outlives a stop.

    Its host key is its own, and nobody outside knows it.
    """

    def __init__(self, spec: RouterInstance, context: TwinContext) -> None:
        nics = {f"GigabitEthernet{number}": nic for number, nic in enumerate(spec.nics, start=1)}
        super().__init__(
            spec.instance_id,
            "c8000v",
            netns=spec.instance_id,
            ports={name: nic.name for name, nic in nics.items()},
            folder=context.folder("routers", spec.instance_id),
            dhcp={name: DhcpLease(address=nic.address, gateway=nic.gateway) for name, nic in nics.items()},
        )
        self._spec = spec
        self._context = context
        self._socket: socket.socket | None = None

    async def _start(self) -> None:
        self._socket = self._context.listen(self._spec.instance_id)
        # Of one that boots, SSH takes connections as a way in through a tunnel does, and nobody speaks.
        if not self._spec.booting:
            await self._boot(self._socket)

    async def _boot(self, sock: socket.socket) -> None:
        spec = self._spec
        disk = self._context.disks.get(spec.instance_id)
        refused = await self.router.boot(spec.user_data, public_key=spec.public_key, disk=disk)
        for line in refused:
            # The line's first words only: it may hold a key.
            words = " ".join(line.line.split()[:2])
            _log.warning("%s refused line %d at boot (%s): %s", spec.instance_id, line.number, words, line.answer)
        host_key = await asyncio.to_thread(new_rsa_key) if disk is None else disk.host_key
        await self._serve(sock, host_key)

    async def update(self, spec: object) -> bool:
        """Reboot where that is asked for, or end a slow boot; another interface is another start from the same disk."""
        if not isinstance(spec, RouterInstance) or spec.booting:
            return False
        if self._socket is not None and replace(self._spec, booting=False) == spec:
            self._spec = spec
            await self._boot(self._socket)
            return True
        if replace(self._spec, boots=spec.boots) != spec:
            return False
        self._spec = spec
        await self.router.reboot()
        await self.router.settled()
        return True

    async def stop(self) -> None:
        """End its sessions and its daemons; its disk stays."""
        await super().stop()
        if self._socket is not None:
            self._context.hang_up(self._spec.instance_id, self._socket)
            self._socket = None
            if self.router.disk is not None:
                self._context.disks[self._spec.instance_id] = self.router.disk


class RemoteRouterService(RouterService):
    """A remote site's router as its owner set it up, with the host key that its owner gave us."""

    def __init__(self, remote: RemoteSite, context: TwinContext) -> None:
        site, router = remote.site, remote.site.router
        # An SSH name can be as long as paths of sockets must not be, and is no file's name by its nature.
        super().__init__(
            router.ssh,
            router.platform,
            netns=names.site_router(site.name),
            ports={port.interface: kernel_name(port.interface) for port in (router.wan, router.lan)},
            folder=context.folder("routers", f"site-{site.number}"),
        )
        self._ssh = router.ssh
        self._configuration = owner_configuration(remote, context.keys.client_public)
        self._entrance = context.named[router.ssh], context.keys.hosts[router.ssh]

    async def _start(self) -> None:
        refused = await self.router.load(self._configuration)
        if refused:
            answers = "; ".join(f"line {line.number} ({line.line.split()[0]}): {line.answer}" for line in refused)
            raise RefusedError(f"{self._ssh} refused its start-up configuration: {answers}")
        await self._serve(*self._entrance)
