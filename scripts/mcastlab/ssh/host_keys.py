"""Host keys: a router of this deployment is pinned at first use, every other host is known beforehand."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final

import paramiko

from mcastlab.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab.ssh.client_config import SshHost

CONNECT_TIMEOUT_S: Final = 15


def pins_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where pinned host keys are kept, one file an EC2 instance.

    Source: XDG base directory specification, XDG_STATE_HOME.
    """
    state = environment.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "mcastlab" / "host-keys"


def pin_at_first_use(host: SshHost, instance_id: str, folder: Path) -> tuple[Path, bool]:
    """Return the known_hosts file of an EC2 instance, and whether its key was pinned just now.

    The instance's id pins the key: a router that is replaced has another id, so a changed key under the same id is
    never accepted.

    Raises:
        RefusedError: the router does not answer SSH.
    """
    path = folder / instance_id
    if path.exists():
        return path, False
    key = _offered_key(host)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = paramiko.HostKeys()
    keys.add(host.known_hosts_name, key.get_name(), key)
    keys.save(str(path))
    return path, True


def _offered_key(host: SshHost) -> paramiko.PKey:
    try:
        channel = (
            paramiko.ProxyCommand(host.proxy_command)
            if host.proxy_command
            else socket.create_connection((host.hostname, host.port), CONNECT_TIMEOUT_S)
        )
        transport = paramiko.Transport(channel)
        try:
            transport.start_client(timeout=CONNECT_TIMEOUT_S)
            return transport.get_remote_server_key()
        finally:
            transport.close()
    except (OSError, paramiko.SSHException) as error:
        raise RefusedError(
            f"{host.alias} ({host.hostname}:{host.port}) does not answer SSH: {error}",
            hint="is the router running, and does the SSH client configuration say how to reach it?",
        ) from None
