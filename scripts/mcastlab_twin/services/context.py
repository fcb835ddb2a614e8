"""What every node needs of the sandbox: its folders, its sockets and its keys."""

from __future__ import annotations

import asyncio
import shutil
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import asyncssh

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container
    from pathlib import Path

    from iosxe.files import RouterDisk
    from mcastlab_twin.sandbox.manifest import Manifest

KEY_BITS: Final = 2048
"""RSA, because older IOS-XE takes nothing else from a user and offers nothing else of its own."""

INSTANCES: Final = "instances"
"""The folder of the sandbox's state with a Unix socket for each instance that answers SSH."""
BACKLOG: Final = 128

REMOTE_USER: Final = "lab"
"""The login that a remote site's owner gave to the lab."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The twin's key for the remote sites, and those nodes' host keys by SSH name."""

    client: asyncssh.SSHKey
    hosts: dict[str, asyncssh.SSHKey]

    @property
    def client_public(self) -> str:
        """The public half in OpenSSH form."""
        return public_text(self.client)


@dataclass(slots=True, kw_only=True)
class TwinContext:
    """The sandbox's folders, sockets and keys."""

    name: str
    """The twin's."""
    state: Path
    keys: Keys
    named: dict[str, socket.socket]
    """Of the remote sites' routers and devices: SSH, of an appliance its button."""
    pushed_keys: Callable[[str, str], Awaitable[tuple[str, ...]]]
    """Asks the region for the public keys that log a user in to an instance now."""
    host_keys: dict[str, asyncssh.SSHKey] = field(default_factory=dict)
    """Of Linux instances, which keep them over a stop, by instance id."""
    disks: dict[str, RouterDisk] = field(default_factory=dict)
    """What AWS routers that were ended have left, by instance id."""

    def forget_all_but(self, instances: Container[str]) -> None:
        """Remove the disks of instances that are no more; that of a Linux instance is its folder."""
        for identifier in [each for each in self.disks if each not in instances]:
            del self.disks[identifier]
        for identifier in [each for each in self.host_keys if each not in instances]:
            del self.host_keys[identifier]
        nodes = self.state / "nodes"
        for folder in nodes.iterdir() if nodes.is_dir() else ():
            if folder.name.startswith("i-") and folder.name not in instances:
                shutil.rmtree(folder, ignore_errors=True)

    def folder(self, *parts: str) -> Path:
        """Return a folder of the sandbox's own state, made if need be; daemons that drop root may enter it."""
        place = self.state.joinpath(*parts)
        place.mkdir(mode=0o755, parents=True, exist_ok=True)
        return place

    def host_key(self, instance: str) -> asyncssh.SSHKey:
        """Return a Linux instance's host key, made when it first starts."""
        return self.host_keys.setdefault(instance, asyncssh.generate_private_key("ssh-ed25519"))

    def listen(self, instance: str) -> socket.socket:
        """Return a listening socket to which the region's tunnels to an instance lead."""
        place = self.folder(INSTANCES) / instance
        place.unlink(missing_ok=True)
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(str(place))
        sock.listen(BACKLOG)
        return sock

    def hang_up(self, instance: str, sock: socket.socket) -> None:
        """Close a socket that `listen` gave."""
        sock.close()
        (self.state / INSTANCES / instance).unlink(missing_ok=True)


async def open_context(
    manifest: Manifest, state: Path, pushed_keys: Callable[[str, str], Awaitable[tuple[str, ...]]]
) -> TwinContext:
    """Take over the inherited sockets and make the keys; see `TwinContext`."""
    routers = [site.router.ssh for site in manifest.lab.sites]
    devices = [device.name for site in manifest.lab.sites for device in site.machines]
    client, *router_keys = await asyncio.gather(*(asyncio.to_thread(new_rsa_key) for _ in range(1 + len(routers))))
    device_keys = [asyncssh.generate_private_key("ssh-ed25519") for _ in devices]
    return TwinContext(
        name=manifest.name,
        state=state,
        keys=Keys(client=client, hosts=dict(zip(routers + devices, router_keys + device_keys, strict=True))),
        named={name: socket.socket(fileno=number) for name, number in manifest.ssh.items()},
        pushed_keys=pushed_keys,
    )


def new_rsa_key() -> asyncssh.SSHKey:
    """Return a new RSA key; takes a tenth of a second, so call it in a thread."""
    return asyncssh.generate_private_key("ssh-rsa", key_size=KEY_BITS)


def public_text(key: asyncssh.SSHKey) -> str:
    """Return a key's public half in OpenSSH form."""
    return key.export_public_key().decode().strip()
