"""What nodes reported, put together: latency or its bound, and whose the losses are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcastlab.lab.model import Group
from mcastlab.lab_files import DEFAULT_LAB, read_lab
from mcastlab.traffic.analysis import deliveries, payloads, rates
from mcastlab.traffic.clocks import ClockOffset
from mcastlab.traffic.node_results import Found
from mcastlab.traffic.payload import computed_octets
from mcastlab.traffic.plan import Membership, PlannedFlow, TrafficNode, TrafficPlan
from mcastlab.traffic.results import Delivery, StallKind
from mcastlab.traffic.stalls import excuses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab.lab.model import Lab

LAB: Final = read_lab(DEFAULT_LAB)
FIRST, STOP = 100, 300
"""What is measured of each flow: 100 datagrams a second, so from 1 to 3 s."""
HERE, ALSO_HERE, FAR, RECEIVER = range(4)
ROUGH: Final = ClockOffset(us=0, error_us=190_000)


def plan(kind: str = "main", senders: tuple[int, ...] = (HERE, ALSO_HERE, FAR), burst: int = 1) -> TrafficPlan:
    return TrafficPlan(
        groups=(Group.model_validate({"name": "group", "address": "239.1.1.1"}),),
        nodes=(
            *(TrafficNode(name=name, site=None) for name in ("doppel-1", "doppel-2")),
            TrafficNode(name="phone-1", site="lab"),
            TrafficNode(name="doppel-3", site=None),
        ),
        flows=tuple(
            PlannedFlow(
                group=0,
                sender=sender,
                start_ms=0,
                interval_us=10_000 * burst,
                burst=burst,
                count=400,
                sizes=(200,),
                kind=kind,
                asked_pps=100,
            )
            for sender in senders
        ),
        memberships=(Membership(node=RECEIVER, group=0, join_ms=500, leave_ms=3100),),
        settle_ms=400,
        guard_ms=100,
        end_ms=4500,
        ttl=4,
    )


def reported(
    lost: Mapping[int, list[tuple[int, int]]],
    *,
    pauses: tuple[tuple[int, int], ...] = (),
    dropped: tuple[tuple[int, int, int], ...] = (),
    sent: Mapping[int, dict[str, Any]] | None = None,
    of: TrafficPlan | None = None,
    raw_us: int = 400,
) -> Found:
    """Return a run in which the receiver lost parts of flows; times in ms."""
    of = of or plan()
    numbers = range(len(of.flows))
    distinct = [STOP - FIRST - sum(last - first + 1 for first, last in lost.get(each, ())) for each in numbers]
    received = {
        "flow": [*numbers],
        "due": [STOP - FIRST for _ in numbers],
        "distinct": distinct,
        "window": [[FIRST, STOP] for _ in numbers],
        "shift_us": [500 for _ in numbers],
        "holes": [[[first, last] for first, last in lost.get(each, ())] for each in numbers],
        **{
            key: [0 for _ in numbers]
            for key in ("duplicates", "reordered", "established_us", "join_delay_us", "leave_delay_us", "jitter_us")
        },
        **{f"raw_{key}_us": [raw_us for _ in numbers] for key in ("min", "median", "p95", "max")},
    }
    main = all(flow.kind == "main" for flow in of.flows)
    rows = [dict(zip(received, values, strict=True)) for values in zip(*received.values(), strict=True)]
    quiet: dict[str, Any] = {"received": {}, "slices": {}, "sweeps": [], "rates": [], "silences": []}
    quiet |= {"cpu_s": {}, "pauses": [], "dropped": []}
    by_node = {
        flow.sender: {
            **quiet,
            "sent": [
                {
                    "flow": number,
                    "sent": 400,
                    "errors": 0,
                    "began_late_us": 0,
                    "late": [],
                    "failed": [],
                    **(sent or {}).get(number, {}),
                }
                for number, each in enumerate(of.flows)
                if each.sender == flow.sender
            ],
        }
        for flow in of.flows
    }
    by_node[RECEIVER] = {
        **quiet,
        "sent": [],
        "received": received if main else {},
        "sweeps": [{**row, "whole_octets": 100} for row in rows if of.flows[row["flow"]].kind == "sweep"],
        "rates": [row for row in rows if of.flows[row["flow"]].kind == "rate"],
        "slices": {str(number): [[0, 10, 0, raw_us]] for number in numbers} if main else {},
        "pauses": [[begin * 1000, end * 1000] for begin, end in pauses],
        "dropped": [[0, begin * 1000, end * 1000, number] for begin, end, number in dropped],
    }
    return Found(plan=of, by_node=by_node, offsets=dict.fromkeys(range(4), ROUGH))


def judged(found: Found) -> dict[str, Delivery]:
    return {each.sender: each for each in deliveries(found, excuses(found, LAB))}


def lost_in_network(found: Found) -> dict[str, int]:
    return {name: each.lost for name, each in judged(found).items() if each.lost}


def test_where_nothing_flows_back_latency_is_bounded_and_no_middle_is_reported() -> None:
    for each in judged(reported({})).values():
        assert each.latency is None
        assert each.bound is not None
        assert (each.bound.lower_ms, each.bound.upper_ms) == (0, 380.4)
        assert [part.latency_median_us for part in each.timeline] == [None]
        assert each.jitter_us == 0


def test_a_bound_tells_the_least_too_where_the_clocks_know_it() -> None:
    (found,) = {each.bound for each in judged(reported({}, raw_us=500_000)).values()}
    assert found is not None
    assert (found.lower_ms, found.upper_ms) == (120, 880)


def test_where_the_clocks_contradict_themselves_nothing_is_reported_of_latency() -> None:
    assert {(each.latency, each.bound) for each in judged(reported({}, raw_us=-500_000)).values()} == {(None, None)}


def test_a_join_has_a_delay_only_of_a_flow_that_was_surely_being_sent() -> None:
    assert {each.join_delay_ms for each in judged(reported({})).values()} == {0}
    late = judged(reported({}, sent={0: {"began_late_us": 401_000}, 1: {"began_late_us": 400_000}}))
    assert late["doppel-1"].join_delay_ms is None
    assert late["doppel-2"].join_delay_ms == 0


ALL_STOP: Final = {key: [(150, 169)] for key in range(3)}
"""All flows stop from 1.5 to 1.7 s."""


def test_what_all_flows_lose_while_their_receiver_is_kept_from_running_is_its_stall() -> None:
    found = reported(ALL_STOP, pauses=((1490, 1710),))
    assert lost_in_network(found) == {}
    assert {each.stalled for each in judged(found).values()} == {20}
    (stall,) = excuses(found, LAB).stalls
    assert (stall.host, stall.kind, stall.at_ms, stall.duration_ms, stall.lost) == (
        *("doppel-3", StallKind.RECEIVER_PAUSED),
        *(1490, 220, 60),
    )


@pytest.mark.parametrize(
    ("lost", "pauses"),
    [
        pytest.param(ALL_STOP, (), id="all flows stop and nobody was busy"),
        pytest.param(ALL_STOP, ((900, 1100), (2000, 2300)), id="busy at another time"),
        pytest.param({2: [(150, 169)]}, ((1490, 1710),), id="one tunnel stops, the others are whole"),
        pytest.param({0: [(150, 169)], 1: [(150, 169)]}, ((1490, 1710),), id="one side stops, the other is whole"),
        pytest.param({key: [(150, 169)] for key in range(3)}, ((1490, 1510),), id="a pause too short to lose in"),
    ],
)
def test_a_loss_without_evidence_is_the_networks(
    lost: dict[int, list[tuple[int, int]]], pauses: tuple[tuple[int, int], ...]
) -> None:
    found = reported(lost, pauses=pauses)
    assert excuses(found, LAB).stalls == ()
    assert lost_in_network(found) == {("doppel-1", "doppel-2", "phone-1")[number]: 20 for number in lost}


def test_what_is_lost_beside_a_stall_stays_the_networks() -> None:
    found = reported({**ALL_STOP, 2: [(150, 169), (250, 251)]}, pauses=((1490, 1710),))
    assert lost_in_network(found) == {"phone-1": 2}


def test_when_something_was_lost_is_counted_from_the_first_measured_datagram() -> None:
    found = judged(reported({0: [(150, 169), (250, 251)]}))
    assert found["doppel-1"].lost_between_ms == (500, 1510)
    assert found["doppel-2"].lost_between_ms is None
    assert judged(reported(ALL_STOP, pauses=((1490, 1710),)))["doppel-1"].lost_between_ms is None, "no network lost it"


def test_a_flow_of_which_nothing_came_was_not_lost_to_a_pause() -> None:
    found = reported({0: [(FIRST, STOP - 1)]}, pauses=((0, 4500),), of=plan(senders=(FAR,)))
    assert lost_in_network(found) == {"phone-1": STOP - FIRST}


@pytest.mark.parametrize(("number", "lost"), [(20, 0), (12, 8), (0, 20)])
def test_a_full_queue_takes_as_many_as_the_kernel_counted(number: int, lost: int) -> None:
    found = reported({0: [(150, 169)]}, dropped=((1490, 1710, number),) if number else (), of=plan(senders=(FAR,)))
    assert sum(lost_in_network(found).values()) == lost
    assert [(each.kind, each.lost) for each in excuses(found, LAB).stalls] == (
        [(StallKind.QUEUE_FULL, number)] if number else []
    )


def test_what_the_kernel_counts_as_one_were_several_where_bursts_are_segmented() -> None:
    found = reported({0: [(152, 167)]}, dropped=((1490, 1710, 1),), of=plan(senders=(FAR,), burst=8))
    assert lost_in_network(found) == {}


def test_what_left_late_after_a_pause_of_its_sender_and_is_lost_is_that_ones() -> None:
    late = {"late": [[150, 170, 210_000]]}
    found = reported({2: [(150, 169), (200, 201)]}, sent={2: late})
    assert lost_in_network(found) == {"phone-1": 2}
    (stall,) = excuses(found, LAB).stalls
    assert (stall.host, stall.kind, stall.duration_ms, stall.lost) == ("phone-1", StallKind.SENDER_PAUSED, 210, 20)


def test_a_little_late_is_no_excuse_but_after_the_leave() -> None:
    found = reported({2: [(200, 205), (295, 299)]}, sent={2: {"late": [[200, 205, 30_000], [290, 320, 80_000]]}})
    assert lost_in_network(found) == {"phone-1": 6}


def test_what_was_sent_a_little_late_and_came_after_the_leave_is_the_senders() -> None:
    of = plan()
    leaving = replace(of, memberships=(replace(of.memberships[0], leave_ms=3030),))
    late = {2: {"late": [[200, 205, 30_000], [298, 320, 30_000]]}}
    found = reported({2: [(200, 205), (298, 299)]}, sent=late, of=leaving)
    assert lost_in_network(found) == {"phone-1": 6}
    assert [each.lost for each in excuses(found, LAB).stalls] == [2]


def test_what_was_never_sent_was_not_due() -> None:
    found = reported(
        {0: [(280, 299)], 1: [(150, 151)], 2: [(110, 119)]},
        sent={0: {"sent": 280}, 1: {"sent": 398, "errors": 2, "failed": [[150, 151, 0]]}},
    )
    assert lost_in_network(found) == {"phone-1": 10}
    assert excuses(found, LAB).stalls == ()
    assert {name: each.sent for name, each in judged(found).items()} == {
        "doppel-1": 180,
        "doppel-2": 198,
        "phone-1": 200,
    }


def test_a_search_that_a_stall_disturbed_has_found_nothing(lab: Lab) -> None:
    lost = {0: [(150, 169)]}
    sweep = plan(kind="sweep", senders=(FAR,))
    (found,) = payloads(reported(lost, of=sweep), lab, excuses(reported(lost, of=sweep), lab))
    assert not found.holds
    disturbed = reported(lost, of=sweep, dropped=((1490, 1710, 20),))
    assert list(payloads(disturbed, lab, excuses(disturbed, lab))) == []


def test_what_was_too_large_is_no_stalls_loss_where_the_search_found_what_it_should() -> None:
    budget = computed_octets(LAB, plan().nodes[FAR], plan().nodes[RECEIVER])
    assert budget is not None
    of = plan(kind="sweep", senders=(FAR,))
    sizes = (budget - 100, budget, budget + 100)
    found = reported(
        {0: [(150, 169)]}, dropped=((1490, 1710, 20),), of=replace(of, flows=(replace(of.flows[0], sizes=sizes),))
    )
    found.by_node[RECEIVER]["sweeps"][0]["whole_octets"] = budget
    assert excuses(found, LAB).stalls == ()
    found.by_node[RECEIVER]["sweeps"][0]["whole_octets"] = budget - 100
    # Of the 20 every third was too large for the way.
    assert [each.lost for each in excuses(found, LAB).stalls] == [14]


def test_a_rate_that_a_host_cannot_take_is_no_stall() -> None:
    lost = {0: [(150, 169)]}
    rate = plan(kind="rate", senders=(FAR,))
    busy = reported(lost, of=rate, dropped=((1490, 1710, 20),))
    assert excuses(busy, LAB).stalls == ()
    assert [each.sustained_pps for each in rates(busy)] == [0]
    paused = reported(lost, of=rate, dropped=((1490, 1710, 20),), pauses=((1490, 1710),))
    assert [each.lost for each in excuses(paused, LAB).stalls] == [20]


parts = st.lists(st.tuples(st.integers(FIRST, STOP - 1), st.integers(0, 30)), max_size=6)


@given(lost=st.dictionaries(st.integers(0, 2), parts), pauses=parts, drops=st.lists(st.integers(0, 40), max_size=3))
def test_no_datagram_is_counted_twice_and_without_evidence_none_is_excused(
    lost: dict[int, list[tuple[int, int]]], pauses: list[tuple[int, int]], drops: list[int]
) -> None:
    holes = {}
    for number, of_flow in lost.items():
        gone = sorted({each for first, more in of_flow for each in range(first, min(STOP, first + more + 1))})
        holes[number] = [(each, each) for each in gone]
    found = reported(
        holes,
        pauses=tuple((10 * first, 10 * (first + more)) for first, more in pauses),
        dropped=tuple((1000 + 700 * place, 1600 + 700 * place, number) for place, number in enumerate(drops)),
    )
    excused = excuses(found, LAB)
    assert sum(each.lost for each in excused.stalls) == sum(excused.stalled.values())
    assert sum(each.lost for each in excused.stalls if each.kind is StallKind.QUEUE_FULL) <= sum(drops)
    for number, each in enumerate(deliveries(found, excused)):
        assert each.lost + each.stalled == len(holes.get(number, ()))
        assert each.received + each.lost + each.stalled == STOP - FIRST
        near = [(10 * first - 25, 10 * (first + more) + 25) for first, more in pauses if more >= 5]
        if not drops and not any(a <= 10 * at + 0.5 <= b for at, _ in holes.get(number, ()) for a, b in near):
            assert each.stalled == 0
