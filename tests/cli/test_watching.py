"""A watch fits the screen and obeys its keys; output is plain where the terminal or the locale is."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING, Final

import pytest
from rich.console import Console
from rich.text import Text

from mcastlab.cli.watching import ScreenWatch
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

LINES: Final = Text("\n".join(f"line {number}" for number in range(1, 101)))
PROGRAM: Final = """\
import itertools
from rich.console import Console
from rich.text import Text
from mcastlab.cli.watching import watch
numbers = itertools.count(1)
watch(Console(), lambda: Text(f"look {next(numbers)}\\n" + "x" * 300), pause_s=0.05)
print("left")
"""


def screen(watch: ScreenWatch, width: int, height: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    console.print(watch.drawn(console), end="")
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue().splitlines()


@pytest.mark.parametrize(("width", "height"), [(40, 10), (80, 24), (200, 60)])
def test_a_watch_fills_the_screen_and_no_more(width: int, height: int) -> None:
    lines = screen(ScreenWatch(found=LINES), width, height)
    assert len(lines) == height
    assert max(map(len, lines)) < width
    assert lines[0] == "line 1"
    assert f"1-{height - 1} of 100" in lines[-1]


@pytest.mark.parametrize(
    ("keys", "first"),
    [("j", 2), ("jjk", 2), ("\x1b[B\x1b[B", 3), ("k", 1), ("f", 10), ("\x1b[6~\x1b[5~", 1), ("G", 92), ("Gg", 1)],
)
def test_keys_scroll_within_what_there_is(keys: str, first: int) -> None:
    watch = ScreenWatch(found=LINES)
    screen(watch, 40, 10)
    watch.press(keys)
    assert screen(watch, 40, 10)[0] == f"line {first}"
    assert not watch.ended


def test_space_pauses_and_q_ends() -> None:
    watch = ScreenWatch(found=LINES)
    watch.press(" ")
    assert watch.paused
    assert screen(watch, 80, 10)[-1].startswith("paused")
    watch.press(" xq")
    assert (watch.paused, watch.ended) == (False, True)


def run(environment: dict[str, str], typed: bytes = b"") -> tuple[str, int, bool]:
    """Run a watch at a terminal; return what it showed, how it ended, and whether the terminal is as before."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 60, 0, 0))
    before = termios.tcgetattr(its)
    shown = b""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=PROJECT, env=environment, stdin=its, stdout=its, stderr=its
    ) as process:
        ending = iter((lambda: os.write(ours, typed) if typed else process.terminate(),))
        for part in _read(ours, process):
            shown += part
            if b"look 3" in shown:
                next(ending, int)()
    same = termios.tcgetattr(its) == before
    os.close(ours)
    os.close(its)
    return shown.decode(), process.returncode, same


def _read(ours: int, process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    deadline = time.monotonic() + 20
    while process.poll() is None or select.select([ours], [], [], 0)[0]:
        assert time.monotonic() < deadline
        if select.select([ours], [], [], 0.05)[0]:
            yield os.read(ours, 65536)


@pytest.mark.process
def test_a_terminal_is_as_before_when_the_watch_was_left() -> None:
    shown, code, same = run({**os.environ, "TERM": "xterm"}, b"q")
    assert (code, same) == (0, True)
    assert "\x1b[?1049h" in shown
    assert shown.rstrip().endswith("left")
    assert "\x1b[?1049l" in shown


@pytest.mark.process
def test_a_plain_terminal_gets_one_look_after_the_other() -> None:
    shown, _, same = run({**os.environ, "TERM": "dumb"})
    assert same
    assert "\x1b" not in shown
    assert shown.index("look 1") < shown.index("look 2") < shown.index("look 3")
