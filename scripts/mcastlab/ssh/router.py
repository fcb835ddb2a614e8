"""A session on an IOS-XE router through netmiko."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Final, cast

import paramiko
from netmiko import ConnectHandler
from netmiko.exceptions import (
    NetmikoAuthenticationException,
    NetmikoBaseException,
)

from mcastlab.errors import RefusedError, TimedOutError

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.secret import Secret
    from mcastlab.ssh.client_config import SshHost

DEVICE_TYPE: Final = "cisco_xe"
READ_TIMEOUT_S: Final = 30.0
_CHUNK: Final = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterLogin:
    """A router, the way to it, and the login: a private key in memory, or the SSH configuration's identity file."""

    router: str
    key: str
    """What identifies the router: its instance id, or its name in the SSH client configuration."""
    host: SshHost
    user: str
    private_key: Secret | None
    known_hosts: Path


class NetmikoSession:
    """A privileged session; the host's key is checked."""

    def __init__(self, login: RouterLogin, *, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        """Log in.

        Raises:
            RefusedError: the router cannot be reached, its host key is not the known one, or it refuses the login.
        """
        self._router = login.router
        host = login.host
        key = None if login.private_key is None else _private_key(login.private_key, login.router)
        identity_file = None if key or not host.identity_file else str(host.identity_file)
        sock = paramiko.ProxyCommand(host.proxy_command) if host.proxy_command else None
        try:
            self._connection = ConnectHandler(
                device_type=DEVICE_TYPE,
                host=host.hostname,
                port=host.port,
                username=login.user,
                pkey=key,
                use_keys=identity_file is not None,
                key_file=identity_file,
                allow_agent=key is None,
                ssh_strict=True,
                system_host_keys=False,
                alt_host_keys=True,
                alt_key_file=str(login.known_hosts),
                sock=sock,
            )
        except NetmikoAuthenticationException:
            raise RefusedError(
                f"{login.router}: {host.alias} refuses the login of {login.user}",
                hint="check the user and the key in the SSH client configuration",
            ) from None
        except (NetmikoBaseException, paramiko.SSHException, OSError, EOFError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise RefusedError(
                f"{login.router}: no SSH session on {host.alias} ({host.hostname}:{host.port}): {reason}",
                hint=f"is it running, and is its host key the one in {login.known_hosts}?",
            ) from None

        self._channel = cast("paramiko.Channel", self._connection.remote_conn)
        self._channel.settimeout(read_timeout_s)
        self._read_timeout_s = read_timeout_s
        name = re.escape(self._connection.base_prompt)
        self._prompt = re.compile(rf"^{name}[^\s#>]*#[ ]?", re.MULTILINE)
        self._in_configuration = False

    @property
    def router(self) -> str:
        """The router's name in reports."""
        return self._router

    @property
    def in_configuration(self) -> bool:
        """Whether the last answer ended in a configuration prompt."""
        return self._in_configuration

    def show(self, command: str) -> str:
        """Return what an exec command prints.

        Raises:
            RefusedError: the session is lost.
            TimedOutError: the prompt did not come back.
        """
        return self._exchange(command)[0]

    def enter_configuration(self, revert_minutes: int | None = None) -> str:
        """Enter global configuration mode, with the device's own revert timer where minutes are given.

        Raises:
            RefusedError: the session is lost.
            TimedOutError: the prompt did not come back.
        """
        timer = "" if revert_minutes is None else f" revert timer {revert_minutes}"
        return self._exchange(f"configure terminal{timer}")[0]

    def configure(self, *lines: str) -> tuple[str, ...]:
        """Send configuration lines in one write and return what the router printed after the echo of each.

        Raises:
            RefusedError: the session is lost.
            TimedOutError: the prompt did not come back.
        """
        return self._exchange(*lines)

    def leave_configuration(self) -> None:
        """Return to privileged exec mode.

        Raises:
            RefusedError: the session is lost.
            TimedOutError: the prompt did not come back.
        """
        self._exchange("end")

    def _exchange(self, *lines: str) -> tuple[str, ...]:
        """Write lines and read up to the prompt after the last one.

        The channel is used as it is: netmiko would write each line, and so its keys, to the debug log.
        """
        # A key in a line must reach no exception: the lines are not told.
        deadline = time.monotonic() + self._read_timeout_s
        output = ""
        try:
            self._channel.sendall("".join(f"{line}\n" for line in lines).encode())
            while True:
                output += _received(self._channel)
                prompts = list(self._prompt.finditer(output))
                if len(prompts) >= len(lines) and prompts[-1].end() == len(output):
                    break
                self._channel.settimeout(max(0.01, deadline - time.monotonic()))
        except TimeoutError:
            raise TimedOutError(f"{self._router}: no prompt came back within {self._read_timeout_s:g} s") from None
        except (OSError, EOFError, paramiko.SSHException):
            raise RefusedError(
                f"{self._router}: the session was lost", hint="is the router still reachable? Run again"
            ) from None
        finally:
            self._channel.settimeout(self._read_timeout_s)
        self._in_configuration = "(config" in prompts[-1].group()
        # The prompts of an exec command's own output come first; each line's answer ends at its prompt.
        ends = prompts[-len(lines) :]
        starts = [0, *(prompt.end() for prompt in ends[:-1])]
        return tuple(output[start : end.start()].partition("\n")[2] for start, end in zip(starts, ends, strict=True))

    def close(self) -> None:
        """End the session, even one in which nobody answers any more.

        netmiko would first leave configuration mode and wait for the prompts.
        """
        self._channel.close()
        client = self._connection.remote_conn_pre
        if client is not None:
            client.close()


def _received(channel: paramiko.Channel) -> str:
    """Return what has come in.

    Raises:
        EOFError: the router has ended the session.
    """
    received = channel.recv(_CHUNK)
    if not received:
        raise EOFError
    return received.decode("utf-8", errors="replace").replace("\r", "")


def _private_key(key: Secret, router: str) -> paramiko.RSAKey:
    try:
        return paramiko.RSAKey.from_private_key(StringIO(key.reveal()))
    except (paramiko.SSHException, ValueError):
        raise RefusedError(f"{router}: its private key is no RSA key in PEM form") from None
