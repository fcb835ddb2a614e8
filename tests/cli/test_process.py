"""The process as its caller sees it: signals at any moment, a reader that goes, a disk that is full."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

import pytest
from cli.places import bare
from documents import LABS

from mcastlab.cli.process import say
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

CHEAP: Final = [
    ["--help"],
    ["twin", "--help"],
    ["check"],
    ["check", "--json", "--lab", str(LABS / "ten_sites.yaml")],
    ["schema"],
    ["schema", "--report"],
    ["configure", "--help"],
    ["completion", "bash"],
    ["ssh", "--help"],
    ["region", "status"],
]
DEFAULTS: Final = """\
import os, signal, sys
for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(each, signal.SIG_DFL)
"""
MOMENTS_S: Final = (0, 0.01, 0.03, 0.3)
"""After our first line was run; the verbs are read within a tenth of a second, and what they import in a second."""
ENDING: Final = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return bare(tmp_path)


def python(program: str) -> list[str]:
    """The command of a program of which Ctrl-C is not ignored, whatever started this test."""
    return [
        sys.executable,
        "-c",
        f"{DEFAULTS}os.execv(sys.executable, [sys.executable, {program}, *sys.argv[1:]])",
    ]


MODULE: Final = python("'-m', 'mcastlab'")


@pytest.mark.parametrize("words", CHEAP, ids=" ".join)
def test_a_reader_that_goes_gets_no_message(words: list[str], home: dict[str, str]) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "mcastlab", *words],
        cwd=PROJECT,
        env=home,
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


@pytest.mark.parametrize("words", CHEAP, ids=" ".join)
def test_a_full_disk_is_one_line(words: list[str], home: dict[str, str]) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123  (a device)
        done = subprocess.run(
            [sys.executable, "-m", "mcastlab", *words],
            cwd=PROJECT,
            env=home,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "error: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize("words", [["check"], ["status"], ["init", "/"], ["nothing"]], ids=lambda words: words[0])
def test_standard_error_that_is_full_is_no_traceback(words: list[str], home: dict[str, str]) -> None:
    """Nothing can be said there; what is printed on standard output comes all the same, and the exit code tells."""
    with open("/dev/full", "wb") as full:  # noqa: PTH123  (a device)
        done = subprocess.run(
            [sys.executable, "-m", "mcastlab", *words],
            cwd=PROJECT,
            env=home,
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
            check=False,
        )
    assert done.returncode == (0 if words == ["check"] else 2)
    assert "Traceback" not in done.stdout


def test_rich_tables_end_as_quietly(home: dict[str, str]) -> None:
    """Rich ends a process with 1 by itself where its reader has gone; 1 says that a check failed."""
    program = (
        "import sys\n"
        "from mcastlab.cli import main, process\n"
        "from rich.console import Console\n"
        "main.main = lambda: Console().print('x' * 100_000, highlight=False, soft_wrap=True) or 0\n"
        "process.run_process()\n"
    )
    for target, code, said in (("/dev/full", 2, 1), (None, 128 + signal.SIGPIPE, 0)):
        read, write = os.pipe()
        os.close(read)
        out = write if target is None else os.open(target, os.O_WRONLY)
        done = subprocess.run(
            [sys.executable, "-c", program], env=home, stdout=out, stderr=subprocess.PIPE, text=True, check=False
        )
        for descriptor in {out, write}:
            os.close(descriptor)
        assert (done.returncode, len(done.stderr.splitlines())) == (code, said), done.stderr


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
@pytest.mark.parametrize("words", [["verify"], ["demo", "--help"]], ids=lambda words: words[0])
def test_a_signal_while_modules_load_ends_in_one_line(
    words: list[str], number: signal.Signals, home: dict[str, str]
) -> None:
    for moment in MOMENTS_S:
        process = subprocess.Popen(
            [*MODULE, *words], cwd=PROJECT, env=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        await_program(process)
        time.sleep(moment)  # the moment is what the test is about
        process.send_signal(number)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        assert "Traceback" not in said
        assert "Exception ignored" not in said
        assert process.returncode in {128 + number, 0, 2}


def test_a_second_signal_while_the_first_is_answered_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It interrupts what writes on standard error, which then refuses a second write."""

    class Answering(io.StringIO):
        def write(self, _text: str) -> int:
            raise RuntimeError("reentrant call inside <_io.BufferedWriter name='<stderr>'>")

    monkeypatch.setattr(sys, "stderr", Answering())
    say("interrupted")


def await_program(process: subprocess.Popen[str]) -> None:
    """Wait until our own first line was run: it is what takes the signals over from the interpreter."""
    end = time.monotonic() + 20
    while process.poll() is None and not takes_over(process.pid):
        assert time.monotonic() < end


def takes_over(pid: int) -> bool:
    """Say whether a process catches SIGHUP, which Python by itself does not. Source: proc(5), SigCgt."""
    with open(f"/proc/{pid}/status", encoding="ascii") as stream:  # noqa: PTH123  (a kernel file)
        caught = next(line.split()[1] for line in stream if line.startswith("SigCgt"))
    return bool(int(caught, 16) >> (signal.SIGHUP - 1) & 1)


WORKING: Final = """\
import subprocess, sys, time
from mcastlab.cli import main, process
from mcastlab.cli.verbs.check import CheckVerb
CLEANING_S = float(sys.argv.pop())
def run(verb, context):
    child = subprocess.Popen(["sleep", "600"])
    try:
        print(child.pid, flush=True)
        child.wait()
        time.sleep(600)
    finally:
        print("cleaning", flush=True)
        time.sleep(CLEANING_S)
        print("clean", flush=True)
CheckVerb.__call__ = run
process.run_process()
"""
"""A verb that waits for a child of its own and has something to clean up."""


def at_work(home: dict[str, str], cleaning_s: float) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [*python(f"'-c', {WORKING!r}"), "check", str(cleaning_s)],
        cwd=PROJECT,
        env=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


@pytest.mark.parametrize(
    ("number", "said"),
    [(signal.SIGINT, "interrupted\n"), (signal.SIGTERM, "terminated\n"), (signal.SIGHUP, "hung up\n")],
)
def test_a_signal_cleans_up_and_is_reported_by_the_exit_code(
    number: signal.Signals, said: str, home: dict[str, str]
) -> None:
    process, child = at_work(home, 0)
    if number is signal.SIGINT:
        # A terminal sends it to all of its foreground.
        os.kill(child, number)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (128 + number, "cleaning\nclean\n", said)
    end = time.monotonic() + 30
    while runs(child):
        assert time.monotonic() < end


def runs(pid: int) -> bool:
    """Say whether a process has not ended; PID 1 of some machines does not fetch what is left to it."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stream:  # noqa: PTH123  (a kernel file)
            return stream.read().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_second_signal_lets_the_cleaning_go_on_and_a_third_ends_it(home: dict[str, str]) -> None:
    process, _ = at_work(home, 600)
    process.send_signal(signal.SIGTERM)
    assert process.stdout is not None
    assert process.stdout.readline() == "cleaning\n"
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert process.stderr.readline() == "cleaning up; once more ends this at once\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (128 + signal.SIGINT, "")
    assert err == "interrupted before everything was cleaned up\n"


def test_what_the_caller_ignores_stays_ignored(home: dict[str, str]) -> None:
    """As nohup has it."""
    program = (
        "import os, signal, sys\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\nos.execv(sys.executable, sys.argv[1:])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, sys.executable, "-c", WORKING, "check", "0"],
        cwd=PROJECT,
        env=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (128 + signal.SIGTERM, "terminated\n")
