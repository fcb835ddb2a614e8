"""paramiko's client with a shell that takes one round trip instead of two."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import paramiko
from netmiko.cisco import CiscoIosSSH
from paramiko.common import cMSG_CHANNEL_REQUEST

if TYPE_CHECKING:
    from collections.abc import Mapping


def _at_once(sock: Any, **options: Any) -> paramiko.Transport:
    """Return a transport whose short messages wait for no acknowledgement of the one before (RFC 1122, 4.2.3.4)."""
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return paramiko.Transport(sock, **options)


class ShellClient(paramiko.SSHClient):
    """A client that asks for terminal and shell at once, as OpenSSH's does."""

    def connect(self, hostname: str, **options: Any) -> None:  # type: ignore[override]  # netmiko names all but the first
        """Connect and log in; see paramiko.

        Raises:
            SSHException: there is no connection, another host key, or no login.
        """
        super().connect(hostname, transport_factory=_at_once, **options)

    def invoke_shell(  # noqa: PLR0917  (paramiko's parameters)
        self,
        term: str = "vt100",
        width: int = 80,
        height: int = 24,
        width_pixels: int = 0,
        height_pixels: int = 0,
        environment: Mapping[str, str] | None = None,
    ) -> paramiko.Channel:
        """Return a channel with a shell on a terminal of that size; a router has no environment to set.

        Source: RFC 4254, sections 6.2 and 6.5: a terminal may be asked for without an answer.

        Raises:
            SSHException: there is no session, or no shell.
        """
        del environment
        transport = self.get_transport()
        if transport is None:
            raise paramiko.SSHException("no connection")
        channel = transport.open_session()
        terminal = paramiko.Message()
        terminal.add_byte(cMSG_CHANNEL_REQUEST)
        terminal.add_int(channel.remote_chanid)
        terminal.add_string("pty-req")
        terminal.add_boolean(b=False)
        terminal.add_string(term)
        for number in (width, height, width_pixels, height_pixels):
            terminal.add_int(number)
        terminal.add_string(b"")
        transport._send_user_message(terminal)  # type: ignore[attr-defined]  # noqa: SLF001  (Channel.get_pty waits)
        channel.invoke_shell()
        return channel


class RouterConnection(CiscoIosSSH):
    """netmiko's connection to an IOS-XE router, with that client."""

    def _get_ssh_client_instance(self) -> paramiko.SSHClient:
        return ShellClient()
