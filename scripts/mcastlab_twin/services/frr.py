"""Multicast routing of a namespace: FRR's pimd, and the zebra that tells it of links and of the main table's routes.

Both are spoken to over the sockets that vtysh uses, one short exchange a command, so that a change takes milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from mcastlab_twin.services.service import Service, ServiceError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path

_FOLDER: Final = "/usr/lib/frr"
_USER: Final = "frr"
_ANSWER_S: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FrrLine:
    """A configuration line, within ``interface NAME`` (kernel name) where an interface is named."""

    interface: str | None = None
    text: str


def changes(applied: Sequence[FrrLine], wanted: Sequence[FrrLine]) -> tuple[str, ...]:
    """Return what to type in configuration mode: what is to go, last line first, then what is new."""
    kept = set(applied) & set(wanted)
    gone = [FrrLine(interface=line.interface, text=f"no {line.text}") for line in reversed(applied) if line not in kept]
    new = [line for line in wanted if line not in kept]
    return tuple(_in_sections([*gone, *new]))


def _in_sections(lines: Sequence[FrrLine]) -> Iterator[str]:
    for interface, group in groupby(lines, lambda line: line.interface):
        if interface is None:
            yield from (line.text for line in group)
        else:
            yield f"interface {interface}"
            yield from (line.text for line in group)
            yield "exit"


class Frr(Service):
    """zebra and pimd in one namespace. `run_dir` must lie where the user frr may enter."""

    def __init__(self, netns: str, run_dir: Path) -> None:
        super().__init__()
        self._netns = netns
        self._run_dir = run_dir
        self._applied: tuple[FrrLine, ...] = ()

    @property
    def applied(self) -> tuple[FrrLine, ...]:
        """The lines that pimd has."""
        return self._applied

    async def _start(self) -> None:
        """Start both daemons, without configuration."""
        self._run_dir.mkdir(parents=True, exist_ok=True)
        shutil.chown(self._run_dir, _USER, _USER)
        # pimd connects to zebra when it starts, and tries again only seconds later.
        for daemon in ("zebra", "pimd"):
            await self._launch(daemon)

    async def stop(self) -> None:
        """End both daemons."""
        self._applied = ()
        await super().stop()

    async def apply(self, lines: Sequence[FrrLine]) -> None:
        """Make `lines` pimd's configuration; only differences are typed.

        Raises:
            ServiceError: pimd refused a line or went away.
            TimeoutError: it did not answer.
        """
        typed = changes(self._applied, lines)
        if not typed:
            return
        # Should a line be refused, those before it hold: nothing is known to be applied any more but what is in both.
        there = set(lines)
        self._applied = tuple(line for line in self._applied if line in there)
        async with self._session("pimd") as ask:
            for command in ("configure terminal", *typed, "end"):
                await ask(command)
        self._applied = tuple(lines)

    async def show(self, command: str) -> dict[str, Any]:
        """Return pimd's answer to a show command that ends in ``json``; empty while it does not run.

        Raises:
            ServiceError, TimeoutError: pimd refused, went away or did not answer.
        """
        return (await self.show_each((command,)))[0]

    async def show_each(self, commands: Sequence[str]) -> list[dict[str, Any]]:
        """Return pimd's answers to such commands, asked one after the other in one session.

        Raises:
            ServiceError, TimeoutError: as `show` does.
        """
        if not self.programs or not commands:
            return [{} for _ in commands]
        async with self._session("pimd") as ask:
            answers = [await ask(command) for command in commands]
        return [_object(command, answer) for command, answer in zip(commands, answers, strict=True)]

    async def clear(self, what: str) -> None:
        """Have pimd do ``clear`` something; nothing while it does not run.

        Raises:
            ServiceError, TimeoutError: pimd refused, went away or did not answer.
        """
        if self.programs:
            async with self._session("pimd") as ask:
                await ask(f"clear {what}")

    async def _launch(self, daemon: str) -> None:
        files = self._run_dir / daemon
        await self.launch(
            daemon,
            f"{_FOLDER}/{daemon}",
            *("-f", "/dev/null", "-i", f"{files}.pid", "-z", str(self._run_dir / "zserv.api")),
            *("--vty_socket", str(self._run_dir), "-A", "127.0.0.1", "-P", "0", "--log", f"file:{files}.log"),
            netns=self._netns,
            log=self._run_dir / f"{daemon}.out",
        )
        _, writer = await self.connect(daemon, self._socket(daemon))
        writer.close()

    def _socket(self, daemon: str) -> Path:
        return self._run_dir / f"{daemon}.vty"

    @asynccontextmanager
    async def _session(self, daemon: str) -> AsyncIterator[_Ask]:
        async with asyncio.timeout(_ANSWER_S):
            reader, writer = await self.connect(daemon, self._socket(daemon))
            try:
                ask = _Ask(daemon, reader, writer)
                await ask("enable")
                yield ask
            finally:
                writer.close()


def _object(command: str, answer: str) -> dict[str, Any]:
    shown = json.loads(answer or "{}")
    if not isinstance(shown, dict):
        raise ServiceError(f"pimd answered {command!r} with something else than a JSON object")
    return shown


class _Ask:
    """A vtysh session: a command ends in NUL, its answer in three NULs and a code (FRR: lib/vty.c, vtysh_read)."""

    def __init__(self, daemon: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._daemon = daemon
        self._reader = reader
        self._writer = writer

    async def __call__(self, command: str) -> str:
        """Return what the daemon answers.

        Raises:
            ServiceError: it refused the command, or closed the socket.
        """
        self._writer.write(command.encode() + b"\0")
        try:
            text = (await self._reader.readuntil(b"\0\0\0"))[:-3].decode(errors="replace")
            code = (await self._reader.readexactly(1))[0]
        except (asyncio.IncompleteReadError, OSError) as gone:
            raise ServiceError(f"{self._daemon} closed its socket at {command!r}") from gone
        if code != 0:
            raise ServiceError(f"{self._daemon} refused {command!r}: {text.strip() or f'code {code}'}")
        return text
