"""Killed at any moment of its start, by its starter's death or its own, a twin is up again and leaves nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import boto3
import pytest
from twin.fabric.clouds import LAB

from awsregion.credentials import ACCOUNT
from mcastlab.lab_files import PROJECT
from mcastlab_base.waiting import attempts
from mcastlab_twin import lifecycle
from mcastlab_twin.sandbox import run_folder

pytestmark = pytest.mark.twin

NAME: Final = "test-moments"
LONGEST_START_S: Final = 2.5
SEEDS: Final = 50
GONE_WITHIN_S: Final = 10


def processes_of(run_dir: Path) -> list[int]:
    """The processes, of whatever parent, whose command line names the run folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if f"{run_dir}/".encode() in words:
            found.append(int(entry.name))
    return found


@pytest.mark.series(gate=3)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_up_starts_clean_after_a_kill_at_any_moment(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  (the same moments in every run)
    moment = chance.uniform(0, LONGEST_START_S)
    run_dir = run_folder.path(NAME)
    lifecycle.down(NAME)
    starter = subprocess.Popen(
        [sys.executable, "-m", "mcastlab", "twin", "--name", NAME, "up"], cwd=PROJECT, stdout=subprocess.DEVNULL
    )
    try:
        time.sleep(moment)  # the moment is what the test is about
        record = run_folder.read_record(run_dir)
        victim = record.pid if record is not None and chance.random() < 0.5 else starter.pid
        os.kill(victim, signal.SIGKILL)
    finally:
        if starter.poll() is None:
            starter.kill()
        starter.wait()
    if victim != starter.pid:
        # The kernel takes a moment to end all that was in it; until then it stands for whoever looks.
        assert not all(run_folder.is_alive(run_dir) for _ in attempts(GONE_WITHIN_S, every_s=0.01))
    try:
        twin = lifecycle.find(NAME) or lifecycle.up(LAB, NAME)
        reported = lifecycle.environment(twin)
        client = boto3.client(
            "sts",
            endpoint_url=twin.endpoint,
            region_name=twin.region,
            aws_access_key_id=reported["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=reported["AWS_SECRET_ACCESS_KEY"],
        )
        assert client.get_caller_identity()["Account"] == ACCOUNT
    finally:
        lifecycle.down(NAME)
    end = time.monotonic() + 2
    while left := processes_of(run_dir):
        assert time.monotonic() < end, left
        time.sleep(0.02)
    assert not run_dir.exists()
