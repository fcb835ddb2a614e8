"""Wait for a condition, for a bounded time."""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

_LONGEST_ANSWER: Final = 1 << 24

Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_T = TypeVar("_T")


async def until(condition: Callable[[], Awaitable[_T | None]], what: str, *, timeout_s: float, every_s: float) -> _T:
    """Return what `condition` gives as soon as it is not None; ask again every `every_s` seconds.

    Raises:
        TimeoutError: it was None for `timeout_s` seconds; the text names `what`.
    """
    deadline = time.monotonic() + timeout_s
    while (value := await condition()) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout_s:g} s")
        await asyncio.sleep(every_s)
    return value


async def connected(socket: Path, process: asyncio.subprocess.Process, *, timeout_s: float = 10) -> Streams:
    """Connect to the Unix socket of a daemon that is starting.

    Raises:
        ChildProcessError: the daemon ended instead.
        TimeoutError: it did not open its socket in time.
    """

    async def attempt() -> Streams | None:
        if process.returncode is not None:
            raise ChildProcessError(f"the daemon of {socket} ended with {process.returncode}")
        try:
            return await asyncio.open_unix_connection(socket, limit=_LONGEST_ANSWER)
        except (FileNotFoundError, ConnectionRefusedError):
            return None

    return await until(attempt, f"{socket} opens", timeout_s=timeout_s, every_s=0.005)


@asynccontextmanager
async def turn(file: Path, *, timeout_s: float) -> AsyncIterator[None]:
    """Hold the lock of a file, which must exist; whoever else wants it waits, in this process and in others.

    Raises:
        TimeoutError: another held it all the time.
    """
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)

    async def attempt() -> bool | None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        return True

    try:
        await until(attempt, f"{file} is free", timeout_s=timeout_s, every_s=0.005)
        yield
    finally:
        os.close(descriptor)


def how_ended(name: str, process: asyncio.subprocess.Process | None) -> str:
    """Return how a program that should run has ended; empty where it runs, or was never started."""
    code = None if process is None else process.returncode
    if code is None:
        return ""
    return f"{name} was ended by signal {-code}" if code < 0 else f"{name} ended with {code}"


async def ended(process: asyncio.subprocess.Process, *, timeout_s: float) -> None:
    """Terminate a program, and kill it if it has not ended after `timeout_s` seconds. Harmless when it has ended."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(timeout_s):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
