"""Host keys: a router of this deployment is pinned at first use, other hosts are known beforehand or by fingerprint."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import paramiko

from mcastlab import private_files
from mcastlab.errors import RefusedError
from mcastlab.places import state_folder
from mcastlab.routers.ssh.changed_keys import fingerprint, pinned

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from mcastlab.routers.ssh.client_config import SshHost

CONNECT_TIMEOUT_S: Final = 15
_KINDS: Final = ("ssh-ed25519", "ecdsa-", "ssh-rsa")


def pins_folder() -> Path:
    """Return where pinned host keys are kept, one file an EC2 instance."""
    return state_folder() / "host-keys"


def pin_at_first_use(host: SshHost, instance_id: str, folder: Path) -> tuple[Path, bool]:
    """Return the known_hosts file of an EC2 instance, and whether its key was pinned just now.

    The instance's id pins the key, whatever its address is today: a router that is replaced has another id, so a
    changed key under the same id is never accepted.

    Raises:
        RefusedError: the router does not answer SSH, or the file cannot be read or written.
    """
    path = folder / instance_id
    if pinned(path, host.known_hosts_name):
        return path, False
    known = dict.fromkeys(key for _, key in pinned(path))
    keys = known or (offered_key(host),)
    try:
        private_files.make_folder(folder)
        with private_files.appended(path) as stream:
            stream.writelines(f"{host.known_hosts_name} {key.get_name()} {key.get_base64()}\n" for key in keys)
    except OSError as error:
        raise _unwritable(path, error) from None
    return path, not known


def _unwritable(path: Path, error: OSError) -> RefusedError:
    return RefusedError(
        f"{path} cannot be written: {error.strerror}", hint="host keys are kept there; make room for it"
    )


def know_at_first_use(host: SshHost, ask: Callable[[str], bool] | None, expected: str | None = None) -> bool:
    """Have the key of a host that somebody else owns in its known_hosts file; say whether it was put there just now.

    Args:
        host: the host.
        ask: asks a person whether a key is the right one; None where there is no terminal.
        expected: the fingerprint that the lab document tells; exactly that key is accepted then, and nobody is asked.

    Raises:
        RefusedError: the key is not known, and nobody is there to accept it or it was not accepted; or the known or
            the offered key is not the expected one.
    """
    known = [fingerprint(key) for _, key in pinned(host.known_hosts, host.known_hosts_name)]
    if known:
        _refuse_other_than(host, known, expected)
        return False
    key = offered_key(host) if expected is None else _expected_key(host, expected)
    shown = f"{key.get_name()} {fingerprint(key)}"
    if expected is None and (
        ask is None
        or not ask(f"{host.alias} ({host.known_hosts_name}) shows the host key {shown}. Is it the right one?")
    ):
        raise RefusedError(
            f"{host.alias}: its host key is not in {host.known_hosts}: {shown}",
            hint="compare it with the router's `show ip ssh`, and write it as host_key into the lab document",
        )
    try:
        private_files.make_folder(host.known_hosts.parent)
        with private_files.appended(host.known_hosts) as stream:
            stream.write(f"{host.known_hosts_name} {key.get_name()} {key.get_base64()}\n")
    except OSError as error:
        raise _unwritable(host.known_hosts, error) from None
    return True


def _refuse_other_than(host: SshHost, known: Sequence[str], expected: str | None) -> None:
    if expected is not None and expected not in known:
        raise RefusedError(
            f"{host.alias}: {host.known_hosts} has the host key {', '.join(known)}, "
            f"and the lab document says {expected}",
            hint="find out which one is the host's own; then mend the document, or take the old one out: "
            f"ssh-keygen -f {host.known_hosts} -R '{host.known_hosts_name}'",
        )


def _expected_key(host: SshHost, expected: str) -> paramiko.PKey:
    """Return the key that has a fingerprint, of whichever kind the host shows it."""
    offered = [offered_key(host)]
    for kind in _KINDS:
        if fingerprint(offered[-1]) == expected:
            return offered[-1]
        if kind != _kind(offered[0]):
            with suppress(RefusedError):
                offered.append(offered_key(host, kind))
    if fingerprint(offered[-1]) == expected:
        return offered[-1]
    shown = ", ".join(f"{key.get_name()} {fingerprint(key)}" for key in offered)
    raise RefusedError(
        f"{host.alias} ({host.known_hosts_name}) shows the host key {shown}, and the lab document says {expected}",
        hint="somebody may stand between, or the host has a new key: compare it on its console, then mend host_key",
    )


def _kind(key: paramiko.PKey) -> str:
    return "ecdsa-" if key.get_name().startswith("ecdsa-") else key.get_name()


def offered_key(host: SshHost, kind: str = "") -> paramiko.PKey:
    """Return the key that a host shows, of a kind where one is named.

    Raises:
        RefusedError: it does not answer SSH, or has no key of that kind.
    """
    try:
        channel = (
            paramiko.ProxyCommand(host.proxy_command)
            if host.proxy_command
            else socket.create_connection((host.hostname, host.port), CONNECT_TIMEOUT_S)
        )
        transport = paramiko.Transport(channel)
        try:
            if kind:
                options = transport.get_security_options()
                options.key_types = [name for name in options.key_types if _algorithm(name).startswith(kind)]
            transport.start_client(timeout=CONNECT_TIMEOUT_S)
            return transport.get_remote_server_key()
        finally:
            transport.close()
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise RefusedError(
            f"{host.alias} ({host.hostname}:{host.port}) does not answer SSH: {error or type(error).__name__}",
            hint="is the router running, and does the SSH client configuration say how to reach it?",
        ) from None


def _algorithm(name: str) -> str:
    """Return the kind of key that a signature algorithm takes. Source: RFC 8332, section 3."""
    return "ssh-rsa" if name.startswith("rsa-sha2-") else name
