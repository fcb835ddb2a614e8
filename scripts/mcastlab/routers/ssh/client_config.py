"""What the user's OpenSSH client configuration says of a host."""

from __future__ import annotations

import getpass
import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import paramiko

from mcastlab.command_line import TUNNEL
from mcastlab.routers.ssh.proxy_sockets import ProxyProcess
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

ENVIRONMENT_KEY: Final = "MCASTLAB_SSH_CONFIG"
"""Names another file than ~/.ssh/config."""

SSH_PORT: Final = 22
_UNREADABLE: Final = (OSError, ValueError, LookupError, paramiko.SSHException, ImportError)
"""What reading a configuration raises: paramiko wants another package for ``Match exec``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SshHost:
    """How to reach and log in to a host. Source: ssh_config(5)."""

    alias: str
    hostname: str
    port: int
    user: str
    identity_file: Path | None
    known_hosts: Path
    proxy_command: str | None
    named_user: str | None = None
    """The user that the configuration names; None where it names none."""
    dial: Callable[[], socket.socket] | None = None
    """Opens a way that is not the configuration's, and returns an end of it."""

    @property
    def is_plain(self) -> bool:
        """Whether the configuration says no way to it: neither another name, nor through what, unless that is ours."""
        ours = self.proxy_command is not None and shlex.join(TUNNEL) in self.proxy_command
        return self.hostname == self.alias and (self.proxy_command is None or ours)

    def channel(self) -> Any:
        """Return an end of the way to it where that is no plain TCP connection, else None.

        Raises:
            RefusedError: there is no such way.
        """
        if self.dial is not None:
            return self.dial()
        return ProxyProcess(self.proxy_command) if self.proxy_command else None

    @property
    def known_hosts_name(self) -> str:
        """The name under which a known_hosts file has the host: its port is reported where it is not 22."""
        return self.hostname if self.port == SSH_PORT else f"[{self.hostname}]:{self.port}"


class SshClientConfig:
    """An OpenSSH client configuration file; an absent default file is an empty one."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            BadInputError: it cannot be read, or is no ssh_config file.
        """
        self.path = path
        self._config = paramiko.SSHConfig()
        try:
            if path.exists():
                self._config = paramiko.SSHConfig.from_path(str(path))
        except _UNREADABLE as error:
            raise self._unreadable(error) from None

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] = os.environ) -> SshClientConfig:
        """Return the configuration that the environment names, or the user's own.

        Raises:
            BadInputError: the environment names a file that does not exist.
        """
        named = environment.get(ENVIRONMENT_KEY)
        if not named:
            return cls(Path.home() / ".ssh" / "config")
        if not Path(named).exists():
            raise BadInputError(
                f"{ENVIRONMENT_KEY} names {named}, which does not exist", hint="name an ssh_config file"
            )
        return cls(Path(named))

    def lookup(self, alias: str) -> SshHost:
        """Return what the file says of a host; what it does not say is OpenSSH's default.

        Raises:
            BadInputError: a value in it cannot be read.
        """
        try:
            return self._looked_up(alias)
        except _UNREADABLE as error:
            raise self._unreadable(error, f", host {alias}") from None

    def _unreadable(self, error: Exception, where: str = "") -> BadInputError:
        reason = (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
        return BadInputError(
            f"{self.path}{where}: cannot be read as an SSH client configuration: {' '.join(reason.split())[:200]}",
            hint=f"try it yourself: ssh -F {self.path} -G {where.rpartition(' ')[2] or 'HOST'}",
        )

    def _looked_up(self, alias: str) -> SshHost:
        found = self._config.lookup(alias)
        identities = list(found.get("identityfile") or ())
        known_hosts = str(found.get("userknownhostsfile") or "~/.ssh/known_hosts").split()[0]
        return SshHost(
            alias=alias,
            hostname=str(found["hostname"]),
            port=int(str(found.get("port", SSH_PORT))),
            user=str(found.get("user") or getpass.getuser()),
            named_user=None if found.get("user") is None else str(found["user"]),
            identity_file=Path(str(identities[0])).expanduser() if identities else None,
            known_hosts=Path(known_hosts).expanduser(),
            proxy_command=str(found["proxycommand"]) if "proxycommand" in found else self._jumps(found),
        )

    def _jumps(self, found: Mapping[str, object]) -> str | None:
        """Return the command that goes by ``ProxyJump``: the user's own client, which logs in to each host on the way.

        Source: ssh_config(5), ProxyJump: several hosts are visited in order; ``none`` is none.
        """
        jumps = [jump.strip() for jump in str(found.get("proxyjump") or "").split(",") if jump.strip()]
        if not jumps or jumps == ["none"]:
            return None
        *before, last = jumps
        target, _, port = last.removeprefix("ssh://").rpartition(":") if re.search(r":\d+$", last) else (last, "", "")
        end = f"[{found['hostname']}]:{found.get('port', SSH_PORT)}"
        return shlex.join(
            (
                "ssh",
                *(("-F", str(self.path)) if self.path.exists() else ()),
                *(("-J", ",".join(before)) if before else ()),
                *(("-p", port) if port else ()),
                *("-W", end, target),
            )
        )
