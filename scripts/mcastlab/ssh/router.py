"""A session on an IOS-XE router through netmiko."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Final

import paramiko
from netmiko import ConnectHandler
from netmiko.exceptions import (
    NetmikoAuthenticationException,
    NetmikoBaseException,
    NetmikoTimeoutException,
    ReadTimeout,
)

from mcastlab.errors import RefusedError, TimedOutError

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.secret import Secret
    from mcastlab.ssh.client_config import SshHost

DEVICE_TYPE: Final = "cisco_xe"
READ_TIMEOUT_S: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterLogin:
    """A router, the way to it, and the login: a private key in memory, or the SSH configuration's identity file."""

    router: str
    host: SshHost
    user: str
    private_key: Secret | None
    known_hosts: Path


class NetmikoSession:
    """A privileged session; the host's key is checked."""

    def __init__(self, login: RouterLogin) -> None:
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
        except (NetmikoTimeoutException, paramiko.SSHException, OSError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise RefusedError(
                f"{login.router}: no SSH session on {host.alias} ({host.hostname}:{host.port}): {reason}",
                hint=f"is it running, and is its host key the one in {login.known_hosts}?",
            ) from None

    @property
    def router(self) -> str:
        """The router's name in reports."""
        return self._router

    def show(self, command: str) -> str:
        """Return what an exec command prints.

        Raises:
            TimedOutError: the prompt did not come back.
        """
        try:
            return str(self._connection.send_command(command, read_timeout=READ_TIMEOUT_S))
        except ReadTimeout:
            raise TimedOutError(f"{self._router}: {command!r} did not end within {READ_TIMEOUT_S} s") from None

    def enter_configuration(self) -> None:
        """Enter global configuration mode.

        Raises:
            RefusedError: the router does not let us.
        """
        try:
            self._connection.config_mode()
        except (NetmikoBaseException, ValueError) as error:
            raise RefusedError(f"{self._router}: no configuration mode: {error}") from None

    def configure(self, line: str) -> str:
        """Send one configuration line and return what the router printed after its echo.

        Raises:
            TimedOutError: no prompt came back.
            RefusedError: the session is lost.
        """
        # A key in the line must reach no exception: neither netmiko's text nor the line itself is told.
        try:
            output = self._connection.send_config_set(
                [line], enter_config_mode=False, exit_config_mode=False, read_timeout=READ_TIMEOUT_S
            )
        except ReadTimeout:
            raise TimedOutError(f"{self._router}: a line got no answer within {READ_TIMEOUT_S} s") from None
        except (NetmikoBaseException, OSError, EOFError):
            raise RefusedError(f"{self._router}: the session was lost while configuring") from None
        return "\n".join(output.splitlines()[1:-1])

    def leave_configuration(self) -> None:
        """Return to privileged exec mode."""
        self._connection.exit_config_mode()

    def save(self) -> None:
        """Copy the running configuration to the startup configuration."""
        self._connection.save_config()

    def close(self) -> None:
        """End the session."""
        self._connection.disconnect()


def _private_key(key: Secret, router: str) -> paramiko.RSAKey:
    try:
        return paramiko.RSAKey.from_private_key(StringIO(key.reveal()))
    except (paramiko.SSHException, ValueError):
        raise RefusedError(f"{router}: its private key is no RSA key in PEM form") from None
