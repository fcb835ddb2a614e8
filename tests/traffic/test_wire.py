"""The probe for real: hosts in network namespaces on a wire with IGMP snooping, sound and broken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
from traffic.wire import PATIENT_S, SHORT, Host, played

from mcastlab.lab.model import Group
from mcastlab.traffic.fleet import Fleet
from mcastlab.traffic.plan import PlannedFlow, TrafficNode, TrafficPlan
from mcastlab.traffic.results import SilenceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab.lab.model import Lab
    from mcastlab.ports import ShellResult
    from mcastlab.traffic.results import TrafficReport

    _Heard = set[tuple[str, str, SilenceKind]]

pytestmark = pytest.mark.twin

ROUNDS: Final = 3
"""On a busy machine nobody may have sent any more in the moment after a host has left."""


def on_wire(hosts: Mapping[str, Host], command: str) -> None:
    """Run a command where the bridge is."""
    done = replace(next(iter(hosts.values())), host="wire").run(command, timeout_s=20)
    assert done.code == 0, done.stderr


def heard_in_silence(lab: Lab, hosts: Mapping[str, Host], expected: _Heard) -> tuple[_Heard, TrafficReport]:
    """Play up to so many rounds until what should not be heard is as expected; return that of the last one."""
    for _ in range(ROUNDS):
        report = played(lab, hosts)
        heard = {(each.group, each.host, each.kind) for each in report.silences if each.heard}
        if heard == expected:
            break
    return heard, report


def test_everybody_hears_everybody_and_nothing_else(lab: Lab, hosts: Mapping[str, Host]) -> None:
    ordinary = {**hosts, "doppel-2": replace(hosts["doppel-2"], privileged=False)}
    report = played(lab, ordinary, replace(SHORT, payload=True, establish_within_s=PATIENT_S))
    assert report.holds
    pairs = {(each.sender, each.receiver) for each in report.deliveries}
    assert pairs == {(one, other) for one in hosts for other in hosts if one != other}
    for each in report.deliveries:
        assert each.latency is not None
        # All namespaces have one clock: what is found is right to the error that is reported.
        assert abs(each.latency.clock_offset_us) <= each.latency.clock_error_us
        assert 0 <= each.latency.min_us <= each.latency.median_us <= each.latency.p95_us <= each.latency.max_us
        assert each.join_delay_ms is not None
        assert sum(part.sent for part in each.timeline) >= each.sent
    # An ordinary user may not watch an interface, and says nothing of it.
    silent = {(each.host, each.kind) for each in report.silences}
    assert silent == {
        (host, kind) for host in ("doppel-1", "phone-1") for kind in (SilenceKind.NEVER_JOINED, SilenceKind.LEFT)
    }
    left = {each.receiver: each.leave_delay_ms for each in report.deliveries}
    assert left["doppel-2"] is None
    assert left["doppel-1"] is not None
    # The bridge's links carry packets of 8500 octets.
    assert {each.largest_octets for each in report.payloads if each.receiver == "doppel-2"} == {8472}


def test_a_domain_that_delivers_to_everybody_is_reported(lab: Lab, hosts: Mapping[str, Host]) -> None:
    on_wire(hosts, "for port in p1 p2 p3; do ip link set $port type bridge_slave mcast_flood on; done")
    on_wire(hosts, "ip link set br0 type bridge mcast_snooping 0")
    kinds = (SilenceKind.NEVER_JOINED, SilenceKind.LEFT)
    expected = {(group.name, host, kind) for group in lab.groups for host in hosts for kind in kinds}
    try:
        heard, report = heard_in_silence(lab, hosts, expected)
    finally:
        on_wire(hosts, "ip link set br0 type bridge mcast_snooping 1")
        on_wire(hosts, "for port in p1 p2 p3; do ip link set $port type bridge_slave mcast_flood off; done")
    assert heard == expected
    assert all(each.holds for each in report.deliveries)
    assert not report.holds


def test_a_group_that_leaks_to_members_of_another_is_reported(lab: Lab, hosts: Mapping[str, Host]) -> None:
    first = lab.groups[0]
    groups = tuple(
        first.model_copy(update={"name": name, "address": first.address + number})
        for number, name in enumerate(("first", "second"))
    )
    # The second group's datagrams reach doppel-1, member or not.
    on_wire(hosts, f"bridge mdb add dev br0 port p1 grp {groups[1].address} permanent")
    expected = {("second", "doppel-1", kind) for kind in SilenceKind}
    try:
        leaking, _ = heard_in_silence(lab.model_copy(update={"groups": groups}), hosts, expected)
    finally:
        on_wire(hosts, f"bridge mdb del dev br0 port p1 grp {groups[1].address} permanent")
    assert leaking == expected


def test_what_is_lost_or_never_comes_is_reported(lab: Lab, hosts: Mapping[str, Host]) -> None:
    lossy = "add table ip broken; add chain ip broken in { type filter hook input priority 0 ; }; "
    # One in seven of the group's own datagrams: what others send shall not use the losses up.
    lossy += "add rule ip broken in ip daddr 224.0.0.0/4 ip protocol udp numgen inc mod 7 0 drop"
    deaf = "add table ip broken; add chain ip broken in { type filter hook input priority 0 ; policy drop ; }"
    for name, rules in (("doppel-2", lossy), ("phone-1", deaf)):
        assert hosts[name].run(f"nft '{rules}'", timeout_s=10).code == 0
    try:
        report = played(lab, hosts)
    finally:
        for name in ("doppel-2", "phone-1"):
            hosts[name].run("nft delete table ip broken", timeout_s=10)
    found = {(each.sender, each.receiver): each for each in report.deliveries}
    assert 0 < found["doppel-1", "doppel-2"].lost < found["doppel-1", "doppel-2"].sent
    never = found["doppel-1", "phone-1"]
    assert never.received == 0
    assert never.sent > 0
    assert (never.latency, never.established_after_s, never.join_delay_ms) == (None, None, None)
    assert found["phone-1", "doppel-1"].holds
    # Nothing reached phone-1: what the commands know of its clock bounds the latency, and nobody tells a middle.
    one_way = found["phone-1", "doppel-1"]
    assert one_way.latency is None
    assert one_way.bound is not None
    assert 0 <= one_way.bound.lower_ms < one_way.bound.upper_ms
    assert one_way.bound.upper_ms > 1
    assert {part.latency_median_us for part in one_way.timeline} == {None}
    # Nobody was busy long enough to be excused for what a filter dropped.
    assert found["doppel-1", "doppel-2"].stalled < found["doppel-1", "doppel-2"].lost
    assert not report.holds


def test_a_rate_that_is_asked_for_is_sustained(lab: Lab, hosts: Mapping[str, Host]) -> None:
    report = played(lab, hosts, replace(SHORT, rate_pps=4000, establish_within_s=PATIENT_S))
    assert report.holds
    assert {(each.asked_pps, each.sustained_pps) for each in report.rates} == {(4000, 4000)}


def test_more_than_a_shells_output_comes_in_pages(hosts: Mapping[str, Host], monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet(hosts)
    fleet.greet(["doppel-1"])
    node = TrafficNode(name="doppel-1", site=None)
    flows = tuple(
        PlannedFlow(group=0, sender=0, start_ms=0, interval_us=1000, burst=1, count=1, sizes=(24,)) for _ in range(6000)
    )
    group = Group.model_validate({"name": "group", "address": "239.1.1.1"})
    asked: list[str] = []
    run = Host.run

    def noting(self: Host, command: str, *, timeout_s: float) -> ShellResult:
        result = run(self, command, timeout_s=timeout_s)
        asked.append(command.split()[6])
        assert len(result.stdout) < 24_000
        return result

    monkeypatch.setattr(Host, "run", noting)
    plan = TrafficPlan(
        groups=(group,), nodes=(node,), flows=flows, memberships=(), settle_ms=0, guard_ms=0, end_ms=3000, ttl=1
    )
    (found,) = fleet.carry_out(plan).values()
    assert len(found["sent"]) == 6000
    assert {each["sent"] for each in found["sent"]} == {1}
    assert asked[0] == "run"
    assert "page" in asked
    assert asked[-1] == "stop"
