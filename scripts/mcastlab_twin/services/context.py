"""What every node needs of the sandbox: its folders, its sockets and its keys."""

from __future__ import annotations

import asyncio
import shutil
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import asyncssh

from mcastlab.command_line import command
from mcastlab_base.errors import RefusedError
from mcastlab_twin.services.ssh_config import Reach

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from iosxe.disk import RouterDisk
    from mcastlab_twin.sandbox.manifest import Manifest

KEY_BITS: Final = 2048
"""RSA, because older IOS-XE takes nothing else from a user and offers nothing else of its own."""

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

    def authorized(self) -> asyncssh.SSHAuthorizedKeys:
        """Who may log in to a remote site's devices."""
        return asyncssh.import_authorized_keys(self.client_public)


@dataclass(slots=True, kw_only=True)
class TwinContext:
    """The sandbox's folders, sockets and keys."""

    name: str
    """The twin's."""
    state: Path
    keys: Keys
    named: dict[str, socket.socket]
    """Of the remote sites' routers and devices: SSH, of an appliance its button."""
    spare: list[socket.socket]
    reaches: dict[str, Reach] = field(default_factory=dict)
    """The AWS routers that answer just now, by instance id."""
    disks: dict[str, RouterDisk] = field(default_factory=dict)
    """What AWS routers that were ended have left, by instance id."""

    def forget_all_but(self, instances: Container[str]) -> None:
        """Remove the disks of instances that are no more; that of a Linux instance is its folder."""
        for identifier in [each for each in self.disks if each not in instances]:
            del self.disks[identifier]
        nodes = self.state / "nodes"
        for folder in nodes.iterdir() if nodes.is_dir() else ():
            if folder.name.startswith("i-") and folder.name not in instances:
                shutil.rmtree(folder, ignore_errors=True)

    def folder(self, *parts: str) -> Path:
        """Return a folder of the sandbox's own state, made if need be; daemons that drop root may enter it."""
        place = self.state.joinpath(*parts)
        place.mkdir(mode=0o755, parents=True, exist_ok=True)
        return place

    def take_socket(self, host: str) -> socket.socket:
        """Return a spare listening socket for an AWS router, and have it in the client configuration from now on.

        Raises:
            RefusedError: none is left.
        """
        if not self.spare:
            raise RefusedError(
                f"no SSH socket is left for {host}",
                hint=f"{command('twin', 'down', '--name', self.name)}, then start it again",
            )
        sock = self.spare.pop(0)
        self.reaches[host] = Reach(host=host, port=sock.getsockname()[1])
        return sock

    def give_back(self, host: str, sock: socket.socket) -> None:
        """Return a socket that `take_socket` gave."""
        self.spare.append(sock)
        self.reaches.pop(host, None)


async def open_context(manifest: Manifest, state: Path) -> TwinContext:
    """Take over the inherited sockets and make the keys."""
    routers = [site.router.ssh for site in manifest.lab.sites]
    devices = [device.name for site in manifest.lab.sites for device in site.machines]
    client, *router_keys = await asyncio.gather(*(asyncio.to_thread(new_rsa_key) for _ in range(1 + len(routers))))
    device_keys = [asyncssh.generate_private_key("ssh-ed25519") for _ in devices]
    return TwinContext(
        name=manifest.name,
        state=state,
        keys=Keys(client=client, hosts=dict(zip(routers + devices, router_keys + device_keys, strict=True))),
        named={name: socket.socket(fileno=number) for name, number in manifest.ssh.items()},
        spare=[socket.socket(fileno=number) for number in manifest.spare_ssh],
    )


def new_rsa_key() -> asyncssh.SSHKey:
    """Return a new RSA key; takes a tenth of a second, so call it in a thread."""
    return asyncssh.generate_private_key("ssh-rsa", key_size=KEY_BITS)


def public_text(key: asyncssh.SSHKey) -> str:
    """Return a key's public half in OpenSSH form."""
    return key.export_public_key().decode().strip()
