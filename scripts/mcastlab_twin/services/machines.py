"""The Linux machines of a lab: instances that run user data, and remote sites' devices that are reached by SSH."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab_twin.network import names
from mcastlab_twin.sandbox import rootfs
from mcastlab_twin.services import ssh_server
from mcastlab_twin.services.boot_script import boot_script
from mcastlab_twin.services.linux import LinuxNode

if TYPE_CHECKING:
    import asyncssh

    from mcastlab_twin.network.instances import AwsHost
    from mcastlab_twin.services.context import Context

USER_DATA_S: Final = 300
"""Seconds that an instance's user data may run."""

_log = logging.getLogger(__name__)


class LinuxHost(LinuxNode):
    """A Linux instance, up when its user data has run. A reboot is another start from the same disk."""

    @classmethod
    async def boot(cls, host: AwsHost, context: Context) -> LinuxHost:
        """Start file system and processes, then the user data by its own first line, or later what that has left.

        Source: cloud-init, user data; module frequency "once per instance".
        """
        folder = context.folder("nodes", host.instance_id)
        node = cls(host.instance_id, host.hostname, folder)
        await node.start()
        mark = folder / "booted"
        if mark.exists():
            await node.run_at_boot("a boot", boot_script(rootfs.FOLDER / "etc"), "sh")
        elif host.user_data.startswith("#!"):
            await node.run_at_boot("user data", host.user_data)
        elif host.user_data.strip():
            _log.warning("user data of %s is not a script and was not run", host.instance_id)
        mark.touch()
        return node

    async def run_at_boot(self, what: str, script: str, *interpreter: str) -> None:
        """Run a script; as on EC2, the instance runs whatever comes of it, and the log tells."""
        result = await self.run(script, interpreter=interpreter, timeout_s=USER_DATA_S)
        if result.code != 0:
            said = result.stderr + result.stdout
            _log.warning("%s of %s ended with %d: %s", what, self.netns, result.code, said)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteDevice:
    """A remote site's Linux device."""

    name: str


class LinuxDevice(LinuxNode):
    """A remote site's device, reached by SSH."""

    _acceptor: asyncssh.SSHAcceptor | None = None

    @classmethod
    async def boot(cls, device: RemoteDevice, context: Context) -> LinuxDevice:
        """Start the node, then its SSH server."""
        node = cls(names.device(device.name), device.name, context.folder("nodes", device.name))
        await node.start()
        sock = context.named[device.name].dup()
        node._acceptor = await ssh_server.serve(node, sock, context.keys.hosts[device.name], context.keys.authorized())
        return node

    async def stop(self) -> None:
        """End its server and all its processes."""
        if self._acceptor is not None:
            self._acceptor.close()
        await super().stop()
