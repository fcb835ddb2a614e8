"""A shell or a command on an EC2 host at this terminal, by a key that was made for this login and is kept in memory."""

from __future__ import annotations

import os
import select
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mcastlab.routers.ssh.client import ShellClient
from mcastlab.routers.ssh.console import raw_terminal, resizing, terminal_size
from mcastlab.routers.ssh.host_keys import CONNECT_TIMEOUT_S, changed_key
from mcastlab.routers.ssh.proxy_sockets import THROUGH, why_closed
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.routers.ssh.client_config import SshHost

_CHUNK: Final = 1 << 15
_NO_STATUS: Final = 255
"""Ended by a signal, or cut off. Source: ssh(1), exit status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLogin:
    """A host, the way to it, and what logs in."""

    name: str
    host: SshHost
    user: str
    key: paramiko.PKey
    known_hosts: Path


def new_key() -> paramiko.PKey:
    """Return a new key, which no file has."""
    private = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return paramiko.Ed25519Key.from_private_key(StringIO(private.decode()))


def public_text(key: paramiko.PKey) -> str:
    """Return a key's public half in OpenSSH form."""
    return f"{key.get_name()} {key.get_base64()}"


def open_host(login: HostLogin, command: str | None) -> int:
    """Run a command, or a shell, with our streams, and return its exit code; a shell at a terminal has one of its own.

    Raises:
        RefusedError: the host cannot be reached, its host key is not the known one, or it refuses the login.
    """
    client = ShellClient()
    try:
        channel = session_on(client, login)
        at_terminal = command is None and sys.stdin.isatty() and sys.stdout.isatty()
        if at_terminal:
            size = terminal_size()
            channel.get_pty(os.environ.get("TERM", "vt100"), size.columns, size.lines)
        if command is None:
            channel.invoke_shell()
        else:
            channel.exec_command(command)
        with raw_terminal() if at_terminal else nullcontext(), resizing(channel) if at_terminal else nullcontext():
            _pass_on(channel)
        status = channel.recv_exit_status()
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise RefusedError(
            f"{login.name}: the session ended: {error or type(error).__name__}", hint="run the command again"
        ) from None
    finally:
        client.close()
    return status if status >= 0 else _NO_STATUS


def session_on(client: ShellClient, login: HostLogin) -> paramiko.Channel:
    """Log in to a host and return a new channel on it.

    Raises:
        RefusedError: it cannot be reached, its host key is not the known one, or it refuses the login.
    """
    host, way = login.host, None
    try:
        way = host.channel()
        client.load_host_keys(str(login.known_hosts))
        client.connect(
            host.hostname,
            port=host.port,
            username=login.user,
            pkey=login.key,
            sock=way,
            timeout=CONNECT_TIMEOUT_S,
            allow_agent=False,
            look_for_keys=False,
        )
        return client.open_session()
    except paramiko.BadHostKeyException as error:
        raise changed_key(login.name, host, login.known_hosts, error.key) from None
    except paramiko.AuthenticationException:
        raise RefusedError(
            f"{login.name}: {host.alias} refuses the login of {login.user}",
            hint="its image needs EC2 Instance Connect, as Amazon Linux 2023 has it; a `Host i-*` entry with `User` in "
            "the SSH client configuration names another user",
        ) from None
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise RefusedError(
            f"{login.name}: no SSH session on {host.alias}: {why_closed(way) or error or type(error).__name__}",
            hint=f"{THROUGH} Labs of older versions do not: deploy the lab again",
        ) from None


def _pass_on(channel: paramiko.Channel) -> None:
    """Pass bytes both ways until the command has ended."""
    sys.stdout.flush()
    sources: list[Any] = [channel, sys.stdin.fileno()]
    while not (channel.eof_received or channel.closed) or channel.recv_ready() or channel.recv_stderr_ready():
        ready, _, _ = select.select(sources, [], [])
        if channel.recv_stderr_ready():
            _write(sys.stderr.fileno(), channel.recv_stderr(_CHUNK))
        if channel.recv_ready():
            _write(sys.stdout.fileno(), channel.recv(_CHUNK))
        if len(sources) > 1 and sources[1] in ready:
            typed = os.read(sources[1], _CHUNK)
            try:
                if typed:
                    channel.sendall(typed)
                else:
                    channel.shutdown_write()
            except OSError:  # it has ended
                typed = b""
            if not typed:
                del sources[1]


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
