"""The gate takes the same sample each time; the soak runs everything once, over as many runs as it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from series import sample, table

pytestmark = pytest.mark.process

TESTS = Path(__file__).parents[1]
CONFTEST = """
import series

def pytest_addoption(parser):
    series.add_options(parser)

def pytest_configure(config):
    config.pluginmanager.register(series.Series(config), "series")
"""
CASES = """
import hypothesis, pytest

@pytest.mark.series(gate=2)
@pytest.mark.parametrize("number", range(8))
def test_number(number):
    assert number != 6

def test_in_a_loop(sampled):
    assert len(sampled("abcdef", gate=2)) in {2, 6}

@hypothesis.given(hypothesis.strategies.integers())
def test_any(number):
    assert number == int(str(number))

@pytest.mark.parametrize("letter", "ab")
def test_of_no_series(letter):
    assert letter
"""


def run(folder: Path, *options: str) -> tuple[int, str]:
    """Run those tests; how pytest ended, and what it printed."""
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_cases.py").write_text(CASES)
    words = ("-q", "-o", "markers=series", "-p", "no:cacheprovider", f"--rootdir={folder}", str(folder))
    # No plugin but the one that is asked for: each takes every process a while to import.
    plugins = {"PYTEST_ADDOPTS": "-p xdist.plugin", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(TESTS), **plugins},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("count", [1, 3, 7, 10, 99])
def test_a_sample_is_spread_over_all_and_the_same_each_time(count: int) -> None:
    cases = list(range(10))
    chosen = sample(cases, count, seed=5)
    assert chosen == sample(cases, count, seed=5) == sorted(set(chosen))
    assert len(chosen) == min(count, 10)
    stretch = 10 / min(count, 10)
    assert all(int(stretch * place) <= each < stretch * (place + 1) for place, each in enumerate(chosen))


def test_the_gate_runs_a_sample_and_all_that_is_no_series(tmp_path: Path) -> None:
    code, reported = run(tmp_path, "--series-seed", "4")
    assert code in {0, 1}, reported
    assert "6 deselected" in reported
    assert "a fixed sample of seed 4" in run(tmp_path, "--series-seed", "4", "--co", "-v")[1]


def test_one_case_of_each_parametrised_test_can_be_asked_for(tmp_path: Path) -> None:
    code, reported = run(tmp_path, "--one-case", "--co")
    assert code == 0, reported
    assert "8 deselected" in reported
    assert {line.partition("[")[0] for line in reported.splitlines() if "::" in line} == {
        f"test_cases.py::{name}" for name in ("test_number", "test_in_a_loop", "test_any", "test_of_no_series")
    }


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["alone", "in two processes"])
def test_a_soak_runs_series_alone_and_goes_on_where_it_stopped(processes: tuple[str, ...], tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    soak = ("--soak", "--soak-state", str(state))
    code, reported = run(tmp_path, *soak, "--soak-minutes", "0", *processes)
    assert (state.exists(), "some cases are still to run" in reported) == (False, True), reported
    code, reported = run(tmp_path, *soak, *processes, "-k", "not any")
    assert (code, len(json.loads(state.read_text()))) == (1, 9), reported
    code, reported = run(tmp_path, *soak, *processes)
    assert (code, "10 passed" in reported) == (1, True), "what failed in an earlier run is not forgotten"
    assert state.with_suffix(".txt").read_text() == table(json.loads(state.read_text()), [])
    lines = [line.split()[1:5] for line in state.with_suffix(".txt").read_text().splitlines()]
    # Passed, failed, skipped, to run; a loop counts as its cases.
    assert lines[1:] == [["10", "0", "0", "0"], ["6", "0", "0", "0"], ["7", "1", "0", "0"], ["23", "1", "0", "0"]], (
        reported
    )
    code, reported = run(tmp_path, *soak, "--co")
    assert (code, "21 deselected" in reported) == (1, True), reported
