"""Virtual routers in the fabric: the AWS router as its image boots, and a remote site's as its owner set it up."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from iosxe.day0 import key_lines
from iosxe.router import VirtualRouter
from mcastlab.errors import RefusedError
from mcastlab_twin.network import names
from mcastlab_twin.network.instances import RouterInstance
from mcastlab_twin.network.site import RemoteSite, kernel_name
from mcastlab_twin.routers.live import DhcpLease, LiveBackend
from mcastlab_twin.services.context import REMOTE_USER, new_rsa_key
from mcastlab_twin.services.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.lab.site import RouterPort
    from mcastlab_twin.services.context import Context

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
    """A virtual router that runs."""

    def __init__(
        self,
        router: VirtualRouter,
        backend: LiveBackend,
        release: Callable[[], None],
        spec: RouterInstance | None = None,
    ) -> None:
        super().__init__()
        self._spec = spec
        self.router = router
        self._backend = backend
        self._release = release

    async def update(self, spec: object) -> bool:
        """Reboot where that is asked for; another interface is another start from the same disk."""
        if self._spec is None or not isinstance(spec, RouterInstance) or replace(self._spec, boots=spec.boots) != spec:
            return False
        self._spec = spec
        await self.router.reboot()
        await self.router.settled()
        return True

    def kernel_gre(self) -> tuple[bool, ...]:
        """Tell of each of its GRE tunnels whether the kernel carries it."""
        return self._backend.kernel_gre()

    def problem(self) -> str:
        """Return what has ended of it that should run."""
        return ", ".join(self._backend.ended())

    async def mend(self) -> bool:
        """Start again the daemons that have ended: the configuration stays, sessions too."""
        await self._backend.mend()
        return True

    async def stop(self) -> None:
        """End its sessions and its daemons."""
        await self.router.close()
        await self._backend.close()
        self._release()


async def start_aws_router(spec: RouterInstance, context: Context) -> RouterService:
    """Boot an instance's router: at first as its image does, later from its disk, as an EBS volume outlives a stop.

    Its host key is its own, and nobody outside knows it.
    """
    ports = {f"GigabitEthernet{number}": nic.name for number, nic in enumerate(spec.nics, start=1)}
    leases = {
        name: DhcpLease(address=nic.address, gateway=nic.gateway) for name, nic in zip(ports, spec.nics, strict=True)
    }
    folder = context.folder("routers", spec.instance_id)
    backend = LiveBackend(netns=spec.instance_id, interfaces=ports, dhcp=leases, run_dir=folder)
    router = VirtualRouter(
        spec.instance_id,
        "c8000v",
        tuple(ports),
        backend,
        console=folder / "console",
    )
    backend.tell = router.device.tell
    disk = context.disks.get(spec.instance_id)
    refused = await router.boot(spec.user_data, public_key=spec.public_key, disk=disk)
    for line in refused:
        # The line's first words only: it may hold a key.
        words = " ".join(line.line.split()[:2])
        _log.warning("%s refused line %d at boot (%s): %s", spec.instance_id, line.number, words, line.answer)
    host_key = await asyncio.to_thread(new_rsa_key) if disk is None else disk.host_key
    sock = context.take_socket(spec.instance_id)
    await router.serve(sock.dup(), host_key)
    await router.settled()

    def release() -> None:
        context.give_back(spec.instance_id, sock)
        if router.disk is not None:
            context.disks[spec.instance_id] = router.disk

    return RouterService(router, backend, release, spec)


async def start_remote_router(remote: RemoteSite, context: Context) -> RouterService:
    """Start a remote site's router as its owner set it up, with the host key that its owner told us.

    Raises:
        RefusedError: the router does not take its own start-up configuration.
    """
    site = remote.site
    wan, lan = site.router.wan, site.router.lan
    # An SSH name can be as long as paths of sockets must not be, and is no file's name by its nature.
    netns, folder = names.site_router(site.name), context.folder("routers", f"site-{site.number}")
    ports = {port.interface: kernel_name(port.interface) for port in (wan, lan)}
    backend = LiveBackend(netns=netns, interfaces=ports, run_dir=folder)
    router = VirtualRouter(site.router.ssh, site.router.platform, tuple(ports), backend, console=folder / "console")
    backend.tell = router.device.tell
    refused = await router.load(owner_configuration(remote, context.keys.client_public))
    if refused:
        answers = "; ".join(f"line {line.number} ({line.line.split()[0]}): {line.answer}" for line in refused)
        raise RefusedError(f"{site.router.ssh} refused its start-up configuration: {answers}")
    await router.serve(context.named[site.router.ssh].dup(), context.keys.hosts[site.router.ssh])
    await router.settled()
    return RouterService(router, backend, lambda: None)
