"""The user's example of a run in CI: each of its shell steps, against a region that knows of no twin."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mcastlab.lab_files import PROJECT

from .conftest import VERB_TIMEOUT_S, CommandLine, write_lab

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.twin, pytest.mark.timeout(900)]

WORKFLOW = PROJECT / ".github" / "workflows" / "lab.yml"
NAME = "ci-4711"
JOINS = (
    "import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
    'group = socket.inet_aton("239.9.77.1") + bytes(4); '
    "s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group); time.sleep(5)"
)
TEST = f"""\
#!/bin/sh
set -e
./scripts/lab ssh --lab "$LAB" --name "$NAME" phone-1 -- python3 -c {shlex.quote(JOINS)}
echo tested
"""
"""A device joins a group of a block, which nobody listed, for a while."""


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """What a runner's step has: the lab's document and name, AWS credentials, and the SSH client configuration."""
    lab = write_lab(tmp_path, name="workflow")
    outside = CommandLine(lab, dict(os.environ))
    try:
        outside.must("twin", "up")
        reported = dict(word.partition("=")[::2] for word in shlex.split(outside.must("twin", "env")) if "=" in word)
        yield {**os.environ, **reported, "LAB": str(lab), "NAME": NAME, "MCASTLAB_STATE_HOME": str(tmp_path / "state")}
    finally:
        outside.must("down", "--twin")


def step(environment: dict[str, str], run: str) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub's runner does: bash with -e, its environment, the repository as its folder."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", run],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=VERB_TIMEOUT_S,
        check=False,
    )


def test_each_step_of_the_example_ends_well_and_leaves_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    job: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["lab"]
    runs = [each["run"] for each in job["steps"] if "run" in each]
    assert len(runs) == 6
    test = tmp_path / "test"
    test.write_text(TEST, encoding="utf-8")
    test.chmod(0o755)
    environment["TEST"] = str(test)
    for name in ("junit.xml", "lab.html"):
        runs = [run.replace(name, str(tmp_path / name)) for run in runs]
    before, prove = runs[:-1], runs[-1]
    for at, run in enumerate(before):
        if " down " in run:
            left = step(environment, prove)
            assert left.returncode == 1, "what stands is left, until it is destroyed"
            assert f"{NAME}-Network" in left.stdout
        done = step(environment, run)
        assert done.returncode == 0, f"step {at}, {run}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        if " follow " in run:
            assert done.stdout.splitlines()[-1] == "tested"
            assert '"event": "joined", "group": "239.9.77.1"' in done.stderr
    assert "<testsuite" in (tmp_path / "junit.xml").read_text(encoding="utf-8"), "what GitHub shows of the run"
    assert "<svg" in (tmp_path / "lab.html").read_text(encoding="utf-8"), "the page that is kept of the run"
    done = step(environment, prove)
    assert done.returncode == 0, done.stdout + done.stderr
