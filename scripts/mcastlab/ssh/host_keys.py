"""Host keys: a router of this deployment is pinned at first use, every other host is known beforehand."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final

import paramiko

from mcastlab.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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


def fingerprint(key: paramiko.PKey) -> str:
    """Return a key's fingerprint as OpenSSH shows it: ``SHA256:`` and base64 without padding."""
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


def know_at_first_use(host: SshHost, ask: Callable[[str], bool] | None) -> bool:
    """Have the key of a host that somebody else owns in its known_hosts file; say whether it was put there just now.

    Args:
        host: the host.
        ask: asks a person whether a key is the right one; None where there is no terminal.

    Raises:
        RefusedError: the key is not known, and nobody is there to accept it or it was not accepted.
    """
    keys = paramiko.HostKeys()
    if host.known_hosts.exists():
        keys.load(str(host.known_hosts))
    if keys.lookup(host.known_hosts_name) is not None:
        return False
    key = _offered_key(host)
    shown = f"{key.get_name()} {fingerprint(key)}"
    if ask is None or not ask(
        f"{host.alias} ({host.known_hosts_name}) shows the host key {shown}. Is it the right one?"
    ):
        raise RefusedError(
            f"{host.alias}: its host key is not in {host.known_hosts}: {shown}",
            hint="compare it with the router's `show ip ssh`, and put it there with ssh or ssh-keyscan",
        )
    host.known_hosts.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with host.known_hosts.open("a", encoding="utf-8") as stream:
        stream.write(f"{host.known_hosts_name} {key.get_name()} {key.get_base64()}\n")
    return True


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
