"""A test of devices for real: hosts on a wire, several devices on each, judged by what is done to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from junitparser import JUnitXml
from traffic.wire import Host, wire

from mcastlab.lab.document import parse_yaml
from mcastlab.report.device_test import scenario_junit
from mcastlab.scenario.play import play
from mcastlab.scenario.reading import parse_test
from mcastlab_base.errors import TimedOutError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcastlab.scenario.results import DeviceTestReport

pytestmark = pytest.mark.process

LAB = parse_yaml(
    """\
name: phones
vpc: {cidr: 10.10.0.0/16}
hosts:
- {name: phones, count: 2, devices: 3}
sites:
- name: berlin
  router: {ssh: berlin-router, wan: 203.0.113.2/30, lan: 192.168.50.1/24}
  devices:
  - {name: pager-7, address: 192.168.50.31}
groups:
- {name: paging, address: 239.1.1.1}
- {name: calls, address: 239.1.1.2}
""",
    "lab.yaml",
)
EXPECT = "expect: [{loss: < 1 %, gap: < 500 ms, join: < 1 s, heard_by_others: 0}, {step: 2, mos: '>= 4.0'}]"
"""A score is asked for where datagrams flow back: a delay that is merely bounded has to pass at its worse end."""


@pytest.fixture(scope="module")
def hosts() -> Iterator[Mapping[str, Host]]:
    with wire(("phones-1", "phones-2", "pager-7")) as made:
        yield made


def played(hosts: Mapping[str, Host], *steps: str) -> DeviceTestReport:
    test, script = parse_test("\n".join(["name: morning", "seed: 7", EXPECT, "steps:", *steps]), "morning.yaml", LAB)
    return play(test, script, LAB, hosts, progress=print)


CONFERENCE = "- conference: {group: calls, members: 'phones-*', join: 20/s, talkers: 2, turn: 1s, for: 3s}"


def test_everybody_hears_everybody_on_its_own_host_too(hosts: Mapping[str, Host]) -> None:
    report = played(hosts, "- page: {from: pager-7, to: paging, for: 2s}", CONFERENCE)
    assert report.holds, [limit.sentence for limit in report.limits if not limit.holds]
    page, conference = ([row for row in report.heard if row.step == number] for number in (1, 2))
    assert {row.listener for row in page} == {f"phones-{host}-{each}" for host in (1, 2) for each in (1, 2, 3)}
    talkers = {row.talker for row in conference}
    assert {(row.talker, row.listener) for row in conference} == {
        (one, other) for one in talkers for other in {row.listener for row in page} if one != other
    }
    assert len(talkers) == 6
    assert {row.due for row in page} == {100}
    assert all(row.mos is not None and row.mos[0] <= row.mos[1] for row in report.heard)
    assert all(row.latency_p95_ms is None and row.latency_bound_ms is not None for row in page), "nothing flows back"
    assert all(row.latency_p95_ms is not None and row.latency_bound_ms is None for row in conference)


def test_what_is_made_worse_fails_for_those_alone_to_whom_it_is_done(hosts: Mapping[str, Host]) -> None:
    worse = "- impair: {on: phones-2-1, direction: in, loss: 30 %, delay: 80ms, jitter: 20ms, for: 20s}"
    report = played(hosts, worse, CONFERENCE)
    assert {(limit.figure, limit.device) for limit in report.limits if not limit.holds} == {
        ("loss", "phones-2-1"),
        ("mos", "phones-2-1"),
    }
    for row in report.heard:
        if row.listener != "phones-2-1":
            assert row.lost == 0
        else:
            assert 0.1 < row.loss < 0.5
    suites = JUnitXml.fromstring(scenario_junit(report, datetime(2026, 1, 1, tzinfo=UTC)).encode())
    cases = {case.name: not case.result for suite in suites for case in suite}
    assert cases == {
        "step 2 conference: loss < 1 %": False,
        "step 2 conference: gap < 500 ms": True,
        "step 2 conference: mos >= 4.0": False,
        "step 2 conference: join < 1 s": True,
        "step 2 all steps: heard_by_others 0": True,
    }


def test_what_a_sender_does_wrong_is_heard_by_all_and_from_it_alone(hosts: Mapping[str, Host]) -> None:
    """Each fault lasts for a page of its own, from the same device; a second device speaks rightly at the end."""
    page = "- page: {from: phones-1-1, to: paging, for: 1s}"
    kinds = ("corrupt", "truncate", "wrong_payload_type")
    steps = [step for kind in kinds for step in (f"- {kind}: {{members: phones-1-1, for: 3900ms}}", page)]
    worse = "- impair: {on: phones-1-1, direction: out, loss: 40 %, delay: 400ms, for: 3900ms}"
    steps += [worse, page, "- vanish: {members: phones-1-1, for: 2900ms}", page]
    report = played(hosts, *steps, page.replace("1-1", "2-1"))
    loss = {number: [row.loss for row in report.heard if row.step == number] for number in range(1, 12)}
    assert [{*loss[number]} for number in (2, 4, 6)] == [{1.0}] * 3
    assert all(0.1 < each < 0.7 for each in loss[8])
    assert len(set(loss[8])) == 1, "the sender lost them, so that all listeners miss the same"
    later = [row.latency_p95_ms or row.latency_bound_ms or 0 for row in report.heard if row.step == 8]
    assert min(later) > 250
    # Of what it did not send nothing is lost.
    away = [row for row in report.heard if row.step == 10]
    assert {row.lost for row in away} == {0}
    assert {15 < row.due < 40 for row in away} == {True}
    assert {*loss[11]} == {0.0}


def test_of_two_senders_with_one_source_a_listener_hears_one(hosts: Mapping[str, Host]) -> None:
    report = played(hosts, "- same_ssrc: {members: 'phones-*', for: 20s}", CONFERENCE)
    heard = {row.talker: row.loss for row in report.heard if row.listener in {"pager-7", "phones-2-3"}}
    assert 1.0 in heard.values()


def test_a_device_without_a_path_is_named(hosts: Mapping[str, Host]) -> None:
    on_wire = replace(hosts["pager-7"], host="wire")
    ports = "for port in p1 p3; do ip link set $port type bridge_slave isolated"
    assert on_wire.run(f"{ports} on; done", timeout_s=9).code == 0
    try:
        report = played(hosts, "- page: {from: phones-1-1, to: paging, for: 1s}", "- wait: {for: 100ms}")
    finally:
        on_wire.run(f"{ports} off; done", timeout_s=9)
    failed = {(limit.figure, limit.device, limit.worst) for limit in report.limits if not limit.holds}
    assert failed == {
        ("loss", "pager-7", "100 %"),
        ("join", "pager-7", "never"),
        ("mos", "nobody", "nothing was heard"),
    }


def test_nothing_comes_of_a_program_in_time(hosts: Mapping[str, Host]) -> None:
    silent = "- run: {on: phones-2, command: sleep 9, to: paging, for: 1s, within: 500ms}"
    with pytest.raises(TimedOutError) as late:
        played(hosts, "- wait: {for: 100ms}", silent)
    assert late.value.text == "step 2 (run): nothing that phones-2 sent to paging was heard in 0.5 s"
