"""The fabric's long-running services: what starts each, what it takes over while running, and what ends it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.lab.site import Site
from mcastlab_twin.fabric.plan import AwsHost, AwsRouter, Fabric
from mcastlab_twin.network import names
from mcastlab_twin.network.vpn import Speaker
from mcastlab_twin.routers import service as routers
from mcastlab_twin.sandbox import rootfs
from mcastlab_twin.services import ssh_server
from mcastlab_twin.services.bird import Bird
from mcastlab_twin.services.boot_script import boot_script
from mcastlab_twin.services.charon import Charon, CharonTunnel
from mcastlab_twin.services.linux import LinuxNode
from mcastlab_twin.services.wan import ImpairedWan, WanService

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    import asyncssh

    from mcastlab_twin.network.impairment import Impairment
    from mcastlab_twin.services.context import Context
    from mcastlab_twin.services.keeper import Name, Service

USER_DATA_S: Final = 300
"""Seconds that an instance's user data may run."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FarDevice:
    """A far site's Linux device."""

    name: str


class TunnelService:
    """The AWS end of a VPN tunnel."""

    def __init__(self, charon: Charon) -> None:
        self.charon = charon

    @classmethod
    async def start(cls, tunnel: CharonTunnel, context: Context) -> TunnelService:
        """Start the daemon; it waits for the customer."""
        charon = Charon(tunnel, context.folder("vpn", tunnel.netns))
        await charon.start()
        return cls(charon)

    async def update(self, _spec: object) -> bool:
        """Another key or address is another tunnel."""
        return False

    def problem(self) -> str:
        """Return what has ended of it that should run."""
        return self.charon.problem()

    async def mend(self) -> bool:
        """It is restarted as a whole."""
        return False

    async def stop(self) -> None:
        """End the daemon."""
        await self.charon.stop()


class SpeakerService:
    """A gateway's BGP speaker."""

    def __init__(self, bird: Bird) -> None:
        self.bird = bird

    @classmethod
    async def start(cls, speaker: Speaker, context: Context) -> SpeakerService:
        """Start BIRD."""
        bird = Bird(speaker.netns, context.folder("bgp", speaker.netns))
        await bird.apply(speaker.config)
        return cls(bird)

    async def update(self, spec: object) -> bool:
        """Sessions that a new configuration leaves alone stay up."""
        if not isinstance(spec, Speaker):
            return False
        await self.bird.apply(spec.config)
        return True

    def problem(self) -> str:
        """Return what has ended of it that should run."""
        return self.bird.problem()

    async def mend(self) -> bool:
        """It is restarted as a whole."""
        return False

    async def stop(self) -> None:
        """End BIRD; its routes go."""
        await self.bird.stop()


class HostService:
    """A Linux instance, up when its user data has run."""

    def __init__(self, node: LinuxNode) -> None:
        self.node = node

    @classmethod
    async def start(cls, host: AwsHost, context: Context) -> HostService:
        """Boot: file system and processes, then the user data by its own first line, or later what that has left.

        Source: cloud-init, user data; module frequency "once per instance".
        """
        folder = context.folder("nodes", host.instance_id)
        node = LinuxNode(host.instance_id, host.hostname, folder)
        await node.start()
        booted = folder / "booted"
        if booted.exists():
            result = await node.run(boot_script(rootfs.FOLDER / "etc"), timeout_s=USER_DATA_S)
            if result.code != 0:
                _log.warning("a boot of %s ended with %d: %s", host.instance_id, result.code, result.stderr)
            return cls(node)
        if host.user_data.startswith("#!"):
            result = await node.run(host.user_data, interpreter=(), timeout_s=USER_DATA_S)
            if result.code != 0:
                # As on EC2: the instance runs all the same, and the log tells.
                _log.warning(
                    "user data of %s ended with %d: %s%s", host.instance_id, result.code, result.stderr, result.stdout
                )
        elif host.user_data.strip():
            _log.warning("user data of %s is not a script and was not run", host.instance_id)
        booted.touch()
        return cls(node)

    async def update(self, _spec: object) -> bool:
        """A reboot that is asked for is another start from the same disk."""
        return False

    def problem(self) -> str:
        """Return what has ended of it that should run."""
        return self.node.problem()

    async def mend(self) -> bool:
        """It is restarted as a whole."""
        return False

    async def stop(self) -> None:
        """End all its processes."""
        await self.node.stop()


class DeviceService:
    """A far site's device, reached by SSH."""

    def __init__(self, node: LinuxNode, acceptor: asyncssh.SSHAcceptor) -> None:
        self.node = node
        self._acceptor = acceptor

    @classmethod
    async def start(cls, device: FarDevice, context: Context) -> DeviceService:
        """Start the node, then its SSH server."""
        node = LinuxNode(names.device(device.name), device.name, context.folder("nodes", device.name))
        await node.start()
        sock = context.named[device.name].dup()
        acceptor = await ssh_server.serve(node, sock, context.keys.hosts[device.name], context.keys.authorized())
        return cls(node, acceptor)

    async def update(self, _spec: object) -> bool:
        """A device has nothing that changes."""
        return False

    def problem(self) -> str:
        """Return what has ended of it that should run."""
        return self.node.problem()

    async def mend(self) -> bool:
        """It is restarted as a whole."""
        return False

    async def stop(self) -> None:
        """End its server and all its processes."""
        self._acceptor.close()
        await self.node.stop()


def wanted(fabric: Fabric, impaired: Mapping[str, Impairment]) -> dict[Name, object]:
    """Return the services of a fabric by name, with those that impair the WAN of the named sites."""
    return {
        **{("tunnel", tunnel.netns): tunnel for tunnel in fabric.tunnels},
        **{("speaker", speaker.netns): speaker for speaker in fabric.speakers},
        **{("router", router.instance_id): router for router in fabric.routers},
        **{("host", host.instance_id): host for host in fabric.hosts},
        **{("site", site.name): site for site in fabric.sites},
        **{("device", device.name): FarDevice(name=device.name) for site in fabric.sites for device in site.devices},
        **{
            ("wan", site.name): ImpairedWan(site=site, impairment=impaired[site.name])
            for site in fabric.sites
            if site.name in impaired
        },
    }


async def start(spec: object, context: Context) -> Service:
    """Start the service that a specification asks for.

    Raises:
        TypeError: nothing is known of that kind.
    """
    service: Awaitable[Service]
    match spec:
        case CharonTunnel():
            service = TunnelService.start(spec, context)
        case Speaker():
            service = SpeakerService.start(spec, context)
        case AwsRouter():
            service = routers.start_aws_router(spec, context)
        case AwsHost():
            service = HostService.start(spec, context)
        case Site():
            service = routers.start_far_router(spec, context)
        case FarDevice():
            service = DeviceService.start(spec, context)
        case ImpairedWan():
            service = WanService.start(spec, context)
        case _:
            raise TypeError(f"no service is known for {type(spec).__name__}")
    return await service
