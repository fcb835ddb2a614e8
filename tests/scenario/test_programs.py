"""A program of the user's own, run on hosts by a step: who hears it, how it is measured, and that it ends."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING, Any, Final

import pytest
from scenario.test_real_devices import LAB, ONE, OTHER, answer, script, stream

from mcastlab.ports import ShellResult
from mcastlab.scenario.planned_devices import device_count
from mcastlab.scenario.play import clocks_of
from mcastlab.scenario.real_devices import RealDevices
from mcastlab.scenario.script import TestAppliance
from mcastlab.scenario.script_parts import parts_of
from mcastlab.scenario.triggers import HostProgram, with_addresses
from mcastlab.traffic.clocks import ClockOffset
from mcastlab.traffic.node_results import Found
from mcastlab_base.errors import BadInputError, RefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.ports import Shell
    from mcastlab.scenario.script import Script

RUN: Final = "- run: {on: phones-1, command: play, to: paging, for: 1s, within: 60s}"


class Bash:
    """A shell on this machine."""

    host = "phones-1"

    def run(self, command: str, *, timeout_s: float) -> ShellResult:
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, timeout=min(timeout_s, 20), check=False
        )
        return ShellResult(code=done.returncode, stdout=done.stdout, stderr=done.stderr)


class Addressed:
    """A host that tells its address, or something else."""

    host = "phones-1"

    def __init__(self, said: str) -> None:
        self._said = said

    def run(self, command: str, *, timeout_s: float) -> ShellResult:
        assert command.endswith(" 239.1.1.1 5004")
        assert timeout_s
        return ShellResult(code=0, stdout=self._said, stderr="")


TWO: Final[dict[str, Shell]] = {"phones-1": Addressed("10.10.1.7"), "phones-2": Addressed("10.10.1.8")}


def resolved(said: str = "10.10.1.7\n") -> Script:
    shells: dict[str, Shell] = {"phones-1": Addressed(said)}
    return with_addresses(script("- page: {from: phones-2, to: paging, for: 1s}", RUN), shells)


def test_a_run_is_a_part_of_its_own_in_which_all_others_listen_and_the_host_to_itself() -> None:
    found = resolved()
    assert device_count(found) == 5, "two hosts, a device and two appliances"
    *_, part = (each.script for each in parts_of(found))
    (talk,) = part.awaited
    program = part.appliances[talk.appliance]
    assert (program.name, program.address, program.site, program.node) == ("phones-1", "10.10.1.7", "", ONE)
    assert [part.devices[stay.device].name for stay in part.stays] == ["phones-2", "phone-1", "phones-1"]
    assert [part.appliances[each.appliance].name for each in part.receiving] == ["pager-7"]
    assert (talk.within_ms, talk.span.end_ms - talk.span.begin_ms, part.talks) == (60_000, 1000, ())


def test_programs_on_several_hosts_hear_each_other() -> None:
    several = script(RUN.replace("phones-1", "'phone*'"))
    assert [several.appliances[talk.appliance].name for talk in several.awaited] == ["phones-1", "phones-2", "phone-1"]
    assert [several.devices[stay.device].name for stay in several.stays] == ["phones-1", "phones-2", "phone-1"]


@pytest.mark.parametrize(("on", "why"), [("pager-7", "pager-7 is an appliance, on which nothing"), ("nobody", "no ")])
def test_nothing_is_run_where_nothing_can_be(on: str, why: str) -> None:
    with pytest.raises(BadInputError, match=rf"morning.yaml:3: steps\[1\].run.on: {why}"):
        script(RUN.replace("phones-1", on))


def test_a_host_that_has_no_way_to_the_group_is_named() -> None:
    with pytest.raises(RefusedError, match=r"phones-1: it has no way to 239\.1\.1\.1: Network is unreachable"):
        resolved("Network is unreachable")


def test_delays_are_counted_from_what_the_host_heard_of_itself_and_that_is_no_row() -> None:
    *_, part = (each.script for each in parts_of(resolved()))
    plan = part.traffic(largest_octets=1352, guard_ms=100, ttl=16)
    begins = {ONE: 0, OTHER: 0}
    by_node = {
        ONE: answer((7, stream(9000)), source="10.10.1.7"),
        OTHER: answer((7, stream(9080, lost=(10,))), source="10.10.1.7"),
    }
    clocks = {(ONE, OTHER): ClockOffset(us=30_000, error_us=100)}
    found = Found(plan=plan, by_node=by_node, offsets=dict.fromkeys(begins, ClockOffset(us=0, error_us=0)))
    (row,) = RealDevices(part, found, clocks, {}, buffer_ms=60).rows()
    assert (row.talker, row.listener, row.lost, row.latency_p95_ms) == ("phones-1", "phones-2", 1, 50)
    assert row.mos is not None
    assert row.mos[0] == row.mos[1]


def test_what_programs_send_both_ways_tells_how_far_clocks_are_apart() -> None:
    *_, part = (each.script for each in parts_of(with_addresses(script(RUN.replace("phones-1", "'phones-*'")), TWO)))
    plan = part.traffic(largest_octets=1352, guard_ms=100, ttl=16)

    def both(one_ms: float, other_ms: float) -> dict[str, Any]:
        here, there = answer((7, stream(one_ms)), source="10.10.1.7"), answer((8, stream(other_ms)), source="10.10.1.8")
        return {**here, "foreign": [*here["foreign"], *there["foreign"]]}

    # The other's clock is 30 ms ahead, and each way takes 10 ms.
    by_node = {ONE: both(9000, 9000), OTHER: both(9040, 9020)}
    offsets = {node: ClockOffset(us=0, error_us=400_000) for node in by_node}
    found = Found(plan=plan, by_node=by_node, offsets=offsets)
    latencies = list(RealDevices(part, found, {}, {}, buffer_ms=60).shortest_latencies())
    assert latencies == [((ONE, OTHER), 40_000), ((OTHER, ONE), -20_000)]
    rows = RealDevices(part, found, clocks_of([found], latencies), {}, buffer_ms=60).rows()
    assert {(row.talker, row.listener): row.latency_p95_ms for row in rows} == {
        ("phones-1", "phones-2"): 10,
        ("phones-2", "phones-1"): 10,
    }


def program(command: str) -> TestAppliance:
    return TestAppliance(name="phones-1", address="", site="", trigger=command, node=0)


def test_a_program_finds_its_environment_and_is_ended_with_the_step(tmp_path: Path) -> None:
    reported = {"MCASTLAB_DEVICE": "phones-1", "MCASTLAB_GROUP": "239.1.1.1"}
    said = tmp_path / "said"
    begun = HostProgram(
        program(f'echo "it\'s $MCASTLAB_DEVICE $MCASTLAB_GROUP" > {said}; sleep 60'), Bash(), reported, 0.3
    )
    begin = time.monotonic()
    begun.refuse_failed(over=True)
    assert time.monotonic() - begin < 10
    assert said.read_text(encoding="utf-8") == "it's phones-1 239.1.1.1\n"
    begun.close()


def test_one_that_fails_is_named_with_what_it_said() -> None:
    begun = HostProgram(program("echo no microphone >&2; exit 9"), Bash(), {}, 10)
    with pytest.raises(RefusedError, match=r"^phones-1: its program ended with 9: no microphone$"):
        begun.refuse_failed(over=True)


def test_an_interrupted_test_ends_it_on_the_host(tmp_path: Path) -> None:
    said = tmp_path / "said"
    begun = HostProgram(program(f"echo begun > {said}; sleep 15; echo left > {said}"), Bash(), {}, 15)
    while not said.exists():
        time.sleep(0.01)
    begin = time.monotonic()
    begun.close()
    begun.refuse_failed(over=True)
    assert (time.monotonic() - begin < 10, said.read_text(encoding="utf-8")) == (True, "begun\n")


def test_a_lab_whose_tests_run_nothing_is_asked_nothing() -> None:
    page = script("- page: {from: phones-1, to: paging, for: 1s}", lab=LAB)
    assert with_addresses(page, {}) is page
