"""A session on an IOS-XE router through netmiko."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import paramiko
from netmiko.exceptions import (
    NetmikoAuthenticationException,
    NetmikoBaseException,
)

from mcastlab.errors import RefusedError
from mcastlab.ssh.client import RouterConnection
from mcastlab.ssh.dialogue import Dialogue
from mcastlab.ssh.host_keys import fingerprint
from mcastlab.ssh.private_keys import identity, private_key

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.secret import Secret
    from mcastlab.ssh.client_config import SshHost

DEVICE_TYPE: Final = "cisco_xe"
READ_TIMEOUT_S: Final = 30.0
WIDTH: Final = 511
"""Columns of the terminal; longer lines would be scrolled in their echo."""
_WHOLE: Final = (f"terminal width {WIDTH}", "terminal length 0")
"""Whole lines and no pages."""
_PROMPT_ALONE: Final = re.compile(r"^([^\s#>]+)([#>])[ ]?\Z", re.MULTILINE)
_PROMPT_TAKEN: Final = re.compile(rf"^([^\s#>]+)([#>])[ ]?(?={re.escape(_WHOLE[0])}\n)", re.MULTILINE)
"""The same with the echo of what was typed ahead of it."""
_LOOKS: Final = "show "


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
        """Log in. The first prompt is waited for by what is asked first.

        Raises:
            RefusedError: the router cannot be reached, its host key is not the known one, or it refuses the login.
        """
        self._login = login
        self._timeout_s = read_timeout_s
        self._in_configuration = False
        self._prompt: re.Pattern[str] | None = None
        self._connect()

    def _connect(self) -> None:
        self._connection = _connected(self._login)
        channel = cast("paramiko.Channel", self._connection.remote_conn)
        self._dialogue = Dialogue(self.router, channel, timeout_s=self._timeout_s)

    @property
    def router(self) -> str:
        """The router's name in reports."""
        return self._login.router

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
        return self.show_all(command)[0]

    def show_all(self, *commands: str) -> tuple[str, ...]:
        """Return what exec commands print that are sent in one write.

        Raises:
            RefusedError: the session is lost.
            TimedOutError: the prompt did not come back.
        """
        if self._prompt is None and all(command.startswith(_LOOKS) for command in commands):
            return self._ahead(*commands)
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
        """Write lines at once and read up to the prompt after the last one."""
        if self._prompt is None:
            self._prompt = self._prompt_of(self._dialogue.until(_PROMPT_ALONE.search)[0])
            self._exchange(*_WHOLE)
        self._dialogue.write(*lines)
        return self._answers(self._prompt, len(lines))

    def _ahead(self, *commands: str) -> tuple[str, ...]:
        """Write commands that only look, and before them what sets the terminal, without waiting for the first prompt.

        A router that drops what was typed ahead of its prompt gets a new session, and is asked there once more: in the
        old one, an answer that was only late could be taken for that to another question.
        """
        self._dialogue.write(*_WHOLE, *commands)
        found, output = self._dialogue.until(_PROMPT_TAKEN.search, when_quiet=_PROMPT_ALONE.search)
        prompt = self._prompt_of(found)
        if found.re is _PROMPT_ALONE:
            self.close()
            self._connect()
            return self._exchange(*commands)
        self._prompt = prompt
        return self._answers(prompt, len(_WHOLE) + len(commands), output[found.end() :])[len(_WHOLE) :]

    def _prompt_of(self, found: re.Match[str]) -> re.Pattern[str]:
        """Return what this router's prompts look like, in configuration mode too.

        Raises:
            RefusedError: the session is not a privileged one.
        """
        name, sign = found.groups()
        if sign != "#":
            raise RefusedError(
                f"{self.router}: the user is not privileged: the prompt is {name + sign!r}",
                hint="give the user privilege 15; no enable password is asked for",
            )
        return re.compile(rf"^{re.escape(name)}(?:\([^\s#>]*)?#[ ]?", re.MULTILINE)

    def _answers(self, prompt: re.Pattern[str], count: int, output: str = "") -> tuple[str, ...]:
        """Read up to the prompt after so many answers and return them without their echoes."""

        def prompts(output: str) -> list[re.Match[str]] | None:
            found = list(prompt.finditer(output))
            return found if len(found) >= count and found[-1].end() == len(output) else None

        found, output = self._dialogue.until(prompts, output)
        self._in_configuration = "(config" in found[-1].group()
        ends = found[-count:]
        starts = [0, *(each.end() for each in ends[:-1])]
        answers = (output[start : end.start()] for start, end in zip(starts, ends, strict=True))
        return tuple(answer.partition("\n")[2] for answer in answers)

    def close(self) -> None:
        """End the session, even one in which nobody answers any more.

        netmiko would first leave configuration mode and wait for the prompts.
        """
        self._dialogue.close()
        client = self._connection.remote_conn_pre
        if client is not None:
            client.close()


def _connected(login: RouterLogin) -> RouterConnection:
    """Log in and have a shell.

    Raises:
        RefusedError: the router cannot be reached, its host key is not the known one, or it refuses the login.
    """
    host = login.host
    given = None if login.private_key is None else private_key(login.private_key, login.router)
    key = given or (None if host.identity_file is None else identity(host.identity_file))
    identity_file = None if key or not host.identity_file else str(host.identity_file)
    # netmiko hands it on to paramiko, which takes both.
    sock: Any = paramiko.ProxyCommand(host.proxy_command) if host.proxy_command else None
    try:
        connection = RouterConnection(
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
            # netmiko's own preparation asks and waits several times over.
            auto_connect=False,
        )
        connection.establish_connection(width=WIDTH)
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
    return connection


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
