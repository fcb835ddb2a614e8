"""A Linux machine of the lab: a namespace with its own files, processes and name, in which commands are run.

What is on its disk stays over a stop and a start. What a script does as root ends at the node: its pid namespace dies
with it, and outside it is a subordinate id, in a file system that was built from nothing (`rootfs`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab_twin.sandbox import rootfs
from mcastlab_twin.services.node_commands import end_group, give_to_root, open_on_pipes, open_on_terminal
from mcastlab_twin.services.service import Service, ServiceError

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab_twin.services.node_commands import OpenCommand, TerminalKind

START_S: Final = 10
"""Seconds within which a node must stand."""

_OUTPUT_LIMIT: Final = 1 << 20

_INIT: Final = ("sh", "-c", "echo ready; exec tini -s -- sleep infinity > /dev/null 2>&1")
"""A node's PID 1, which keeps nothing open that leads out."""

_RUN: Final = """
umask 077
mkdir -p /run/scripts
file=/run/scripts/$1
cat > "$file"
chmod 700 "$file"
cd "$2"
shift 2
exec "$@" "$file" < /dev/null
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptResult:
    """How a script ended. `timed_out` scripts were killed."""

    code: int
    stdout: str
    stderr: str
    timed_out: bool
    seconds: float


class LinuxNode(Service):
    """One Linux machine in the network namespace `netns`."""

    def __init__(self, netns: str, hostname: str, run_dir: Path) -> None:
        super().__init__()
        self.netns = netns
        self._hostname = hostname
        self.run_dir = run_dir
        self._holder: asyncio.subprocess.Process | None = None
        self._init = 0
        self._scripts = 0

    async def _start(self) -> None:
        """Make its file system and its process space."""
        self.run_dir.mkdir(parents=True, exist_ok=True)
        log = self.run_dir / "setup.log"
        with log.open("wb") as errors:
            self._holder = await asyncio.create_subprocess_exec(
                *rootfs.argv(self.netns, self._hostname, *_INIT, disk=self.run_dir),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        said = await self._first_line(self._holder)
        if said != b"ready\n":
            raise ServiceError(f"{self.netns} did not start: {said.decode()}{log.read_text(errors='replace')}")
        self._init = _only_child(self._holder.pid)

    @staticmethod
    async def _first_line(holder: asyncio.subprocess.Process) -> bytes:
        if holder.stdout is None:
            return b""
        async with asyncio.timeout(START_S):
            return await holder.stdout.readline()

    def problem(self) -> str:
        """Return what has ended of it that should run; empty where nothing has."""
        ended = self._holder is not None and self._holder.returncode is not None
        return f"PID 1 of {self._hostname} has ended" if ended else ""

    async def stop(self) -> None:
        """End every process in it."""
        if self._holder is not None and self._holder.returncode is None:
            # PID 1 has changed its user since it was set to die with its parent, and so forgot it. Source: prctl(2),
            # PR_SET_PDEATHSIG.
            with contextlib.suppress(ProcessLookupError, IndexError):
                os.kill(_only_child(self._holder.pid), signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                self._holder.kill()
            await self._holder.wait()
        self._holder = None

    async def run(
        self, script: str, *, interpreter: tuple[str, ...] = ("sh",), folder: str = "/", timeout_s: float
    ) -> ScriptResult:
        """Run a script as root and wait for its end; what it leaves in the background runs on.

        Args:
            script: its text.
            interpreter: what is to run the script's file; nothing runs the file itself, by its first line.
            folder: the working directory.
            timeout_s: seconds after which it is killed with the processes of its group.
        """
        self._scripts += 1
        name = f"script-{self._scripts}"
        out, err = self.run_dir / f"{name}.out", self.run_dir / f"{name}.err"
        begin = time.monotonic()
        with out.open("wb") as stdout, err.open("wb") as stderr:
            for stream in (stdout, stderr):
                give_to_root(stream.fileno())
            process = await asyncio.create_subprocess_exec(
                *self.argv("sh", "-c", _RUN, "run", name, folder, *interpreter),
                stdin=asyncio.subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        timed_out = False
        try:
            async with asyncio.timeout(timeout_s):
                await process.communicate(script.encode())
        except TimeoutError:
            timed_out = True
        finally:
            if process.returncode is None:
                await end_group(process)
        code = process.returncode if process.returncode is not None else -1
        texts = (_read(out), _read(err))
        out.unlink()
        err.unlink()
        return ScriptResult(
            code=code, stdout=texts[0], stderr=texts[1], timed_out=timed_out, seconds=time.monotonic() - begin
        )

    async def open(self, command: str | None) -> OpenCommand:
        """Start a shell command (or a shell that reads commands) with pipes to its three streams."""
        return await open_on_pipes(self.argv("bash", *(("-c", command) if command is not None else ("-s",))))

    async def open_terminal(self, command: str | None, kind: TerminalKind) -> OpenCommand:
        """Start a shell command, or a login shell, on a terminal of its own."""
        shell = ("bash", "-c", command) if command is not None else ("bash", "--login")
        return await open_on_terminal(self.argv("env", f"TERM={kind.name}", "setsid", "--ctty", "--wait", *shell), kind)

    def argv(self, *argv: str) -> tuple[str, ...]:
        """Return the command that runs `argv` in the node, as its root.

        Raises:
            ServiceError: it does not run.
        """
        if self._holder is None or not self._init:
            raise ServiceError(f"{self.netns} is not running")
        return (*rootfs.entrance(self._init), *argv)


def _only_child(pid: int) -> int:
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as stream:  # noqa: PTH123  (a kernel file)
        return int(stream.read().split()[0])


def _read(file: Path) -> str:
    with file.open("rb") as stream:
        return stream.read(_OUTPUT_LIMIT).decode(errors="replace")
