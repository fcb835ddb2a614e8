"""The Linux machines of a lab: instances that run user data, and remote sites' devices that are reached by SSH.

The nodes have no systemd: of what it does at each boot, settings and oneshot units that user data left are done, as far
as they are the node's own (/etc begins as a copy of this machine's).
Sources: sysctl.d(5), systemd-sysctl.service(8); systemd.unit(5), .wants/; systemd.service(5), Type=oneshot.
"""

from __future__ import annotations

import logging
import shlex
from typing import TYPE_CHECKING, Final

from mcastlab_twin.network import names
from mcastlab_twin.sandbox import rootfs
from mcastlab_twin.services import ssh_server
from mcastlab_twin.services.linux import LinuxNode

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    import asyncssh

    from mcastlab_twin.network.instances import HostInstance
    from mcastlab_twin.services.context import TwinContext
    from mcastlab_twin.services.specifications import RemoteDevice

USER_DATA_S: Final = 300
"""Seconds that an instance's user data may run."""

HOST_USER: Final = "ec2-user"
"""Whom Amazon Linux lets log in. Source: EC2 user guide, Default usernames for AMIs."""

SETTINGS: Final = "sysctl.d"
UNITS: Final = "systemd/system/multi-user.target.wants"

_SCRIPT: Final = """
machines_own() {{ case "$1" in {known}) return 0;; esac; return 1; }}
for file in /etc/{settings}/*.conf; do
  [ -f "$file" ] || continue
  machines_own "{settings}/${{file##*/}}" || sysctl -q -p "$file" || failed="$failed $file"
done
for unit in /etc/{units}/*.service; do
  [ -f "$unit" ] || continue
  machines_own "{units}/${{unit##*/}}" && continue
  grep -q '^Type=oneshot' "$unit" || continue
  sed -n 's/^ExecStart=-\\{{0,1\\}}//p' "$unit" > /run/to-start
  while read -r line; do sh -c "$line" < /dev/null || failed="$failed $unit"; done < /run/to-start
done
[ -z "$failed" ] || {{ echo "failed:$failed" >&2; exit 1; }}
"""

_log = logging.getLogger(__name__)


def boot_script(skeleton_etc: Path) -> str:
    """Return the script of a boot that is not the first, given the /etc that nodes begin with."""
    known = [
        f"{folder}/{file.name}"
        for folder, ending in ((SETTINGS, "*.conf"), (UNITS, "*.service"))
        for file in sorted((skeleton_etc / folder).glob(ending))
    ]
    return _SCRIPT.format(
        known="|".join(shlex.quote(name) for name in known) or "''", settings=SETTINGS, units=UNITS
    ).lstrip()


class LinuxHost(LinuxNode):
    """A Linux instance, up when its user data has run. A reboot is another start from the same disk."""

    def __init__(self, host: HostInstance, context: TwinContext) -> None:
        super().__init__(host.instance_id, host.hostname, context.folder("nodes", host.instance_id))
        self._context = context
        self._socket: socket.socket | None = None
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._user_data = host.user_data
        self._mark = self.run_dir / "booted"

    async def _start(self) -> None:
        """Start file system and processes, then the user data by its own first line, or later what that has left.

        Source: cloud-init, user data; module frequency "once per instance".
        """
        await super()._start()
        if self._mark.exists():
            await self.run_at_boot("a boot", boot_script(rootfs.FOLDER / "etc"), "sh")
        elif self._user_data.startswith("#!"):
            await self.run_at_boot("user data", self._user_data)
        elif self._user_data.strip():
            _log.warning("user data of %s is not a script and was not run", self.netns)
        self._mark.touch()
        self._socket = self._context.listen(self.netns)
        key = self._context.host_key(self.netns)
        self._acceptor = await ssh_server.serve(self, self._socket.dup(), key, self._pushed_keys)

    async def _pushed_keys(self, user: str) -> tuple[str, ...]:
        """Return the keys that open it, as Amazon Linux's SSH server asks EC2 Instance Connect for them."""
        return await self._context.pushed_keys(self.netns, user) if user == HOST_USER else ()

    async def stop(self) -> None:
        """End its server and all its processes; its disk stays."""
        if self._acceptor is not None:
            self._acceptor.close()
        if self._socket is not None:
            self._context.hang_up(self.netns, self._socket)
        await super().stop()

    async def run_at_boot(self, what: str, script: str, *interpreter: str) -> None:
        """Run a script; as on EC2, the instance runs whatever comes of it, and the log tells."""
        result = await self.run(script, interpreter=interpreter, timeout_s=USER_DATA_S)
        if result.code != 0:
            said = result.stderr + result.stdout
            _log.warning("%s of %s ended with %d: %s", what, self.netns, result.code, said)


class LinuxDevice(LinuxNode):
    """A remote site's device, reached by SSH."""

    def __init__(self, device: RemoteDevice, context: TwinContext) -> None:
        super().__init__(names.device(device.name), device.name, context.folder("nodes", device.name))
        self._socket = context.named[device.name]
        self._host_key, self._client_key = context.keys.hosts[device.name], context.keys.client_public
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def _start(self) -> None:
        """Start the node, then its SSH server."""
        await super()._start()
        self._acceptor = await ssh_server.serve(self, self._socket.dup(), self._host_key, self._authorized)

    async def _authorized(self, _user: str) -> tuple[str, ...]:
        return (self._client_key,)

    async def stop(self) -> None:
        """End its server and all its processes."""
        if self._acceptor is not None:
            self._acceptor.close()
        await super().stop()
