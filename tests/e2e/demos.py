"""The demo as a user runs it, watched from outside while it runs: its stages, its sandboxes, the machine beside it."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from machine_state import HeldNamespace, machine_state, processes_of, sandbox_of

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

DEMO_TIMEOUT_S: Final = 280
GONE_WITHIN_S: Final = 10
STAGE_MARKS: Final = ("done", "failed")


@dataclass(frozen=True, kw_only=True)
class Home:
    """Whose demo it is: where it runs, where its twins have their folders, and how to become that user."""

    clone: Path
    runtime: Path
    environment: dict[str, str]
    identity: dict[str, Any] = field(default_factory=dict)

    def folder(self, name: str) -> Path:
        """Return the run folder of the twin of that name."""
        return self.runtime / "mcastlab" / name

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a verb to its end."""
        return subprocess.run(
            ["./scripts/lab", *words],
            cwd=self.clone,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=DEMO_TIMEOUT_S,
            check=False,
            **self.identity,
        )


class Demo:
    """A demo that runs."""

    def __init__(self, home: Home, folder: Path, *words: str) -> None:
        """Start it, in a session of its own as a terminal would have it."""
        self.folder = folder
        self.before = machine_state()
        self.changed: dict[str, tuple[str, str]] = {}
        """What was seen to differ from before while it ran: nothing may."""
        self.sandboxes: dict[int, HeldNamespace] = {}
        """By inode: while they are held, no sandbox of another test has the same."""
        self.lines: list[str] = []
        self._stages: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.process = subprocess.Popen(
            ["./scripts/lab", "demo", *words],
            cwd=home.clone,
            env=home.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            **home.identity,
        )
        self._threads = (threading.Thread(target=self._read), threading.Thread(target=self._watch))
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join()

    @property
    def reported(self) -> str:
        """What it has printed so far."""
        return "".join(self.lines)

    def await_stages(self, count: int) -> None:
        """Wait until so many stages are over, or it has ended."""
        for _ in range(count):
            if self._stages.get(timeout=DEMO_TIMEOUT_S) is None:
                return

    def await_stage(self, title: str) -> None:
        """Wait until the stage of that title is over, or the demo has ended."""
        while (line := self._stages.get(timeout=DEMO_TIMEOUT_S)) is not None:
            if title in line:
                return

    def strike(self, how: str) -> None:
        """Kill it, or its twin, or interrupt it as Ctrl-C does: all of its terminal's foreground."""
        with suppress(ProcessLookupError):
            match how:
                case "kill":
                    self.process.kill()
                case "terminate":
                    self.process.terminate()
                case "hang up":
                    self.process.send_signal(signal.SIGHUP)
                case "interrupt":
                    os.killpg(self.process.pid, signal.SIGINT)
                case "kill the twin":
                    outer = self._outer()
                    if outer is not None:
                        os.kill(outer, signal.SIGKILL)

    def end(self) -> int:
        """Wait for its end and return its exit code."""
        self.process.wait(timeout=DEMO_TIMEOUT_S)
        for thread in self._threads:
            thread.join()
        return self.process.returncode

    def left(self) -> dict[int, str]:
        """Return the processes that outlive it by more than a moment, in its sandboxes and outside."""
        end = time.monotonic() + GONE_WITHIN_S
        while (found := processes_of(self.folder, frozenset(self.sandboxes))) and time.monotonic() < end:
            time.sleep(0.05)
        return found

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self.lines.append(line)
                if line.startswith(STAGE_MARKS):
                    self._look()
                    self._stages.put(line)
        self._stages.put(None)

    def _look(self) -> None:
        now = machine_state()
        self.changed.update({what: (text, now[what]) for what, text in self.before.items() if now[what] != text})

    def _watch(self) -> None:
        while self.process.poll() is None:
            outer = self._outer()
            sandbox = None if outer is None else sandbox_of(outer)
            if sandbox is not None:
                self.sandboxes.setdefault(sandbox.inode, sandbox)
            time.sleep(0.05)

    def _outer(self) -> int | None:
        # The record is there, whole, once the sandbox's outer process is.
        with suppress(OSError, ValueError):
            return int(json.loads((self.folder / "twin.json").read_text(encoding="utf-8"))["pid"])
        return None


def assert_held_and_left_nothing(demo: Demo) -> None:
    """What is to be true after a demo that removes everything at the end."""
    assert_held(demo)
    assert_nothing_left(demo)


def assert_held(demo: Demo) -> None:
    """What is to be true after a demo, whether or not its lab stays up."""
    assert demo.end() == 0, demo.reported
    assert "Multicast flows both ways." in demo.reported
    assert "deliveries whole" in demo.reported
    assert re.search(r"✓ traffic +datagrams, and silence elsewhere +(\d+) of \1 hold", demo.reported), demo.reported
    assert demo.reported.count("Latency, jitter and throughput here are the twin's own.") == 1
    assert demo.sandboxes, demo.reported
    assert demo.changed == {}


def assert_nothing_left(demo: Demo) -> None:
    """No process, no file, and the machine as it was."""
    left = demo.left()
    assert not left, left
    assert not demo.folder.exists()
    assert machine_state() == demo.before
