"""paramiko's client with a login of fewer round trips, and signatures that old routers know.

A router far away is logged in to twice for each change; what SSH lets a client send ahead, goes ahead.
"""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any, Final, cast

import paramiko
from netmiko.cisco import CiscoIosSSH
from paramiko.auth_handler import AuthHandler
from paramiko.common import cMSG_CHANNEL_REQUEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

USER_AUTHENTICATION: Final = "ssh-userauth"
KEYBOARD_INTERACTIVE: Final = "keyboard-interactive"
SHA_1: Final = "ssh-rsa"
"""RSA signatures with SHA-1, and the name of all RSA keys whatever they sign with. Source: RFC 8332, section 3."""
SHA_2: Final = ("rsa-sha2-512", "rsa-sha2-256")


class _Login(AuthHandler):
    """A login whose request follows the one for its service at once, and later ones without asking for it again.

    The server takes both in order; where it does not give the service, it disconnects (RFC 4253, section 10).
    """

    def _request_auth(self) -> None:
        transport = cast("_Transport", self.transport)
        if not transport.service_asked:
            transport.service_asked = True
            super()._request_auth()  # type: ignore[misc]  # it is no part of paramiko's stubs
        accepted = paramiko.Message()
        accepted.add_string(USER_AUTHENTICATION)
        accepted.rewind()
        super()._parse_service_accept(accepted)  # type: ignore[misc]  # as above

    def _parse_service_accept(self, message: paramiko.Message) -> None:
        """Do nothing: the request is on its way."""

    def _choose_fallback_pubkey_algorithm(self, key_type: str, ours: Sequence[str]) -> str:
        """Return what to sign with for a server that has not said what it takes (yet).

        It takes what it signs with itself. Trying another is a failed login, for which routers have penalties.
        Source: RFC 8332, section 3.3.
        """
        del key_type
        signs_with = cast("_Transport", self.transport).signs_with
        return next((each for each in ours if each in signs_with), ours[0])


class _Transport(paramiko.Transport):
    """A connection that remembers what the server signs with."""

    signs_with: tuple[str, ...] = ()
    """Algorithms of the server's host keys, as it offers them."""
    service_asked = False
    """Whether the service of logins was asked for: once, as servers may end a connection that asks again."""

    def _send_kex_init(self) -> None:
        # The client puts the kind of the known key first, and the one name that all RSA keys have is SHA-1's as well.
        preferred: tuple[str, ...] = self._preferred_keys  # type: ignore[has-type]  # as above
        if preferred[0] == SHA_1:
            self._preferred_keys = (*SHA_2, *(each for each in preferred if each not in SHA_2))
        super()._send_kex_init()  # type: ignore[misc]  # as above

    def _parse_kex_init(self, message: paramiko.Message) -> None:
        offered = self._really_parse_kex_init(paramiko.Message(message.asbytes()))  # type: ignore[attr-defined]  # as above
        self.signs_with = tuple(offered["server_key_algo_list"])
        super()._parse_kex_init(message)  # type: ignore[misc]  # as above

    def auth_publickey(self, username: str, key: paramiko.PKey, event: threading.Event | None = None) -> list[str]:
        """Log in by key; see paramiko.

        Raises:
            SSHException: there is no connection, or no login.
        """
        done = event or threading.Event()
        handler = self._login()
        handler.auth_publickey(username, key, done)
        return [] if event is not None else list(handler.wait_for_response(done))

    def auth_password(
        self,
        username: str,
        password: str,
        event: threading.Event | None = None,
        fallback: bool = True,  # noqa: FBT001, FBT002  (paramiko's parameter)
    ) -> list[str]:
        """Log in by password, as the answer to the server's question where it asks; see paramiko.

        Raises:
            SSHException: there is no connection, or no login.
        """
        del event
        done = threading.Event()
        handler = self._login()
        handler.auth_password(username, password, done)
        try:
            return list(handler.wait_for_response(done))
        except paramiko.BadAuthenticationType as refused:
            if not fallback or KEYBOARD_INTERACTIVE not in refused.allowed_types:
                raise

        def answers(_title: str, _instructions: str, fields: Sequence[object]) -> list[str]:
            # TACACS+ and RADIUS ask for the password, and may end with a round without questions (RFC 4256, 3.2).
            if len(fields) > 1:
                raise paramiko.SSHException("it asks for more than a password")
            return [password] * len(fields)

        done.clear()
        handler = self._login()
        handler.auth_interactive(username, answers, done)
        return list(handler.wait_for_response(done))

    def _login(self) -> _Login:
        if not self.is_active() or not self.initial_kex_done:
            raise paramiko.SSHException("No existing session")
        handler = _Login(self)
        self.auth_handler = handler
        return handler


def _at_once(sock: Any, **options: Any) -> paramiko.Transport:
    """Return a transport whose short messages wait for no acknowledgement of the one before (RFC 1122, 4.2.3.4)."""
    if isinstance(sock, socket.socket) and sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _Transport(sock, **options)


class ShellClient(paramiko.SSHClient):
    """A client that asks for terminal and shell at once, as OpenSSH's does."""

    def connect(self, hostname: str, **options: Any) -> None:  # type: ignore[override]  # netmiko names all but the first
        """Connect and log in; see paramiko.

        Raises:
            SSHException: there is no connection, another host key, or no login.
        """
        super().connect(hostname, transport_factory=_at_once, **options)

    def open_session(self) -> paramiko.Channel:
        """Return a new channel.

        Raises:
            SSHException: there is no connection, or no channel.
        """
        transport = self.get_transport()
        if transport is None:
            raise paramiko.SSHException("no connection")
        return transport.open_session()

    def invoke_shell(  # noqa: PLR0917  (paramiko's parameters)
        self,
        term: str = "vt100",
        width: int = 80,
        height: int = 24,
        width_pixels: int = 0,
        height_pixels: int = 0,
        environment: Mapping[str, str] | None = None,
    ) -> paramiko.Channel:
        """Return a channel that gets a shell on a terminal of that size; a router has no environment to set.

        What is written meanwhile is typed ahead. Where there is no shell to be had, the server closes the channel.
        Source: RFC 4254, sections 6.2 and 6.5.

        Raises:
            SSHException: there is no session.
        """
        del environment
        channel = self.open_session()
        terminal = _request(channel, "pty-req", answered=False)
        terminal.add_string(term)
        for number in (width, height, width_pixels, height_pixels):
            terminal.add_int(number)
        terminal.add_string(b"")
        for message in (terminal, _request(channel, "shell", answered=True)):
            channel.get_transport()._send_user_message(message)  # type: ignore[attr-defined]  # noqa: SLF001  (the channel's own methods wait)
        return channel


def _request(channel: paramiko.Channel, kind: str, *, answered: bool) -> paramiko.Message:
    message = paramiko.Message()
    message.add_byte(cMSG_CHANNEL_REQUEST)
    message.add_int(channel.remote_chanid)
    message.add_string(kind)
    message.add_boolean(answered)
    return message


class RouterConnection(CiscoIosSSH):
    """netmiko's connection to an IOS-XE router, with that client."""

    def _get_ssh_client_instance(self) -> paramiko.SSHClient:
        return ShellClient()
