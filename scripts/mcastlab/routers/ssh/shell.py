"""A shell on a Linux device of a remote site, through the user's own OpenSSH client."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING, Final

from mcastlab.ports import ShellResult
from mcastlab.routers.ssh.host_keys import refuse_changed_key
from mcastlab_base.errors import RefusedError, TimedOutError

if TYPE_CHECKING:
    from pathlib import Path

SSH_FAILED: Final = 255
"""The code with which ssh itself ends on an error of its own. Source: ssh(1), exit status."""


class SshShell:
    """Run shell commands on one host of an SSH client configuration."""

    def __init__(self, config: Path, host: str) -> None:
        # ssh refuses a -F that names no file; without one it reads the user's own and the system's.
        self._file = ("-F", str(config)) if config.exists() else ()
        self._host = host

    @property
    def host(self) -> str:
        """The host's name in reports and in the SSH client configuration."""
        return self._host

    @property
    def words(self) -> tuple[str, ...]:
        """The command line of a session by hand."""
        return ("ssh", *self._file, self._host)

    def argv(self, command: str) -> tuple[str, ...]:
        """Return what runs a command there, and asks nothing."""
        return ("ssh", *self._file, "-o", "BatchMode=yes", self._host, command)

    def run(self, command: str, *, timeout_s: float) -> ShellResult:
        """Run a command to its end.

        Raises:
            RefusedError: the device cannot be reached, or refuses the login.
            TimedOutError: the command did not end in time.
        """
        try:
            done = subprocess.run(
                self.argv(command),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise TimedOutError(f"{self._host}: the command did not end within {timeout_s:g} s") from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "the command cannot be passed on"
            raise RefusedError(
                f"{self._host}: the OpenSSH client cannot be started: {reason}", hint="install it: `ssh -V` must work"
            ) from None
        if done.returncode == SSH_FAILED:
            refuse_changed_key(self._host, done.stderr)
            raise RefusedError(
                f"{self._host}: {done.stderr.strip() or 'ssh ended with 255'}",
                hint=f"try it yourself: {shlex.join((*self.words, 'true'))}",
            )
        return ShellResult(code=done.returncode, stdout=done.stdout, stderr=done.stderr)
