"""What a command prints on a host or device, read while it runs: of a process of ours, or of a channel in SSH."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final, Protocol, cast

import paramiko

from mcastlab.routers.ssh.client import ShellClient
from mcastlab.routers.ssh.host_shell import session_on
from mcastlab.text import last_line
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcastlab.routers.ssh.host_shell import HostLogin

_CHUNK: Final = 1 << 16


class LiveOutput(Protocol):
    """The output of a command that runs."""

    def fileno(self) -> int:
        """What can be polled for more of it."""

    def read(self) -> bytes | None:
        """Return more of it: nothing at its end, None where there is none yet."""

    def why_ended(self) -> str:
        """Return what the command said as it ended, in a line."""


class ProcessOutput:
    """That of a process of ours."""

    def __init__(self, process: subprocess.Popen[bytes], stdout: IO[bytes]) -> None:
        self._process, self._stdout = process, stdout

    def fileno(self) -> int:
        """Return its standard output."""
        return self._stdout.fileno()

    def read(self) -> bytes | None:
        """Return what it wrote, once there is something."""
        return os.read(self._stdout.fileno(), _CHUNK)

    def why_ended(self) -> str:
        """Return its last line of errors."""
        _, said = self._process.communicate()
        return last_line(said.decode(errors="replace")) or f"exit code {self._process.returncode}"


class ChannelOutput:
    """That of a command on the other end of a channel."""

    def __init__(self, channel: paramiko.Channel) -> None:
        self._channel = channel
        self._said = b""

    def fileno(self) -> int:
        """Return what is ready once anything came."""
        return self._channel.fileno()

    def read(self) -> bytes | None:
        """Return what came."""
        while self._channel.recv_stderr_ready():
            self._said += self._channel.recv_stderr(_CHUNK)
        if self._channel.recv_ready() or self._channel.eof_received or self._channel.closed:
            return self._channel.recv(_CHUNK)
        return None

    def why_ended(self) -> str:
        """Return its last line of errors."""
        return last_line(self._said.decode(errors="replace")) or f"exit code {self._channel.recv_exit_status()}"


@contextmanager
def process_output(argv: Sequence[str]) -> Iterator[LiveOutput]:
    """Run a process that prints until it is no longer wanted; a terminal's Ctrl-C is not its own.

    Raises:
        RefusedError: it cannot be started.
    """
    try:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
    except OSError as error:
        raise RefusedError(f"{argv[0]} cannot be started: {error.strerror}", hint=f"install {argv[0]}") from None
    with process:
        try:
            yield ProcessOutput(process, cast("IO[bytes]", process.stdout))
        finally:
            process.terminate()


@contextmanager
def host_output(login: HostLogin, command: str) -> Iterator[LiveOutput]:
    """Run a command on an EC2 host that prints until it is no longer wanted.

    Raises:
        RefusedError: the host cannot be reached, or the session ended.
    """
    client = ShellClient()
    try:
        channel = session_on(client, login)
        channel.exec_command(command)
        yield ChannelOutput(channel)
    except (paramiko.SSHException, EOFError) as error:
        raise RefusedError(
            f"{login.name}: the session ended: {error or type(error).__name__}", hint="run the command again"
        ) from None
    finally:
        client.close()
