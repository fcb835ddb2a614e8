"""A session on an IOS-XE router through netmiko."""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import paramiko
from netmiko.exceptions import (
    NetmikoAuthenticationException,
    NetmikoBaseException,
)

from mcastlab.errors import LabError, RefusedError, TimedOutError
from mcastlab.ssh.client import RouterConnection
from mcastlab.ssh.host_keys import fingerprint
from mcastlab.ssh.private_keys import identity, private_key

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.secret import Secret
    from mcastlab.ssh.client_config import SshHost

DEVICE_TYPE: Final = "cisco_xe"
READ_TIMEOUT_S: Final = 30.0
_CHUNK: Final = 65536
WIDTH: Final = 511
"""Columns of the terminal; longer lines would be scrolled in their echo."""
_WHOLE: Final = (f"terminal width {WIDTH}", "terminal length 0")
"""Whole lines and no pages."""
_FIRST_PROMPT: Final = re.compile(r"^[^\s#>]+[#>][ ]?\Z", re.MULTILINE)


# What breaks a connection is told by our errors; without a handler, logging would print it and its traceback too.
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


class NetmikoSession:
    """A privileged session; the host's key is checked."""

    def __init__(self, login: RouterLogin, *, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        """Log in.

        Raises:
            RefusedError: the router cannot be reached, its host key is not the known one, or it refuses the login.
        """
        self._router = login.router
        host = login.host
        given = None if login.private_key is None else private_key(login.private_key, login.router)
        key = given or (None if host.identity_file is None else identity(host.identity_file))
        identity_file = None if key or not host.identity_file else str(host.identity_file)
        # netmiko hands it on to paramiko, which takes both.
        sock: Any = paramiko.ProxyCommand(host.proxy_command) if host.proxy_command else None
        try:
            self._connection = RouterConnection(
                device_type=DEVICE_TYPE,
                host=host.hostname,
                port=host.port,
                username=login.user,
                pkey=key,
                use_keys=identity_file is not None,
                key_file=identity_file,
                allow_agent=given is None,
                ssh_strict=True,
                system_host_keys=False,
                alt_host_keys=True,
                alt_key_file=str(login.known_hosts),
                sock=sock,
                # netmiko's own preparation asks and waits several times over; see `_prepare`.
                auto_connect=False,
            )
            self._connection.establish_connection(width=WIDTH)
        except NetmikoAuthenticationException:
            raise RefusedError(
                f"{login.router}: {host.alias} refuses the login of {login.user}",
                hint="check the user and the key in the SSH client configuration",
            ) from None
        except (NetmikoBaseException, paramiko.SSHException, OSError, EOFError) as error:
            _refuse_changed_key(login, error)
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise RefusedError(
                f"{login.router}: no SSH session on {host.alias} ({host.hostname}:{host.port}): {reason}",
                hint=f"is it running, and is its host key the one in {login.known_hosts}?",
            ) from None

        self._channel = cast("paramiko.Channel", self._connection.remote_conn)
        self._channel.settimeout(read_timeout_s)
        self._read_timeout_s = read_timeout_s
        self._in_configuration = False
        self._first: tuple[str, ...] = _WHOLE
        self._prompt = _FIRST_PROMPT
        try:
            self._prepare()
        except LabError:
            self.close()
            raise

    def _prepare(self) -> None:
        """Learn the prompt.

        Raises:
            RefusedError: the session is lost, or it is not a privileged one.
            TimedOutError: no prompt came.
        """
        _, prompt = self._read(1)
        name = prompt.strip()
        if not name.endswith("#"):
            raise RefusedError(
                f"{self._router}: the user is not privileged: the prompt is {name!r}",
                hint="give the user privilege 15; no enable password is asked for",
            )
        self._prompt = re.compile(rf"^{re.escape(name[:-1])}(?:\([^\s#>]*)?#[ ]?", re.MULTILINE)

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

    def show_all(self, *commands: str) -> tuple[str, ...]:
        """Return what exec commands print that are sent in one write.

        Raises:
            RefusedError: the session is lost.
            TimedOutError: the prompt did not come back.
        """
        return self._exchange(*commands)

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

        The channel is used as it is: netmiko would write each line, and so its keys, to the debug log. What sets the
        terminal goes before the first lines.
        """
        first, self._first = self._first, ()
        lines = (*first, *lines)
        # A key in a line must reach no exception: the lines are not told.
        try:
            self._channel.sendall("".join(f"{line}\n" for line in lines).encode())
        except (OSError, EOFError, paramiko.SSHException):
            raise self._lost() from None
        answers, last = self._read(len(lines))
        self._in_configuration = "(config" in last
        return tuple(answer.partition("\n")[2] for answer in answers[len(first) :])

    def _read(self, count: int) -> tuple[list[str], str]:
        """Read up to the prompt after so many answers; return the answers with their echoes, and the prompt."""
        deadline = time.monotonic() + self._read_timeout_s
        output = ""
        try:
            while True:
                output += _received(self._channel)
                prompts = list(self._prompt.finditer(output))
                if len(prompts) >= count and prompts[-1].end() == len(output):
                    break
                self._channel.settimeout(max(0.01, deadline - time.monotonic()))
        except TimeoutError:
            raise TimedOutError(f"{self._router}: no prompt came back within {self._read_timeout_s:g} s") from None
        except (OSError, EOFError, paramiko.SSHException):
            raise self._lost() from None
        finally:
            self._channel.settimeout(self._read_timeout_s)
        ends = prompts[-count:]
        starts = [0, *(prompt.end() for prompt in ends[:-1])]
        return [output[start : end.start()] for start, end in zip(starts, ends, strict=True)], prompts[-1].group()

    def _lost(self) -> RefusedError:
        return RefusedError(f"{self._router}: the session was lost", hint="is the router still reachable? Run again")

    def close(self) -> None:
        """End the session, even one in which nobody answers any more.

        netmiko would first leave configuration mode and wait for the prompts.
        """
        self._channel.close()
        client = self._connection.remote_conn_pre
        if client is not None:
            client.close()


def _refuse_changed_key(login: RouterLogin, error: BaseException) -> None:
    """Name both keys, where what went wrong is that the router shows another than the known one.

    Raises:
        RefusedError: that is what went wrong.
    """
    found: BaseException | None = error
    while found is not None and not isinstance(found, paramiko.BadHostKeyException):
        found = found.__cause__ or found.__context__
    if found is not None:
        raise RefusedError(
            f"{login.router}: {login.host.alias} shows the host key {fingerprint(found.key)}, "
            f"and {login.known_hosts} has {fingerprint(found.expected_key)}",
            hint="somebody may stand between, or the router has a new key: compare it on the router's console",
        ) from None


def _received(channel: paramiko.Channel) -> str:
    """Return what has come in.

    Raises:
        EOFError: the router has ended the session.
    """
    received = channel.recv(_CHUNK)
    if not received:
        raise EOFError
    return received.decode("utf-8", errors="replace").replace("\r", "")
