"""Progress: what is awaited, how far, for how long, and how long it usually takes."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from mcastlab.cli.stages import Stages
from mcastlab.cli.step_durations import LOCAL, VARIABLE, Step, usually
from mcastlab_base.waiting import ManualWaitClock


@pytest.fixture
def clock() -> ManualWaitClock:
    return ManualWaitClock()


def logged(clock: ManualWaitClock, width: int = 80) -> tuple[Stages, io.StringIO]:
    out = io.StringIO()
    return Stages(Console(file=out, width=width), clock), out


def test_log_tells_what_takes_long_while_it_does_and_once_at_its_end(
    clock: ManualWaitClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    stages, out = logged(clock)
    with stages.stage("Instances boot", Step.BOOT) as note:
        for _ in range(9):
            clock.sleep(5)
            note("waiting for 1 of 3 instances to run: i-1")
        note("router i-1, 2 hosts")
    assert [line.split("  ", 1)[0].split()[0] for line in out.getvalue().splitlines()] == ["wait", "wait", "done"]
    first, _, last = out.getvalue().splitlines()
    assert first.endswith("20.0 s  waiting for 1 of 3 instances to run: i-1 (usually 5 to 10 min)")
    assert last.endswith("45.0 s  router i-1, 2 hosts")


def test_log_keeps_quiet_about_what_is_quick(clock: ManualWaitClock) -> None:
    stages, out = logged(clock)
    with stages.stage("Verify", Step.VERIFY) as note:
        clock.sleep(13)
        note("traffic")
        note("20 checks hold")
    assert len(out.getvalue().splitlines()) == 1


def test_terminal_shows_how_long_the_running_step_usually_takes(
    clock: ManualWaitClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, LOCAL)
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=True, color_system=None)
    stages = Stages(console, clock)
    with stages.shown(), stages.stage("cdk deploy --all", Step.DEPLOY) as note:
        clock.sleep(3)
        note("demo-Router")
        console.print(stages._table())  # noqa: SLF001  (what is redrawn)
        assert "demo-Router (usually 10 to 20 s)" in out.getvalue()


@pytest.mark.parametrize("step", Step)
def test_every_step_has_its_usual_time_in_both_worlds(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    in_aws = usually(step)
    monkeypatch.setenv(VARIABLE, LOCAL)
    assert in_aws.startswith("usually ")
    assert usually(step).startswith("usually ")


@pytest.mark.parametrize("width", [40, 80, 200])
def test_what_is_under_way_takes_one_line_of_the_terminal(width: int) -> None:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, color_system=None, _environ={"TERM": "xterm"})
    stages = Stages(console)
    with stages.shown(), stages.stage("A stage whose title goes on and on and on") as note:
        note("a note that is longer than any terminal " * 10)
        lines = console.render_lines(stages._table(), console.options.update(width=width))  # noqa: SLF001
    assert len(lines) == 1
