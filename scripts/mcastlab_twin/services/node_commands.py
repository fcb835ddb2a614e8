"""A command that runs in a node with its streams: three pipes, or a terminal of its own."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import struct
import termios
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab_twin.sandbox import subordinate_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

_WINSIZE: Final = struct.Struct("4H")
"""struct winsize: rows, columns, and pixels that nobody counts. Source: ioctl_tty(2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalKind:
    """What a terminal is like."""

    name: str
    """``xterm-256color``."""
    columns: int
    rows: int


class OpenCommand:
    """A command that runs in a node, with what is written to it and what it writes."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        stdin: asyncio.StreamWriter | None,
        outputs: Sequence[asyncio.StreamReader],
        transports: Sequence[asyncio.BaseTransport],
        terminal: int | None = None,
    ) -> None:
        self.process = process
        self.stdin = stdin
        self.outputs = outputs
        """Its output and its errors, or what its terminal shows."""
        self._transports = transports
        self._terminal = terminal

    def resize(self, columns: int, rows: int) -> None:
        """Give its terminal, where it has one, another size."""
        if self._terminal is not None:
            with contextlib.suppress(OSError, struct.error):
                _resize(self._terminal, columns, rows)

    async def close(self) -> None:
        """Kill it with its group where it runs still, and let go of its streams."""
        if self.process.returncode is None:
            await end_group(self.process)
        for transport in self._transports:
            transport.close()


async def open_on_pipes(argv: Sequence[str]) -> OpenCommand:
    """Start a command with pipes to its three streams."""
    stdout, stderr = await _Pipe.open(), await _Pipe.open()
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=stdout.end,
            stderr=stderr.end,
            start_new_session=True,
        )
    except BaseException:
        stdout.transport.close()
        stderr.transport.close()
        raise
    finally:
        os.close(stdout.end)
        os.close(stderr.end)
    return OpenCommand(process, process.stdin, (stdout.reader, stderr.reader), (stdout.transport, stderr.transport))


async def open_on_terminal(argv: Sequence[str], kind: TerminalKind) -> OpenCommand:
    """Start a command whose three streams are a terminal, which is made for it and ends with it."""
    ours, its = os.openpty()
    try:
        give_to_root(its)
        with contextlib.suppress(struct.error):
            _resize(ours, kind.columns, kind.rows)
        process = await asyncio.create_subprocess_exec(*argv, stdin=its, stdout=its, stderr=its, start_new_session=True)
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(its)
    loop = asyncio.get_running_loop()
    reader = _ShownReader()
    # Two transports cannot share a descriptor.
    shown, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ours, "rb", 0))
    typed, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, os.fdopen(os.dup(ours), "wb", 0))
    stdin = asyncio.StreamWriter(typed, protocol, None, loop)
    return OpenCommand(process, stdin, (reader,), (shown, typed), ours)


class _ShownReader(asyncio.StreamReader):
    """Reads what a terminal shows, whose end is an error: nobody has its other side open. Source: pty(7), EIO."""

    def set_exception(self, exc: Exception) -> None:
        """Take the error for the end."""
        if isinstance(exc, OSError):
            self.feed_eof()
        else:
            super().set_exception(exc)


@dataclass(frozen=True, slots=True)
class _Pipe:
    """A pipe that a command in a node writes to. `end` is the descriptor of that end, to be closed once it is given."""

    reader: asyncio.StreamReader
    transport: asyncio.ReadTransport
    end: int

    @classmethod
    async def open(cls) -> _Pipe:
        ours, its = os.pipe()
        give_to_root(its)
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(ours, "rb", 0))
        return cls(reader, transport, its)


async def end_group(process: asyncio.subprocess.Process) -> None:
    """Kill a process that was started in a session of its own, with all of its group."""
    with contextlib.suppress(ProcessLookupError):  # it ended by itself just now
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def give_to_root(descriptor: int) -> None:
    """Have a file, pipe or terminal be the node's root's, who opens it anew where a script names /dev/stdout."""
    owner = subordinate_ids.node_ids().of(0)
    os.fchown(descriptor, owner, owner)


def _resize(terminal: int, columns: int, rows: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, _WINSIZE.pack(rows, columns, 0, 0))
