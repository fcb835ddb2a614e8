"""What runs in a namespace: one way to start its programs, to find out what of it has ended, and to end it.

Each service is made of what it is to be, and started, which returns when it is ready. From then on it is asked the same
as every other: take over another specification, say what has ended by itself, start that again, end.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from mcastlab_base.async_waiting import until
from mcastlab_twin.sandbox.process import spawn

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from pathlib import Path

Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_T = TypeVar("_T")

READY_S: Final = 10
"""Seconds within which a program must be ready."""
_LONGEST_ANSWER: Final = 1 << 24


class ServiceError(Exception):
    """A service refused a command, did not start or went away; the text holds what it said."""


class Service(ABC):
    """Something that runs in a namespace until it is stopped. The programs that it launches are watched and ended."""

    END_S: float = 3
    """Seconds that its programs have to end by themselves."""

    def __init__(self) -> None:
        self.programs: dict[str, asyncio.subprocess.Process] = {}
        """What should run, by the name that it has in reports."""

    async def start(self) -> None:
        """Start it; returns when it is ready. Where that fails, nothing of it is left.

        Raises:
            ServiceError, ProgramError, TimeoutError, OSError: a program refused, ended or was not ready in time.
        """
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    @abstractmethod
    async def _start(self) -> None: ...

    async def launch(
        self, name: str, *argv: str, netns: str, log: Path, env: Mapping[str, str] | None = None
    ) -> asyncio.subprocess.Process:
        """Start a program that stays; what it prints is appended to `log`."""
        log.parent.mkdir(parents=True, exist_ok=True)
        self.programs[name] = await spawn(*argv, netns=netns, log=log, env=env)
        return self.programs[name]

    async def ready(
        self, name: str, condition: Callable[[], Coroutine[Any, Any, _T | None]], *, every_s: float = 0.005
    ) -> _T:
        """Wait for a program that was launched, and return what the condition gives.

        Raises:
            ServiceError: it does not run, or has ended instead.
            TimeoutError: it was not ready in time.
        """

        async def attempt() -> _T | None:
            if name not in self.programs:
                raise ServiceError(f"{name} does not run")
            if ended := _how_ended(name, self.programs[name]):
                raise ServiceError(ended)
            return await condition()

        return await until(attempt, f"{name} is ready", timeout_s=READY_S, every_s=every_s)

    async def connect(self, name: str, socket: Path) -> Streams:
        """Connect to the Unix socket of a program, which may be starting.

        Raises:
            ServiceError: it does not run, or has ended instead.
            TimeoutError: it did not open its socket in time.
        """

        async def attempt() -> Streams | None:
            try:
                return await asyncio.open_unix_connection(socket, limit=_LONGEST_ANSWER)
            except (FileNotFoundError, ConnectionRefusedError):
                return None

        return await self.ready(name, attempt)

    async def update(self, _spec: object) -> bool:
        """Take over a new specification while running; False asks for a restart instead."""
        return False

    def problem(self) -> str:
        """Return what has ended of it that should run; empty where nothing has."""
        return ", ".join(ended for each in self.programs.items() if (ended := _how_ended(*each)))

    async def repair(self) -> bool:
        """Start again what has ended, the rest running on; False asks for a restart of all instead."""
        return False

    async def stop(self) -> None:
        """End it. Harmless when it is not running."""
        programs, self.programs = self.programs, {}
        await asyncio.gather(*(_end(each, self.END_S) for each in programs.values()))


class Background:
    """A task of a service that goes on until it is stopped."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._task: asyncio.Task[None] | None = None

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin; returns at once. Harmless when it goes on already."""
        if self._task is None:
            self._task = asyncio.create_task(work(), name=self._name)

    async def stop(self) -> None:
        """End it and wait until it has ended. Harmless when it was not started."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])


def _how_ended(name: str, process: asyncio.subprocess.Process) -> str:
    """Return how a program that should run has ended; empty where it runs."""
    code = process.returncode
    if code is None:
        return ""
    return f"{name} was ended by signal {-code}" if code < 0 else f"{name} ended with {code}"


async def _end(process: asyncio.subprocess.Process, patience_s: float) -> None:
    """Terminate a program, and kill it if that does not end it."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(patience_s):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
