"""Plans: who sends and receives what when, and where it has to be silent."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path as FilePath

import pytest
import yaml
from documents import of_sites

from mcastlab.lab.model import Lab
from mcastlab.lab_files import read_lab
from mcastlab.traffic import STREAMS
from mcastlab.traffic.matrix_plan import matrix_plan
from mcastlab.traffic.options import Options, stream
from mcastlab.traffic.participants import CARRIED_PPS, LAB_PPS, carried, setting_of
from mcastlab.traffic.plan import LEAVE_LATENCY_MS, TrafficPlan
from mcastlab.traffic.results import Path, SilenceKind

LABS = FilePath(__file__).parents[1] / "labs"


def planned(lab: Lab, **asked: object) -> TrafficPlan:
    return matrix_plan(setting_of(lab, replace(Options(), **asked), guard_ms=200))  # type: ignore[arg-type]


def of(document: str) -> Lab:
    return Lab.model_validate(yaml.safe_load(document))


TWO_DEVICES = """\
name: two
vpc: {cidr: 10.10.0.0/16}
hosts:
- {name: doppel, count: 2}
- {name: idle}
sites:
- name: berlin
  router: {ssh: berlin-router, wan: 203.0.113.2/30, lan: 192.168.50.1/24}
  devices:
  - {name: phone-1, address: 192.168.50.20}
  - {name: phone-2, address: 192.168.50.21}
- name: oslo
  router: {ssh: oslo-router, wan: 203.0.113.6/30, lan: 192.168.60.1/24}
  devices:
  - {name: radio-1, address: 192.168.60.20}
groups:
- {name: down, address: 239.1.1.1, senders: [doppel], receivers: [berlin]}
- {name: all, address: 239.1.1.2, senders: [doppel, berlin], receivers: [doppel, berlin, oslo]}
"""


def paths(plan: TrafficPlan) -> set[tuple[str, str, str, Path]]:
    return {
        (plan.groups[flow.group].name, plan.nodes[flow.sender].name, node.name, plan.nodes[flow.sender].path_to(node))
        for flow in plan.flows
        if flow.kind == "main"
        for each in plan.memberships
        if each.group == flow.group and each.node != flow.sender
        for node in (plan.nodes[each.node],)
    }


def test_every_declared_sender_has_a_flow_to_every_declared_receiver() -> None:
    found = paths(planned(of(TWO_DEVICES)))
    assert {each for each in found if each[0] == "down"} == {
        ("down", sender, receiver, Path.TO_SITE)
        for sender in ("doppel-1", "doppel-2")
        for receiver in ("phone-1", "phone-2")
    }
    ways = {(sender, receiver): path for group, sender, receiver, path in found if group == "all"}
    assert len(ways) == 4 * 4
    assert ways["doppel-1", "doppel-2"] is Path.WITHIN_AWS
    assert ways["phone-1", "doppel-1"] is Path.TO_AWS
    assert ways["phone-1", "phone-2"] is Path.WITHIN_SITE
    assert ways["phone-2", "radio-1"] is Path.BETWEEN_SITES


def test_a_site_or_a_path_alone_leaves_the_others_out() -> None:
    lab = of(TWO_DEVICES)
    assert {node.name for node in planned(lab, site="oslo").nodes} == {"doppel-1", "doppel-2", "idle-1", "radio-1"}
    only = planned(lab, paths=frozenset({Path.TO_AWS}))
    assert {sender for _, sender, _, _ in paths(only)} == {"phone-1", "phone-2"}
    assert {receiver for _, _, receiver, _ in paths(only)} == {"doppel-1", "doppel-2"}


def silent(plan: TrafficPlan, node: str, group: str) -> list[tuple[int, int, SilenceKind | None]]:
    return sorted(
        (each.begin_ms, each.end_ms, each.kind)
        for each in plan.watches
        if plan.nodes[each.node].name == node and plan.groups[each.group].name == group
    )


def test_who_never_joins_is_watched_all_the_time_and_who_leaves_after_it() -> None:
    plan = planned(of(TWO_DEVICES))
    (whole,) = silent(plan, "idle-1", "all")
    assert whole[0] == 0
    assert whole[2] is SilenceKind.NEVER_JOINED
    joins = {plan.groups[each.group].name: each.join_ms for each in plan.memberships}
    (leave,) = {each.leave_ms for each in plan.memberships}
    before, leaving, after = silent(plan, "radio-1", "all")
    assert before == (0, joins["all"], SilenceKind.NEVER_JOINED)
    assert leaving == (leave, leave + LEAVE_LATENCY_MS, None)
    assert after == (leave + LEAVE_LATENCY_MS, whole[1], SilenceKind.LEFT)
    # A member of the one group is not to hear the other.
    assert SilenceKind.OTHER_GROUP in {kind for _, _, kind in silent(plan, "doppel-2", "down")}


def test_a_lan_on_which_another_device_sends_or_is_a_member_is_not_silent() -> None:
    plan = planned(of(TWO_DEVICES))
    assert silent(plan, "phone-1", "all") == []
    lab = of(TWO_DEVICES.replace("senders: [doppel, berlin]", "senders: [doppel]"))
    joined = {
        plan.nodes[each.node].name: (each.join_ms, each.leave_ms)
        for plan in (planned(lab),)
        for each in plan.memberships
        if plan.groups[each.group].name == "all"
    }
    before, meanwhile = silent(planned(lab), "phone-1", "all")[:2]
    assert [before[2], meanwhile[2]] == [SilenceKind.NEVER_JOINED, SilenceKind.OTHER_GROUP]
    # The other device's clock may be ahead.
    assert meanwhile[1] == joined["phone-2"][0] - 200


@pytest.mark.parametrize("name", sorted(path.stem for path in LABS.glob("*.yaml")))
def test_plans_of_all_labs_fit_into_their_time(name: str) -> None:
    lab = read_lab(LABS / f"{name}.yaml")
    plan = planned(lab)
    assert plan.flows
    assert all(0 <= each.join_ms < each.leave_ms < plan.end_ms for each in plan.memberships)
    assert all(0 <= each.begin_ms < each.end_ms <= plan.end_ms for each in plan.watches)
    for flow in plan.flows:
        assert flow.start_ms + flow.count * flow.interval_us // flow.burst // 1000 <= plan.end_ms
    # Each receiver measures something of every flow, for as long as asked, and hears what comes late.
    for each in plan.memberships:
        measured_ms = each.leave_ms - each.join_ms - plan.settle_ms - plan.guard_ms - plan.late_ms
        assert measured_ms >= Options().measure_ms
        met = [plan.meets(each.node, flow) for flow in plan.flows if flow.group == each.group and flow.kind == "main"]
        assert all(met)


def test_a_large_lab_is_sent_no_more_than_it_bears_and_a_codec_keeps_its_rate() -> None:
    lab = read_lab(LABS / "minimal.yaml")
    groups = tuple(
        lab.groups[0].model_copy(update={"name": f"g-{number}", "address": lab.groups[0].address + number})
        for number in range(40)
    )
    many = lab.model_copy(update={"groups": groups})
    sent = [flow for flow in planned(many).flows if flow.kind == "main"]
    assert sum(1e6 / flow.interval_us for flow in sent) <= LAB_PPS * 1.01
    assert {flow.interval_us for flow in planned(many, stream="g711u").flows if flow.kind == "main"} == {20_000}


def test_rates_rise_to_the_one_asked_for_one_sender_after_the_other(lab: Lab) -> None:
    rates = [flow for flow in planned(lab, rate_pps=5000).flows if flow.kind == "rate"]
    assert max(flow.asked_pps for flow in rates) == 5000
    spans = sorted((flow.start_ms, flow.stop_ms) for flow in rates)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    for flow in rates:
        assert 1e6 * flow.burst / flow.interval_us == pytest.approx(flow.asked_pps, rel=0.02)


@pytest.mark.parametrize("name", STREAMS)
def test_no_stream_sends_more_than_a_datagram_may_carry(name: str) -> None:
    sent = stream(name, largest_octets=1352)
    assert max(sent.sizes) <= 1352
    assert sent.pps >= 15


def test_routers_of_twenty_sites_carry_no_more_than_those_of_one_and_the_search_ends_soon() -> None:
    lab = Lab.model_validate(of_sites(20))
    setting = setting_of(lab, Options(), guard_ms=200)
    plan = matrix_plan(setting)
    assert carried(setting.roles[0], setting.nodes, 0) == 20, "a host's datagram goes to each site"
    assert carried(setting.roles[0], setting.nodes, len(lab.host_names)) == 20, "a site's to AWS and to 19 others"
    for kind in ("main", "sweep"):
        flows = [flow for flow in plan.flows if flow.kind == kind]
        copies = sum(
            carried(setting.roles[flow.group], setting.nodes, flow.sender) * flow.burst * 1_000_000 / flow.interval_us
            for flow in flows
        )
        assert 0 < copies <= CARRIED_PPS * 1.01, kind
    assert plan.end_ms < 20_000
