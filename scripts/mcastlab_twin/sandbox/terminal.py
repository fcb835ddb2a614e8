"""Runs a command in a node for somebody at a terminal, or in a script, and gives it nothing of that but its streams.

A process that has our terminal for its own can type into it, and what it types our shell runs when we are gone. So a
command at a terminal gets one that is made for it, and any other a session without one. Source: ioctl_tty(2), TIOCSTI.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
from typing import TYPE_CHECKING, Final

from mcastlab_twin.sandbox import inheritance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO

_POLITE_S: Final = 5
_CHUNK: Final = 1 << 16
_SIZE: Final = b"\0" * 8
"""struct winsize."""


def run(argv: Sequence[str], environment: Mapping[str, str], *, output: IO[bytes] | None = None) -> int:
    """Run a command with our streams and return its exit code; `output` is its standard output where it is not ours.

    Raises:
        KeyboardInterrupt: we were interrupted; so was the command, and it has ended.
        SystemExit: we were asked to end, and so the command has ended.
    """
    inheritance.leave_keyring()
    inheritance.withhold_descriptors(but=())
    if output is None and all(os.isatty(number) for number in (0, 1, 2)):
        words = (f"{name}={value}" for name, value in environment.items())
        size = os.get_terminal_size(0)
        sized = ("sh", "-c", 'stty cols "$1" rows "$2"; shift 2; exec "$@"', "sh", str(size.columns), str(size.lines))
        return os.waitstatus_to_exitcode(pty.spawn(["env", "-i", *words, *sized, *argv], _read, _read_ours))
    process = subprocess.Popen(argv, env=environment, stdout=output, start_new_session=True)
    try:
        return process.wait()
    except (KeyboardInterrupt, SystemExit):
        _end(process)
        raise


def _end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a command with all of its session, and kill it if that does not end it."""
    for number, patience in ((signal.SIGINT, _POLITE_S), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def _read(terminal: int) -> bytes:
    """Read what the command wrote, its terminal having the size that ours has now."""
    size = fcntl.ioctl(sys.stdin.fileno(), termios.TIOCGWINSZ, _SIZE)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
    return os.read(terminal, _CHUNK)


def _read_ours(ours: int) -> bytes:
    return os.read(ours, _CHUNK)
