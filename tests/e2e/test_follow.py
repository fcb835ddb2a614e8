"""Groups that nobody listed, in a twin: heard soon after a device joins, both ways, and left when nobody wants them.

Whatever goes wrong meanwhile, and whenever: what is wanted is joined in the end, what is not is left, and the router's
other lines are as they were.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

import pytest
from documents import LABS
from e2e.follow_faults import FAULTS, FaultScene
from e2e.follow_probe import Following, Member, being_member, first_after, heard_unasked, sending

from mcastlab.aws.clients import Clients
from mcastlab.cli.connections import Connections
from mcastlab.lab.design.names import AWS_INTERFACE, aws_router_name

from .breaking import until
from .conftest import Deployed, in_twin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mcastlab.ports import Shell

pytestmark = pytest.mark.twin

LAB: Final = """\
name: heron
vpc: {cidr: 10.84.0.0/16}
hosts:
- {name: reed, count: 2}
sites:
- name: oulu
  router: {ssh: oulu-router, asn: 65084, wan: 198.51.100.2/30, lan: 172.31.8.1/24}
  devices:
  - {name: oulu-phone, address: 172.31.8.20}
  - {name: oulu-page, address: 172.31.8.21}
groups:
- {name: listed, address: 239.84.1.1}
- {name: calls, address: 239.9.0.0/16, port: 5004-5999, bridge: follow, hold: 2}
"""
JOIN: Final = " ip igmp join-group 239.9."
WITHIN_S: Final = 20.0
"""Generous: the figures are the benchmark's, and other tests run beside this one."""


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    path = tmp_path_factory.mktemp("heron") / "lab.yaml"
    path.write_text(LAB, encoding="utf-8")
    yield from in_twin(path)


@pytest.fixture(autouse=True)
def _inside(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in deployed.command_line.environment.items():
        if os.environ.get(key) != value:
            monkeypatch.setenv(key, value)


@pytest.fixture
def following(deployed: Deployed, tmp_path: Path) -> Iterator[Following]:
    made = Following(deployed.command_line, tmp_path / "follow.err")
    try:
        yield made.started()
    finally:
        made.end()


@pytest.fixture
def shells(deployed: Deployed, _inside: None) -> dict[str, Shell]:
    ways = Connections(deployed.lab)
    return ways.shells(ways.facts())


def lines(deployed: Deployed) -> list[str]:
    """Return the lines of the AWS router by which it follows."""
    ways = Connections(deployed.lab)
    with ways.sessions(ways.facts(), lambda _: None) as sessions:
        text = sessions[aws_router_name(deployed.lab)].show(f"show running-config interface {AWS_INTERFACE}")
    return [line.split()[-1] for line in text.splitlines() if line.startswith(JOIN)]


def until_none(deployed: Deployed) -> None:
    until(lambda: not lines(deployed), lambda: lines(deployed), 60)


def test_groups_that_nobody_listed_are_heard_both_ways_and_left_again(
    deployed: Deployed,
    following: Following,
    shells: dict[str, Shell],
    record_property: Callable[[str, object], None],
) -> None:
    there = [f"239.9.9.{n}" for n in range(1, 6)]
    sent = sending(shells["reed-1"], there, seconds=20)
    time.sleep(2)
    assert heard_unasked(shells["oulu-phone"], there, seconds=1) == 0, "silence before the join"
    delays = first_after(shells["oulu-phone"], there, within_s=WITHIN_S)
    assert None not in delays.values(), delays
    record_property("a remote receiver joins", delays)
    assert set(following.groups("joined")) == set(there)
    sent.end()
    back = [f"239.9.10.{n}" for n in range(1, 4)]
    sent = sending(shells["oulu-phone"], back, seconds=25)
    following.until(lambda: set(back) <= set(following.groups("sending")))
    assert not set(back) & set(following.groups("joined")), "a source without receivers is joined by nobody"
    delays = first_after(shells["reed-2"], back, within_s=WITHIN_S)
    assert None not in delays.values(), delays
    record_property("a VPC receiver joins", delays)
    sent.end()
    until_none(deployed)
    sent = sending(shells["reed-1"], there, seconds=4)
    assert heard_unasked(shells["oulu-phone"], there, seconds=3) == 0, "silence after the leave"
    sent.end()


def test_remote_device_that_sends_and_receives_talks_with_a_host(
    deployed: Deployed, following: Following, shells: dict[str, Shell]
) -> None:
    # The second of two senders that begin together flows up to 3 s after the first in the twin (docs/twin.md).
    excused_s, speak_s, call = 3.5, 12.0, ["239.9.11.1"]
    members = [Member(shells[name], call) for name in ("oulu-phone", "reed-1")]
    following.until(lambda: call[0] in following.groups("joined"))
    speakers = [sending(shells[name], call, seconds=speak_s) for name in ("oulu-phone", "reed-1")]
    sent = [speaker.end() for speaker in speakers]
    for member in members:
        member.leave()
    heard = [member.result for member in members]
    assert min(heard) > min(sent) * (1 - excused_s / speak_s) * 0.9, (heard, sent)
    until_none(deployed)


def test_configure_and_drift_know_what_is_followed(
    deployed: Deployed, following: Following, shells: dict[str, Shell]
) -> None:
    member = being_member(shells["oulu-phone"], ["239.9.12.1", "239.9.12.2"], seconds=20)
    following.until(lambda: len(following.groups("joined")) == 2)
    deployed.command_line.must("drift")
    deployed.command_line.must("configure")
    assert lines(deployed) == ["239.9.12.1", "239.9.12.2"]
    member.end()
    until_none(deployed)


def test_second_follower_is_refused(deployed: Deployed, following: Following) -> None:
    assert following.process.poll() is None
    done = deployed.command_line.run("follow", "--json")
    assert done.returncode == 3
    assert "another command works on the followed groups of" in done.stderr


def test_killed_follower_leaves_nothing_that_the_next_one_does_not_clean_up(
    deployed: Deployed, shells: dict[str, Shell], tmp_path: Path
) -> None:
    member = being_member(shells["oulu-phone"], ["239.9.13.1"], seconds=15)
    first = Following(deployed.command_line, tmp_path / "first.err").started()
    first.until(lambda: "239.9.13.1" in first.groups("joined"))
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    member.end()
    assert lines(deployed) == ["239.9.13.1"]
    second = Following(deployed.command_line, tmp_path / "second.err").started()
    second.until(lambda: "239.9.13.1" in second.groups("left"))
    assert second.groups("adopted") == ["239.9.13.1"]
    assert lines(deployed) == []
    assert second.end() == 128 + signal.SIGTERM


def test_router_that_reboots_is_waited_for_and_joins_again(
    deployed: Deployed, following: Following, shells: dict[str, Shell]
) -> None:
    member = being_member(shells["oulu-phone"], ["239.9.14.1"], seconds=60)
    following.until(lambda: "239.9.14.1" in following.groups("joined"))
    Clients(deployed.lab.region).ec2.reboot_instances(
        InstanceIds=[Connections(deployed.lab).facts().router_instance_id]
    )
    following.until(lambda: "239.9.14.1" in following.groups("lost"), within_s=90)
    following.until(lambda: following.groups("joined").count("239.9.14.1") == 2, within_s=90)
    member.end()
    until_none(deployed)


def section(deployed: Deployed) -> tuple[set[str], list[str]]:
    """Return the groups of the block that the AWS router has joined, and all its other lines."""
    ways = Connections(deployed.lab)
    with ways.sessions(ways.facts(), lambda _: None) as sessions:
        text = sessions[aws_router_name(deployed.lab)].show("show running-config")
    assert f"interface {AWS_INTERFACE}" in text
    joined = {line.split()[-1] for line in text.splitlines() if line.startswith(JOIN)}
    return joined, [line for line in text.splitlines() if not line.startswith((JOIN, "Current configuration", "!"))]


def until_joined(deployed: Deployed, groups: set[str]) -> None:
    """Wait until the AWS router has joined these groups of the block and no others."""
    until(lambda: section(deployed)[0] == groups, lambda: (section(deployed)[0], groups), 60)


@pytest.mark.series(gate=3)
@pytest.mark.parametrize(("fault", "seed"), [(fault, seed) for fault in FAULTS for seed in range(4)])
def test_what_is_wanted_is_joined_in_the_end_whatever_happens(
    deployed: Deployed, shells: dict[str, Shell], tmp_path: Path, fault: str, seed: int
) -> None:
    chance = random.Random(f"{fault} {seed}")  # noqa: S311  (nothing secret is drawn)
    groups = [f"239.9.{chance.randrange(1, 250)}.{n}" for n in range(1, 9)]
    others = section(deployed)[1]
    scene = FaultScene(deployed, tmp_path)
    try:
        staying = Member(shells["oulu-phone"], groups[:2]), Member(shells["reed-1"], groups[2:4])
        leaving = Member(shells["oulu-page"], groups[3:6])
        # The fault begins while the first of them are being joined, or soon after.
        time.sleep(chance.uniform(0, 1.5))
        with FAULTS[fault](scene):
            leaving.leave()
            coming = Member(shells["reed-2"], groups[6:])
        wanted = {group for member in (*staying, coming) for group in member.groups}
        until_joined(deployed, wanted)
        for member in (*staying, coming):
            member.leave()
        until_joined(deployed, set())
        assert section(deployed)[1] == others
        assert scene.follower.process.poll() is None
    finally:
        scene.end()


# The last in the twin: nothing is configured afterwards.
def test_removal_takes_out_what_is_followed(deployed: Deployed, shells: dict[str, Shell], tmp_path: Path) -> None:
    member = being_member(shells["oulu-phone"], ["239.9.15.1"], seconds=15)
    follower = Following(deployed.command_line, tmp_path / "third.err").started()
    follower.until(lambda: "239.9.15.1" in follower.groups("joined"))
    follower.end()
    deployed.command_line.must("configure", "--remove")
    assert lines(deployed) == []
    member.end()


def test_lab_without_a_block_is_bad_input() -> None:
    command = [sys.executable, "-m", "mcastlab", "follow", "--lab", str(LABS / "minimal.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "has no block of groups to follow" in done.stderr
