"""Test files: what is refused by its line, and who speaks and listens when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcastlab.lab.document import parse_yaml
from mcastlab.scenario.reading import parse_test
from mcastlab.scenario.spans import Span, joined
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab
    from mcastlab.scenario.script import Script

LAB = """\
name: phones
vpc: {cidr: 10.10.0.0/16}
hosts:
- {name: phones, count: 2, devices: 3}
- {name: desk}
sites:
- name: berlin
  router: {ssh: berlin-router, wan: 203.0.113.2/30, lan: 192.168.50.1/24}
  devices:
  - {name: pager-7, address: 192.168.50.31}
groups:
- {name: paging, address: 239.1.1.1}
- {name: down, address: 239.1.1.2, senders: [desk], receivers: [berlin, phones]}
"""


@pytest.fixture(scope="module")
def phones() -> Lab:
    return parse_yaml(LAB, "lab.yaml")


def script(lab: Lab, *steps: str, more: str = "") -> Script:
    return parse_test("\n".join(["name: morning", *more.splitlines(), "steps:", *steps]), "morning.yaml", lab)[1]


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (
            "- page: {from: phone-9, to: paging}",
            "morning.yaml:3: steps[1].page.from: no device is called phone-9; ",
        ),
        (
            "- page: {from: desk, to: calls}",
            "morning.yaml:3: steps[1].page.to: no group is called calls; there are: down, paging",
        ),
        ("- page: {from: pager-7, to: down}", "morning.yaml:3: steps[1].page.from: pager-7 may not send to down"),
        (
            "- ramp: {group: paging, receivers: 9}",
            "morning.yaml:3: steps[1].ramp.receivers: 9 devices are to receive, and 7 may",
        ),
        (
            "- conference: {group: paging, members: 'phones-*', join: 0/s}",
            "morning.yaml:3: steps[1].conference.join: '0/s' is not",
        ),
        ("- conference: {group: paging, members: desk}", "steps[1].conference.members: desk: a conference in paging"),
        (
            "- conference: {group: paging, members: 'phones-*', talkers: 7}",
            "steps[1].conference.talkers: 7 are to speak",
        ),
        (
            "- page: {from: desk, to: paging, stream: opus}",
            "morning.yaml:3: steps[1].page.stream: 'opus' is none of the choices; write 'g711u'",
        ),
        ("- page: {from: desk, to: paging, for: 10 parsecs}", "steps[1].page.for: '10 parsecs' is not a duration"),
        (
            "- run: {on: kitchen, command: play, to: paging}",
            "morning.yaml:3: steps[1].run.on: no device is called kitchen; ",
        ),
        ("- run: {on: pager-7, command: play, to: down}", "steps[1].run.on: pager-7 may not send to down"),
        (
            "- run: {on: desk, command: play, to: calls}",
            "morning.yaml:3: steps[1].run.to: no group is called calls; there are: down, paging",
        ),
        ("- run: {on: desk, command: ' ', to: paging}", "morning.yaml:3: steps[1].run.command: "),
        ("- run: {on: desk, to: paging}", "morning.yaml:3: steps[1].run.command: "),
        (
            "- dance: {with: desk}",
            "morning.yaml:3: steps[1].dance: there is no such field; known: page, run, conference",
        ),
        (
            "- page: {from: desk, to: paging}\n  wait: {for: 1s}",
            "morning.yaml:3: steps[1]: a step does exactly one thing",
        ),
    ],
)
def test_a_step_that_cannot_be_is_refused_by_its_line(phones: Lab, step: str, line: str) -> None:
    with pytest.raises(BadInputError) as refused:
        script(phones, step)
    assert line in refused.value.text


def test_more_members_than_the_gateway_takes_are_refused_and_devices_of_a_host_are_one() -> None:
    text = LAB.replace("count: 2, devices: 3", "count: 102, devices: 3")
    many = parse_yaml(text, "lab.yaml")
    with pytest.raises(
        BadInputError, match=r"steps\[1\].page.members: 10[23] hosts and the AWS router would be members"
    ):
        script(many, "- page: {from: pager-7, to: paging}")
    assert len(script(many, "- page: {from: pager-7, to: paging, members: 'phones-1*'}").stays) < 100
    few = parse_yaml(LAB.replace("count: 2, devices: 3", "count: 9, devices: 1000"), "lab.yaml")
    assert len(script(few, "- page: {from: pager-7, to: paging}").stays) == 9001


def test_more_talkers_than_a_host_hears_at_a_time_are_refused() -> None:
    lab = parse_yaml(LAB.replace("devices: 3", "devices: 1000"), "lab.yaml")
    step = "- conference: {group: paging, members: 'phones-*', talkers: 100, stream: l16}"
    script(lab, step)
    with pytest.raises(BadInputError, match=r"conference.talkers: 101 is not valid; write at most 100"):
        script(lab, step.replace("100", "101"))


def test_more_than_the_router_is_licensed_for_is_refused_by_the_step_that_begins_it() -> None:
    text = LAB.replace("devices: 3", "devices: 40") + "router: {throughput_mbps: 10}\n"
    lab = parse_yaml(text, "lab.yaml")
    page = "- page: {from: desk, to: paging, stream: l16, for: 1s}"
    confer = "- conference: {group: paging, members: '*', talkers: 20, stream: l16, turn: 1s, for: 1s, join: 500/s}"
    with pytest.raises(BadInputError) as refused:
        script(lab, page, confer)
    # Each is 44,100 samples of 16 bits and 100 headers of 40 octets a second: 0.7376 Mbit/s.
    assert refused.value.text.startswith(
        "morning.yaml:4: steps[2].conference.talkers: the AWS router would carry 15 Mbit/s, and is licensed for 10"
    )
    assert script(lab, page, confer.replace("talkers: 20", "talkers: 13")).talks
    # What stays within the VPC does not pass the router.
    assert script(lab, confer.replace("'*'", "'phones-*'")).talks


def test_a_limit_is_one_of_its_figures_kind(phones: Lab) -> None:
    with pytest.raises(BadInputError) as refused:
        script(phones, "- wait: {for: 1s}", "expect:", "- {loss: '< 150 ms'}", "- {mos: good}")
    assert refused.value.text.splitlines() == [
        "morning.yaml:5: expect[1].loss: '< 150 ms' is not a limit of this figure; write one such as < 1 %",
        "morning.yaml:6: expect[2].mos: 'good' is not a limit of this figure; write one such as >= 4.0",
    ]


def test_an_expectation_of_a_step_that_is_not_there_is_refused(phones: Lab) -> None:
    with pytest.raises(BadInputError) as refused:
        script(phones, "- wait: {for: 1s}", "expect:", "- {step: 1, loss: < 1 %}", "- {step: 2, loss: < 1 %}")
    assert refused.value.text == "morning.yaml:6: expect[2].step: there is no such step; the last is 1"


def test_a_page_is_heard_by_all_that_may_but_its_sender(phones: Lab) -> None:
    played = script(phones, "- page: {from: phones-1-2, to: paging, for: 4s}")
    names = [device.name for device in played.devices]
    assert names == [*(f"phones-{host}-{each}" for host in (1, 2) for each in (1, 2, 3)), "desk-1", "pager-7"]
    (talk,) = played.talks
    assert names[talk.device] == "phones-1-2"
    assert talk.span.end_ms - talk.span.begin_ms == 4000
    assert sorted(names[stay.device] for stay in played.stays) == sorted(set(names) - {"phones-1-2"})
    assert all(stay.span.begin_ms < talk.span.begin_ms < talk.span.end_ms < stay.span.end_ms for stay in played.stays)


def test_devices_on_one_host_are_one_membership_and_each_has_a_source_of_its_own(phones: Lab) -> None:
    step = "- conference: {group: paging, members: 'phones-*', join: 2/s, talkers: 2, turn: 1s, for: 3s}"
    played = script(phones, step)
    plan = played.traffic(largest_octets=1352, guard_ms=100, ttl=16)
    assert sorted(each.node for each in plan.memberships) == [0, 1]
    # Six join at two a second; the second host's first device is the fourth.
    assert [each.join_ms for each in sorted(plan.memberships, key=lambda each: each.node)] == [300, 1800]
    assert len(plan.flows) == 6
    assert len({talk.device for talk in played.spoken}) == 6
    sources = {row[9] for row in plan.document("5eed5eed", {}, {})["flows"]}
    assert len(sources) == 6
    assert plan.document("5eed5eed", {}, {})["loop"]


def test_the_same_seed_gives_the_same_comings_and_goings(phones: Lab) -> None:
    step = "- churn: {group: paging, members: 5, stay: 500ms..2s, for: 10s}"
    one, same, other = (script(phones, step, more=f"seed: {seed}") for seed in (7, 7, 8))
    assert one == same != other
    assert len(one.stays) > 5
    assert all(500 <= stay.span.end_ms - stay.span.begin_ms <= 2000 for stay in one.stays if stay.span.end_ms < 10_300)


def test_who_has_vanished_says_nothing_for_a_time_and_who_reboots_is_another_source(phones: Lab) -> None:
    page = "- page: {from: desk, to: paging, for: 3s}"
    vanished = script(phones, "- vanish: {members: desk, for: 4s}", page)
    (talk,), (spoken,) = vanished.talks, vanished.spoken
    assert talk == spoken
    (flow,) = vanished.traffic(largest_octets=1352, guard_ms=100, ttl=16).flows
    assert [(each.kind, each.begin_ms, each.end_ms) for each in flow.faults] == [("vanish", 300, 4300)]
    (late,) = script(phones, "- reboot: {members: desk, for: 4s}", page).spoken
    assert (late.span.begin_ms, late.span.end_ms) == (4300, talk.span.end_ms)
    assert late.span.begin_ms > talk.span.begin_ms
    short = script(phones, "- reboot: {members: desk, for: 4s}", page.replace("3s", "9s")).spoken
    assert len(short) == 1
    both = script(phones, page, "- reboot: {members: desk, for: 1s}", "- wait: {for: 1s}")
    assert len(both.spoken) == 1


def test_who_has_rebooted_reports_what_it_is_still_a_member_of(phones: Lab) -> None:
    confer = "- conference: {group: paging, members: '*', talkers: 1, turn: 1s, for: 3s}"
    for fault, reported in (("reboot", 1), ("vanish", 0)):
        found = script(phones, f"- {fault}: {{members: desk, for: 4s}}", confer)
        returns = found.traffic(largest_octets=1352, guard_ms=100, ttl=16).returns
        assert [(found.nodes[each.node].name, each.group, each.at_ms) for each in returns] == [
            ("desk-1", 0, 4300)
        ] * reported
    # It is up before it joins, or after it has left.
    for other in (
        ("- reboot: {members: desk, for: 60s}", confer),
        ("- reboot: {members: desk, for: 1s}", "- wait: {for: 2s}", confer),
    ):
        assert script(phones, *other).traffic(largest_octets=1352, guard_ms=100, ttl=16).returns == ()


def test_devices_that_share_a_source_send_as_the_first_of_them(phones: Lab) -> None:
    confer = "- conference: {group: paging, members: 'phones-*', talkers: 2, turn: 1s, for: 1s}"
    plan = script(phones, "- same_ssrc: {members: 'phones-*', for: 20s}", confer).traffic(
        largest_octets=1352, guard_ms=100, ttl=16
    )
    assert [flow.source for flow in plan.flows] == [0, 0]
    assert len({row[9] for row in plan.document("5eed5eed", {}, {})["flows"]}) == 1


def test_a_sender_itself_impairs_what_leaves_it(phones: Lab) -> None:
    worse = "- impair: {on: desk, direction: out, loss: 30 %, delay: 80ms, jitter: 20ms, for: 20s}"
    page = "- page: {from: desk, to: paging, for: 1s}"
    (flow,) = script(phones, worse, page).traffic(largest_octets=1352, guard_ms=100, ttl=16).flows
    (fault,) = flow.faults
    assert fault.row() == ["impair", 300, 20_300, 0.3, 80, 20, "1-0"]
    inward = script(phones, worse.replace("out", "in"), page).traffic(largest_octets=1352, guard_ms=100, ttl=16)
    assert inward.flows[0].faults == ()


def test_times_that_overlap_or_touch_are_one() -> None:
    spans = [Span(begin_ms=begin, end_ms=end) for begin, end in ((500, 900), (0, 100), (80, 300), (320, 400))]
    assert joined(spans) == [Span(begin_ms=0, end_ms=400), Span(begin_ms=500, end_ms=900)]


BLOCK = "- {name: calls, address: 239.9.0.0/16, port: 5004-5999, senders: [phones], bridge: follow}\n"


def test_a_group_of_a_followed_block_is_named_by_its_address() -> None:
    lab = parse_yaml(LAB + BLOCK, "lab.yaml")
    steps = (
        "- page: {from: phones-1-1, to: 239.9.3.4, for: 1s}",
        "- page: {from: phones-1-1, to: '239.9.3.4:5006', for: 1s}",
        "- ramp: {group: 239.9.3.4, receivers: 1, for: 1s}",
        "- page: {from: desk, to: 239.1.1.2, for: 1s}",
    )
    played = script(lab, *steps)
    assert [(each.name, str(each.address), each.port) for each in played.followed] == [
        ("calls-239-9-3-4", "239.9.3.4", 5004),
        ("calls-239-9-3-4-5006", "239.9.3.4", 5006),
    ]
    assert [played.groups[talk.group].name for talk in played.talks] == [
        *("calls-239-9-3-4", "calls-239-9-3-4-5006", "calls-239-9-3-4", "down")
    ]
    # A follower joins it first.
    listed, followed = (script(lab, step).talks[0].span.begin_ms for step in (steps[3], steps[0]))
    assert followed - listed == 3000


@pytest.mark.parametrize(
    ("group", "text"),
    [
        ("239.8.0.1", "no group is called 239.8.0.1; there are: down, paging"),
        ("239.9.0.300", "239.9.0.300 is no address"),
        ("239.9.0.1:80", "calls has ports 5004-5999, and 80 is none of them"),
        ("239.9.0.1", "desk may not send to calls-239-9-0-1"),
        ("calls", "steps[1].page.to: calls is a block of groups (239.9.0.0/16); write one of them, such as 239.9.0.1"),
    ],
)
def test_what_no_block_has_is_refused(group: str, text: str) -> None:
    with pytest.raises(BadInputError) as refused:
        script(parse_yaml(LAB + BLOCK, "lab.yaml"), f"- page: {{from: desk, to: '{group}', for: 1s}}")
    assert text in refused.value.text


def test_an_appliance_works_in_a_group_of_a_followed_block() -> None:
    lab = parse_yaml(
        LAB.replace("31}", "31, kind: appliance, sends: [239.9.1.5], receives: ['239.9.1.5', '239.9.1.6:5006']}")
        + "- {name: calls, address: 239.9.0.0/16, port: 5004-5999, bridge: follow}\n",
        "lab.yaml",
    )
    played = script(lab, "- page: {from: pager-7, to: 239.9.1.5}", "- page: {from: desk-1, to: '239.9.1.6:5006'}")
    assert [(played.groups[each.group].name, each.step) for each in played.awaited] == [("calls-239-9-1-5", 0)]
    # What it sends itself is nothing that it hears.
    assert [(played.groups[each.group].name, each.step) for each in played.receiving] == [("calls-239-9-1-6-5006", 1)]
    assert [str(each.address) for each in played.followed] == ["239.9.1.5", "239.9.1.6"]
    with pytest.raises(BadInputError, match="receives calls-239-9-1-6-5006, and takes in-band timestamps for sound"):
        script(lab, "- page: {from: desk-1, to: '239.9.1.6:5006'}", more="in_band_timestamps: true")
    with pytest.raises(BadInputError, match=r"pager-7 does not send to calls-239-9-1-7; write 239.9.1.7 into"):
        script(lab, "- page: {from: pager-7, to: 239.9.1.7}")
