"""The login on an IOS-XE router, by key or password, its host key checked."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import paramiko
from netmiko.exceptions import (
    NetmikoAuthenticationException,
    NetmikoBaseException,
)
from paramiko.hostkeys import InvalidHostKey

from mcastlab.routers.boot import Unready, UnreadyError
from mcastlab.routers.ssh.client import RouterConnection
from mcastlab.routers.ssh.host_keys import changed_key, offered_key, pinned
from mcastlab.routers.ssh.login_secrets import PASSWORD
from mcastlab.routers.ssh.private_keys import identity, private_key
from mcastlab.routers.ssh.proxy_sockets import THROUGH, why_closed
from mcastlab_base.errors import RefusedError, cause_in

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.routers.ssh.client_config import SshHost
    from mcastlab.routers.ssh.login_secrets import LoginSecrets
    from mcastlab_base.secret import Secret

DEVICE_TYPE: Final = "cisco_xe"
_NOT_KNOWN: Final = "not found in known_hosts"
"""What paramiko says of a host whose key of the kind that it shows is not known."""
WIDTH: Final = 511
"""Columns of the terminal; longer lines would be scrolled in their echo."""
HEIGHT: Final = 1000


# What breaks a connection is reported by our errors; without a handler, logging would print it and its traceback too.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


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
    secrets: LoginSecrets | None = None
    """Where its password and enable secret are, where a key does not do."""


def connected(login: RouterLogin, *, width: int = WIDTH, height: int = HEIGHT) -> RouterConnection:
    """Log in and have a shell on a terminal of that size: by key, and where no key does, by password.

    Raises:
        RefusedError: the router cannot be reached, its host key is not the known one, or it refuses the login.
    """
    try:
        return _established(login, _keys(login), width, height)
    except NetmikoAuthenticationException:
        password = None if login.secrets is None else login.secrets.password(login.router, login.user)
        if password is None:
            hint = f"check the user and the key in the SSH client configuration, or set {PASSWORD}"
            raise _refused(login, hint) from None
        try:
            by_password = {"password": password.reveal(), "use_keys": False, "allow_agent": False}
            return _established(login, by_password, width, height)
        except NetmikoAuthenticationException:
            raise _refused(login, "check user and password") from None


def _keys(login: RouterLogin) -> dict[str, Any]:
    """Return netmiko's options of a login by key: the one in memory, the identity file, the agent's."""
    host = login.host
    given = None if login.private_key is None else private_key(login.private_key, login.router)
    key = given or (None if host.identity_file is None else identity(host.identity_file))
    identity_file = None if key or not host.identity_file else str(host.identity_file)
    return {
        "pkey": key,
        "use_keys": identity_file is not None,
        "key_file": identity_file,
        "allow_agent": given is None,
    }


def _refused(login: RouterLogin, hint: str) -> UnreadyError:
    return UnreadyError(
        f"{login.router}: {login.host.alias} refuses the login of {login.user}", Unready.LOGIN_REFUSED, hint=hint
    )


def _established(login: RouterLogin, options: dict[str, Any], width: int, height: int) -> RouterConnection:
    """Connect, log in in one way, and have a shell.

    Raises:
        NetmikoAuthenticationException: the login is refused.
        RefusedError: the router cannot be reached, or its host key is not the known one.
    """
    host, way = login.host, None
    try:
        way = host.channel()
        connection = RouterConnection(
            device_type=DEVICE_TYPE,
            host=host.hostname,
            port=host.port,
            username=login.user,
            ssh_strict=True,
            system_host_keys=False,
            alt_host_keys=True,
            alt_key_file=str(login.known_hosts),
            sock=way,
            # netmiko's own preparation asks and waits several times over.
            auto_connect=False,
            **options,
        )
        connection.establish_connection(width=width, height=height)
    except NetmikoAuthenticationException:
        raise
    except InvalidHostKey as error:
        raise RefusedError(
            f"{login.router}: {login.known_hosts} has a line that is no host key: {error.line[:40]!a}",
            hint="correct the line, or take it out",
        ) from None
    except (NetmikoBaseException, paramiko.SSHException, OSError, EOFError, ValueError) as error:
        _refuse_changed_key(login, error)
        closed = why_closed(way)
        reason = closed or (str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__)
        raise UnreadyError(
            f"{login.router}: no SSH session on {host.alias} ({host.hostname}:{host.port}): {reason}",
            Unready.NO_ANSWER,
            hint=THROUGH if closed else f"is it running, and is its host key the one in {login.known_hosts}?",
        ) from None
    return connection


def _refuse_changed_key(login: RouterLogin, error: BaseException) -> None:
    """Name both keys, where what went wrong is that the router shows another than the known one.

    Raises:
        RefusedError: that is what went wrong.
    """
    found = cause_in(error, paramiko.BadHostKeyException)
    shown = None if found is None else found.key
    if shown is None and _NOT_KNOWN in str(error) and pinned(login.known_hosts, login.host.known_hosts_name):
        # Of another kind than the known one, paramiko takes it for the key of an unknown host.
        shown = offered_key(login.host)
    if shown is not None:
        raise changed_key(login.router, login.host, login.known_hosts, shown) from None
