"""Appliances in tests of devices, for real: ffmpeg is the appliance, on a wire with the hosts that measure it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

import pytest
from traffic.wire import Host, wire

from mcastlab.lab.document import parse_yaml
from mcastlab.scenario.play import play
from mcastlab.scenario.reading import parse_test
from mcastlab.scenario.results import Grade
from mcastlab_base.errors import RefusedError, TimedOutError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mcastlab.scenario.results import DeviceTestReport

pytestmark = pytest.mark.process

LAB: Final = """\
name: phones
vpc: {cidr: 10.10.0.0/16}
hosts:
- {name: phones, count: 2, devices: 2}
sites:
- name: berlin
  router: {ssh: berlin-router, wan: 203.0.113.2/30, lan: 10.9.0.200/16}
  devices:
  - {name: phone-1, address: 10.9.0.4}
  - {name: pager, address: 10.9.0.5, kind: appliance, sends: [paging], receives: [calls]MORE}
groups:
- {name: paging, address: 239.1.1.1}
- {name: calls, address: 239.1.1.2}
"""
TONE: Final = "sine=frequency=1000:sample_rate=8000:samples_per_frame=160:duration=$MCASTLAB_SECONDS,arealtime"
SENDS: Final = (
    f"ffmpeg -nostdin -v error -f lavfi -i {TONE} -c:a pcm_mulaw -f rtp 'rtp://239.1.1.1:5004?pkt_size=172&ttl=4'"
)
LISTENERS: Final = {"phones-1-1", "phones-1-2", "phones-2-1", "phones-2-2", "phone-1"}
PAGE: Final = "- page: {from: pager, to: paging, for: 2s, within: 3s}"


@pytest.fixture(scope="module")
def hosts() -> Iterator[Mapping[str, Host]]:
    with wire(("phones-1", "phones-2", "phone-1", "pager")) as made:
        yield made


class Player:
    """Plays tests in which the appliance is what a command in its namespace makes of it."""

    def __init__(self, hosts: Mapping[str, Host], folder: Path) -> None:
        self._hosts, self._folder = hosts, folder
        self.reported: list[str] = []

    def script(self, name: str, command: str) -> str:
        """Return a lab file's command that runs another one where the appliance is."""
        path = self._folder / name
        path.write_text(f"#!/bin/sh\nexec {shlex.join(self._hosts['pager'].argv(command))}\n")
        path.chmod(0o700)
        return str(path)

    def play(self, *steps: str, expect: str = "[]", **commands: str) -> DeviceTestReport:
        given = "".join(f", {name}: {self.script(name, command)}" for name, command in commands.items())
        lab = parse_yaml(LAB.replace("MORE", given), "lab.yaml")
        text = "\n".join(["name: morning", "seed: 7", f"expect: {expect}", "steps:", *steps])
        test, script = parse_test(text, "morning.yaml", lab)
        shells = {name: self._hosts[name] for name in ("phones-1", "phones-2", "phone-1")}
        return play(test, script, lab, shells, progress=print, tell=self.reported.append)


@pytest.fixture
def player(hosts: Mapping[str, Host], tmp_path: Path) -> Player:
    return Player(hosts, tmp_path)


def test_a_page_that_its_trigger_starts_is_measured_by_everybody_from_its_first_packet_on(player: Player) -> None:
    conference = "- conference: {group: calls, members: '*', join: 20/s, turn: 500ms, for: 2500ms}"
    worse = "- impair: {on: phones-2-1, direction: in, loss: 30 %, for: 60s}"
    expect = "[{step: 3, loss: < 1 %, gap: < 200 ms, mos: '>= 3.5'}]"
    one_way = "- page: {from: phone-1, to: calls, for: 300ms}"
    report = player.play(conference, worse, PAGE, one_way, expect=expect, trigger=f"sleep 1.5; {SENDS}")
    page = [row for row in report.heard if row.step == 3]
    assert {(row.talker, row.group, row.stream, row.sources, row.talk_spurts) for row in page} == {
        ("pager", "paging", "g711u", 1, 1)
    }
    assert {row.listener for row in page} == LISTENERS
    assert {(row.listener, row.lost) for row in page if row.listener != "phones-2-1"} == {
        (name, 0) for name in LISTENERS - {"phones-2-1"}
    }
    for row in page:
        assert 95 <= row.due <= 98, "two seconds of 20 ms, without the last moment"
        assert row.mos is not None
        if row.listener == "phones-2-1":
            assert 0.1 < row.loss < 0.5
        else:
            # Clocks are those of the conference before, in which datagrams flowed both ways.
            assert row.mos[0] == row.mos[1] > 3.5
            assert row.jitter_ms is not None
            # Of a busy machine, within what the jitter buffer holds.
            assert row.jitter_ms < 60
    failed = {(limit.figure, limit.device) for limit in report.limits if not limit.holds}
    assert failed == {("loss", "phones-2-1"), ("mos", "phones-2-1")}
    # The page is drawn when it was, and its wait is part of its step.
    begin = report.steps[2].begin_ms
    # By hosts' clocks, of which a busy machine's greeting may know no more than where in a second they are.
    unsure_ms = 1000
    assert {row.begin_ms >= begin + 2500 + 1500 - unsure_ms for row in page} == {True}, (begin, page[0])
    assert report.steps[2].end_ms - begin >= 2500 + 1500 + 2000 - unsure_ms
    # What flows one way alone afterwards is measured by them too.
    later = [row for row in report.heard if row.step == 4]
    assert {row.latency_p95_ms is None for row in later} == {False}, later
    (lane,) = [lane for lane in report.lanes if lane.name == "pager"]
    assert len(lane.talking) == 1


def test_without_a_listener_in_its_lan_a_delay_is_bounded_and_the_worse_end_has_to_pass(
    hosts: Mapping[str, Host], tmp_path: Path
) -> None:
    player = Player(hosts, tmp_path)
    members = PAGE.replace("for:", "members: 'phones-*', for:")
    report = player.play(members, expect="[{mos: '>= 4.4'}]", trigger=SENDS)
    assert {row.latency_p95_ms for row in report.heard} == {None}
    for row in report.heard:
        assert row.mos is not None
        assert row.mos[0] < row.mos[1]
        assert row.latency_bound_ms is not None
        assert row.latency_bound_ms > 20, "it takes that long to begin"
    assert not report.holds


def test_an_appliance_that_sends_nothing_is_waited_for_and_no_longer(player: Player) -> None:
    with pytest.raises(TimedOutError, match=r"step 1 \(page\): nothing that pager sent to paging was heard in 3 s"):
        player.play(PAGE)
    assert player.reported == ["Now page paging (239.1.1.1) from pager for 2 s; 3 s are left to begin."]


def test_a_trigger_that_fails_is_reported_with_what_it_said(player: Player) -> None:
    with pytest.raises(RefusedError, match="pager: its trigger ended with 7: no such phone"):
        player.play(PAGE, trigger="echo no such phone >&2; exit 7")


HEARD: Final = "test $MCASTLAB_GROUP:$MCASTLAB_PORT = 239.1.1.2:5004"


@pytest.mark.parametrize(("confirm", "grade"), [(HEARD, Grade.ANSWERED), ("exit 1", Grade.NONE)])
def test_a_command_confirms_what_an_appliance_received(player: Player, confirm: str, grade: Grade) -> None:
    expect = "[{reception: last_reporter}]"
    report = player.play("- page: {from: phone-1, to: calls, for: 500ms}", expect=expect, confirm=confirm)
    (found,) = report.receptions
    assert (found.step, found.group, found.device, found.grade) == (1, "calls", "pager", grade)
    assert report.holds == (grade is Grade.ANSWERED)
