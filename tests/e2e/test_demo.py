"""The main job, as a user runs it: exit code 0, and the machine meanwhile and afterwards as it was before."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from documented import words_of
from e2e.demos import Demo, Home, assert_held, assert_held_and_left_nothing, assert_nothing_left

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

pytestmark = [pytest.mark.twin, pytest.mark.timeout(900)]

THREE_SITES = "tests/labs/three_sites.yaml"


def test_demo_once_holds_for_an_ordinary_user_from_a_fresh_clone(home_of_ordinary_user: Home) -> None:
    home = home_of_ordinary_user
    with Demo(home, home.folder("demo"), *words_of("./scripts/lab demo --once")[1:]) as demo:
        demo.await_stage("Instances boot")
        shell = home.run("ssh", "--lab", "demo", "doppel-1", "--", "uname", "-n")
        assert_held_and_left_nothing(demo)
    assert "in a user namespace" in demo.reported
    assert shell.returncode == 0, shell.stderr
    assert shell.stdout.startswith("ip-10-10-1-")
    assert_reported_whole(demo.reported)


def assert_reported_whole(reported: str) -> None:
    """What the demo's report says of its lab's traffic and its test of devices."""
    # Two hosts and a phone, each to each other one: in the listed group, and in three of the block that nobody lists.
    assert "24 of 24 deliveries whole" in reported
    # Each speaks in turn, the appliance too, which a trigger starts, and the others hear it.
    assert re.search(r"test conference: 4 devices.*\n.*MOS.*\n.*\n1 +conference +4 +3 +.* \d\.\d\d ", reported), (
        reported
    )
    assert re.search(r"\npager-7 +1 +g711u +1 +1 .* \d\.\d\d *\n", reported), reported
    assert re.search(r"\npager-7 +1 +paging +answered ", reported), reported
    assert "and followed by this verification, for as long as it lasts: 239.9." in " ".join(reported.split())


def test_demo_holds_for_three_sites_with_both_tunnels_each_and_stays_until_it_is_taken_down(
    home_of_ordinary_user: Home,
) -> None:
    home = home_of_ordinary_user
    lab = home.clone / "lab.yaml"
    shutil.copy(home.clone / THREE_SITES, lab)
    lab.chmod(0o644)
    try:
        with Demo(home, home.folder("three-sites"), *words_of("./scripts/lab demo --lab lab.yaml")[1:]) as demo:
            assert_held(demo)
        taken = home.run("down", "--lab", "lab.yaml")
        assert taken.returncode == 0, taken.stderr
    finally:
        home.run("twin", "down", "--lab", "lab.yaml")
        lab.unlink()
    assert_nothing_left(demo)
    assert "6 BGP sessions through the VPN, 6 PIM neighbours on the GRE tunnels" in demo.reported
    # Two hosts and three phones, each to each other one.
    assert "20 of 20 deliveries whole" in demo.reported


@pytest.fixture(scope="module")
def slow(home: Home) -> tuple[Demo, dict[str, subprocess.CompletedProcess[str]]]:
    """A demo in a slow region, which has held, and how verbs ended that were run beside it."""
    with Demo(home, home.folder("demo"), "--once", "--slow", "15") as demo:
        demo.await_stages(2)
        beside = {words: home.run(*words.split()) for words in ("down --twin", "twin down", "configure --twin", "demo")}
        assert_held_and_left_nothing(demo)
    return demo, beside


def test_another_verb_beside_a_demo_touches_nothing(
    slow: tuple[Demo, dict[str, subprocess.CompletedProcess[str]]],
) -> None:
    demo, beside = slow
    for words, done in beside.items():
        assert done.returncode == 3, (words, done.stderr)
        assert f"another command works on twin demo on this machine: process {demo.process.pid}" in done.stderr


def test_demo_once_holds_in_a_region_that_is_as_slow_as_aws(
    slow: tuple[Demo, dict[str, subprocess.CompletedProcess[str]]],
) -> None:
    """The router boots for 3 minutes of the Region's clock, attachments linger for 2, BGP opens 45 s late."""
    demo, _ = slow
    assert_reported_whole(demo.reported)
    # IPsec comes up while the push still confirms and saves, so that the 45 s begin there.
    stages = ("Push the configuration over SSH", "VPN, BGP, GRE and PIM come up")
    assert sum(seconds_of(demo, stage) for stage in stages) >= 45 / 15
    assert seconds_of(demo, "cdk destroy --all") >= 2 * 120 / 15


def seconds_of(demo: Demo, stage: str) -> float:
    line = next(each for each in demo.lines if each.startswith(f"done   {stage}"))
    return float(line.removeprefix(f"done   {stage}").split()[0])


def test_a_demo_leaves_no_temporary_file(home: Home) -> None:
    """What it needs for a while goes with its twin, also where it is killed."""
    assert list(temporary_of(home).iterdir()) == []


def temporary_of(home: Home) -> Path:
    return home.runtime / "tmp"
