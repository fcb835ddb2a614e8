"""What is known of an appliance: by its packets at those who heard them, and by its router of what it received."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any, Final

import pytest

from mcastlab.ios.show.igmp import IgmpGroup
from mcastlab.ios.show.multicast import Mroute, MrouteCount, OutgoingInterface
from mcastlab.lab.document import parse_yaml
from mcastlab.scenario.reading import parse_test
from mcastlab.scenario.real_devices import RealDevices
from mcastlab.scenario.results import Grade
from mcastlab.scenario.router_proof import RouterLook, graded
from mcastlab.scenario.script_parts import Timeline, parts_of
from mcastlab.scenario.side_actions import reached_at
from mcastlab.scenario.spans import Span
from mcastlab.traffic.clocks import ClockBounds, ClockOffset
from mcastlab.traffic.node_results import Found
from mcastlab.traffic.probe.foreign import Foreign
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mcastlab.lab.model import Lab
    from mcastlab.scenario.results import HeardStream
    from mcastlab.scenario.script import Script

LAB: Final = parse_yaml(
    """\
name: phones
vpc: {cidr: 10.10.0.0/16}
hosts:
- {name: phones, count: 2}
sites:
- name: berlin
  router: {ssh: berlin-router, wan: 203.0.113.2/30, lan: 192.168.50.1/24}
  devices:
  - {name: phone-1, address: 192.168.50.20}
  - {name: pager-7, address: 192.168.50.31, kind: appliance, sends: [paging], receives: [paging, calls]}
  - {name: pager-8, address: 192.168.50.32, kind: appliance, sends: [paging], trigger: press}
groups:
- {name: paging, address: 239.1.1.1}
- {name: calls, address: 239.1.1.2}
""",
    "lab.yaml",
)
PAGE: Final = "- page: {from: pager-7, to: paging, for: 1s, within: 60s}"
NEAR, ONE, OTHER = 2, 0, 1
Packet = tuple[int, int, float]


def script(*steps: str, lab: Lab = LAB) -> Script:
    return parse_test("\n".join(["name: morning", "steps:", *steps]), "morning.yaml", lab)[1]


def stream(begin_ms: float, *, lost: Iterable[int] = (), number: int = 65530, count: int = 50) -> list[Packet]:
    """Return the packets of a second of G.711: number, timestamp, time of arrival."""
    places = [place for place in range(count) if place not in set(lost)]
    return [((number + place) % 65536, place * 160, begin_ms + place * 20) for place in places]


def answer(*streams: tuple[int, list[Packet]], source: str = "192.168.50.31") -> dict[str, Any]:
    rows = []
    for ssrc, packets in streams:
        foreign = Foreign(None)
        for number, stamp, at_ms in packets:
            foreign.take(0, number, stamp, int(at_ms * 1000), memoryview(bytes(172)))
        rows.append([0, source, ssrc, *foreign.row()])
    return {"foreign": rows, "sent": [], "received": {}}


def heard(
    by_node: Mapping[int, dict[str, Any]],
    clocks: Mapping[tuple[int, int], ClockOffset | ClockBounds] | None = None,
    asked_ms: float | None = None,
) -> dict[str, HeardStream]:
    part = next(parts_of(script(PAGE))).script
    offsets = dict.fromkeys(by_node, ClockOffset(us=0, error_us=3000))
    found = Found(plan=part.traffic(largest_octets=1352, guard_ms=100, ttl=4), by_node=by_node, offsets=offsets)
    asked = {} if asked_ms is None else {part.awaited[0]: asked_ms}
    return {row.listener: row for row in RealDevices(part, found, clocks or {}, asked, buffer_ms=60).rows()}


def test_loss_is_by_sequence_number_also_of_what_nobody_heard_and_over_a_wrap() -> None:
    both = {ONE: answer((7, stream(9000, lost=(10, 20)))), OTHER: answer((7, stream(9003, lost=(10,))))}
    rows = heard(both)
    # What is due in the last 40 ms may come too late for a host that ends.
    assert {name: (row.due, row.lost) for name, row in rows.items()} == {"phones-1": (48, 2), "phones-2": (48, 1)}
    assert {(row.talker, row.stream, row.sources, row.talk_spurts) for row in rows.values()} == {
        ("pager-7", "g711u", 1, 1)
    }
    assert rows["phones-2"].gap_ms == 40


def test_who_misses_the_beginning_joined_late_and_who_misses_the_end_lost_it() -> None:
    both = {
        NEAR: answer((7, stream(9000))),
        ONE: answer((7, stream(9000, lost=range(15)))),
        OTHER: answer((7, stream(9000, lost=range(30, 50)))),
    }
    rows = heard(both)
    assert (rows["phones-1"].join_ms, rows["phones-1"].lost) == (300, 0)
    assert (rows["phones-2"].join_ms, rows["phones-2"].lost) == (0, 18)


def test_another_source_is_counted_on_and_reported() -> None:
    again = (8, [(number, stamp, at_ms) for number, stamp, at_ms in stream(9400, number=3, count=20)])
    (row,) = heard({ONE: answer((7, stream(9000, count=15)), again)}).values()
    assert (row.sources, row.due, row.lost) == (2, 35, 0)


def test_who_heard_nothing_of_what_others_heard_lost_all() -> None:
    rows = heard({ONE: answer((7, stream(9000))), OTHER: answer((9, stream(9000)), source="192.168.50.99")})
    assert (rows["phones-2"].loss, rows["phones-2"].join_ms, rows["phones-2"].mos) == (1, None, None)


def test_a_delay_is_measured_from_a_listener_in_the_appliances_lan() -> None:
    at = {NEAR: answer((7, stream(9000))), ONE: answer((7, stream(9080)))}
    rows = heard(at, {(NEAR, ONE): ClockOffset(us=30_000, error_us=100)})
    near, measured = rows["phone-1"], rows["phones-1"]
    assert (near.latency_p95_ms, near.latency_bound_ms) == (None, None), "it is counted from there"
    assert (measured.latency_p95_ms, measured.latency_bound_ms) == (50, None)
    assert measured.mos is not None
    assert measured.mos[0] == measured.mos[1]
    bounded = heard(at, {(NEAR, ONE): ClockBounds(least_us=-200_000, most_us=40_000)})["phones-1"]
    assert (bounded.latency_p95_ms, bounded.latency_bound_ms) == (None, 280)
    assert bounded.mos is not None
    assert bounded.mos[0] < bounded.mos[1]


def test_without_such_a_listener_it_is_bounded_by_when_the_appliance_was_asked() -> None:
    (row,) = heard({ONE: answer((7, stream(9000)))}, asked_ms=8800).values()
    assert (row.latency_p95_ms, row.latency_bound_ms) == (None, 203), "and by how far the clock may be off"
    assert row.mos is not None
    assert row.mos[0] < row.mos[1]
    assert heard({ONE: answer((7, stream(9000)))})["phones-1"].mos is None, "and not known at all without"


GROUP, LAN = IPv4Address("239.1.1.1"), "GigabitEthernet3"


def look(reporter: str | None, packets: int, *, interface: str = LAN, forwarding: bool = True) -> RouterLook:
    route: dict[str, Any] = dict.fromkeys(("rp", "uptime_s", "expires_s", "rpf_neighbor"))
    out = OutgoingInterface(interface=interface, forwarding=forwarding, uptime_s=None, expires_s=None)
    source = IPv4Address("10.10.1.5")
    member = IgmpGroup(
        group=GROUP,
        interface=LAN,
        uptime_s=None,
        expires_s=None,
        last_reporter=IPv4Address(reporter or "0.0.0.0"),  # noqa: S104
    )
    return RouterLook(
        members=(member,) if reporter else (),
        routes=(
            Mroute(
                **route,
                source=source,
                group=GROUP,
                flags="T",
                incoming_interface="Tunnel200",
                rpf_is_mroute=False,
                registering=False,
                outgoing=(out,),
            ),
        ),
        counts=(
            MrouteCount(group=GROUP, source=source, packets=packets, packet_size=200, rpf_failed=0, other_drops=0),
        ),
    )


@pytest.mark.parametrize(
    ("after", "grade"),
    [
        (look("192.168.50.31", 150), Grade.LAST_REPORTER),
        (look("192.168.50.32", 150), Grade.LAN_MEMBER),
        (look("192.168.50.31", 100), Grade.NONE),
        (look(None, 150), Grade.NONE),
        (look("192.168.50.31", 150, interface="GigabitEthernet4"), Grade.NONE),
        (look("192.168.50.31", 150, forwarding=False), Grade.NONE),
    ],
)
def test_a_lower_grade_never_counts_as_a_higher_one(after: RouterLook, grade: Grade) -> None:
    appliance = script(PAGE).appliances[0]
    assert graded(look("192.168.50.31", 100), after, appliance, GROUP, LAN)[0] is grade


def test_where_an_appliance_is_reached_the_environment_may_say() -> None:
    appliance = script(PAGE).appliances[0]
    assert reached_at(appliance, {}) == "192.168.50.31"
    reported = {"MCASTLAB_APPLIANCES": "pager-8=127.0.0.1:1 pager-7=127.0.0.1:2"}
    assert reached_at(appliance, reported) == "127.0.0.1:2"


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (
            PAGE.replace("to: paging", "to: calls"),
            "page.from: pager-7 does not send to calls; write calls",
        ),
        (
            "- page: {from: phone-1, to: paging, within: 9s}",
            "page.within: phone-1 begins at once; only an",
        ),
        (
            "- impair: {on: pager-7, loss: 9 %, for: 9s}",
            "impair.on: pager-7 is an appliance, on which nothing",
        ),
        ("- vanish: {members: pager-9, for: 9s}", "vanish.members: no device is called pager-9"),
    ],
)
def test_what_an_appliance_cannot_do_is_refused_by_its_line(step: str, text: str) -> None:
    with pytest.raises(BadInputError) as refused:
        script(step)
    assert f"morning.yaml:3: steps[1].{text}" in refused.value.text


def test_who_is_awaited_makes_a_part_of_its_own_and_time_stands_still_meanwhile() -> None:
    steps = ("- wait: {for: 1s}", "- impair: {on: phones-1, loss: 9 %, for: 60s}", PAGE, "- wait: {for: 2s}")
    whole = script(*steps)
    parts = list(parts_of(whole))
    assert [len(each.script.periods) for each in parts] == [2, 1, 1]
    assert [each.begin_ms for each in parts] == [0, 1000, 1000 + 2500 + 1000 + 400]
    page = parts[1].script
    assert page.periods[0].begin_ms == 300
    assert page.impairments[0].span == Span(begin_ms=300, end_ms=60_300)
    plan = page.traffic(largest_octets=1352, guard_ms=100, ttl=4)
    assert plan.awaited == ("192.168.50.31", 1300)
    assert plan.end_ms > 60_000
    assert {each.leave_ms - each.join_ms for each in plan.memberships} == {60_000 + 2500 + 1000 + 400}
    assert Timeline(waits=((3800, 5000),)).span(Span(begin_ms=1300, end_ms=5000)) == Span(begin_ms=1300, end_ms=10_000)


def test_appliances_with_a_trigger_take_their_turn_in_a_conference_and_others_listen() -> None:
    played = script("- conference: {group: paging, members: '*', turn: 1s, for: 4s}")
    (talk,) = played.awaited
    assert (played.appliances[talk.appliance].name, talk.within_ms) == ("pager-8", None)
    assert talk.span.end_ms - talk.span.begin_ms == 1000
    assert len(played.talks) == 3
    assert [played.appliances[each.appliance].name for each in played.receiving] == ["pager-7"]
    assert len(list(parts_of(played))) == 1
    assert replace(played, awaited=()).traffic(largest_octets=1352, guard_ms=100, ttl=4).foreign
