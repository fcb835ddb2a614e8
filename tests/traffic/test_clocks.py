"""Offsets of clocks, against clocks that were set so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcastlab.traffic.clocks import ROUNDING_US, ClockBounds, ClockOffset, between, clock_offset
from mcastlab.traffic.time_services import ServedClock

ways = st.integers(min_value=0, max_value=300_000)
ahead = st.integers(min_value=-10_000_000, max_value=10_000_000)


@given(there=ways, back=ways, offset=ahead)
def test_two_that_heard_each_other_know_their_offset_to_half_the_round_trip(there: int, back: int, offset: int) -> None:
    found = between(
        {(0, 1): there + offset, (1, 0): back - offset},
        {0: ClockOffset(us=0, error_us=10**9), 1: ClockOffset(us=0, error_us=10**9)},
    )
    known = found[0, 1]
    assert isinstance(known, ClockOffset)
    assert abs(known.us - offset) <= known.error_us + 1
    assert known.error_us <= (there + back) // 2 + 1


@given(clocks=st.lists(ahead, min_size=3, max_size=3), delays=st.lists(ways, min_size=4, max_size=4))
def test_who_hears_nobody_back_is_known_by_the_one_between(clocks: list[int], delays: list[int]) -> None:
    shortest = {
        (0, 1): delays[0] + clocks[1] - clocks[0],
        (1, 0): delays[1] + clocks[0] - clocks[1],
        (1, 2): delays[2] + clocks[2] - clocks[1],
        (2, 1): delays[3] + clocks[1] - clocks[2],
    }
    far = {node: ClockOffset(us=0, error_us=10**9) for node in range(3)}
    found = between(shortest, far)[0, 2]
    assert isinstance(found, ClockOffset)
    assert abs(found.us - (clocks[2] - clocks[0])) <= found.error_us + 2


@given(
    clocks=st.lists(ahead, min_size=3, max_size=3),
    delays=st.dictionaries(
        st.tuples(st.integers(0, 2), st.integers(0, 2)).filter(lambda pair: pair[0] != pair[1]), ways
    ),
    commands=st.lists(st.tuples(ways, ways), min_size=3, max_size=3),
)
def test_whoever_hears_whom_the_truth_lies_within_what_is_reported(
    clocks: list[int], delays: dict[tuple[int, int], int], commands: list[tuple[int, int]]
) -> None:
    shortest = {(one, other): delay + clocks[other] - clocks[one] for (one, other), delay in delays.items()}
    # Each clock was read after the way there of a command that took the way there and back.
    offsets = {
        node: clock_offset(0, (there + clocks[node]) * 1000, (there + back) * 1000)
        for node, (there, back) in enumerate(commands)
    }
    found = between(shortest, offsets)
    assert set(found) == {(one, other) for one in range(3) for other in range(3) if one != other}
    for (one, other), known in found.items():
        true_us = clocks[other] - clocks[one]
        if isinstance(known, ClockOffset):
            assert abs(known.us - true_us) <= known.error_us + 2
        else:
            assert known.least_us - 3 <= true_us <= known.most_us + 3
        # Nobody's middle is reported who has no chain of round trips.
        if not any(one in pair and pair[::-1] in delays for pair in delays):
            assert isinstance(known, ClockBounds)


@given(before=st.integers(0, 10**18), there=ways, back=ways, offset=ahead)
def test_a_command_tells_a_clock_to_half_of_the_time_it_took(before: int, there: int, back: int, offset: int) -> None:
    host = before + (there + offset) * 1000
    found = clock_offset(before, host, before + (there + back) * 1000)
    assert abs(found.us - offset) <= found.error_us + 1


def test_one_way_only_is_bounded_by_the_commands_and_nothing_arrives_before_it_is_sent() -> None:
    offsets = {0: ClockOffset(us=100, error_us=20), 1: ClockOffset(us=400, error_us=30)}
    assert between({(0, 1): 500}, offsets)[0, 1] == ClockBounds(least_us=250, most_us=350)
    # The commands allow 250 to 350; that it arrived after 290 forbids more.
    assert between({(0, 1): 290}, offsets)[0, 1] == ClockBounds(least_us=250, most_us=290)


def test_a_chain_that_is_longer_than_the_way_it_measures_bounds_it() -> None:
    offsets = {node: ClockOffset(us=0, error_us=10**6) for node in range(3)}
    round_trips = {(0, 1): 20_000, (1, 0): 20_000, (1, 2): 20_000, (2, 1): 20_000}
    # The middle of what is possible for a way of 300 us would be 20 ms.
    assert between({**round_trips, (0, 2): 300}, offsets)[0, 2] == ClockBounds(least_us=-40_000, most_us=300)
    assert between({**round_trips, (0, 2): 90_000}, offsets)[0, 2] == ClockOffset(us=0, error_us=40_000)


def test_one_way_that_forbids_what_round_trips_have_leaves_bounds() -> None:
    offsets = {node: ClockOffset(us=0, error_us=10**6) for node in range(3)}
    round_trips = {(0, 1): 100, (1, 0): 9_900, (1, 2): 100, (2, 1): 100}
    # Halves of so lopsided a round trip would have datagrams arrive before they are sent.
    assert isinstance(between({**round_trips, (0, 2): -5_500}, offsets)[0, 2], ClockBounds)


def test_round_trips_that_commands_forbid_to_halve_leave_bounds() -> None:
    offsets = {0: ClockOffset(us=0, error_us=50), 1: ClockOffset(us=0, error_us=50)}
    assert between({(0, 1): 10, (1, 0): 9_990}, offsets)[0, 1] == ClockBounds(least_us=-100, most_us=10)


def test_a_way_shorter_than_nothing_says_that_a_clock_was_set_and_is_not_believed() -> None:
    offsets = {0: ClockOffset(us=0, error_us=70), 1: ClockOffset(us=0, error_us=70)}
    assert between({(0, 1): -900, (1, 0): 100}, offsets)[0, 1] == ClockBounds(least_us=-140, most_us=140)


@pytest.mark.parametrize("raw_us", [-100_000, -141])
def test_a_clock_set_after_it_was_read_leaves_nothing_known(raw_us: int) -> None:
    offsets = {0: ClockOffset(us=0, error_us=70), 1: ClockOffset(us=0, error_us=70)}
    assert (0, 1) not in between({(0, 1): raw_us}, offsets)


SERVED = {0: ServedClock(us=0, error_us=300, reference="PHC0"), 1: ServedClock(us=9, error_us=500, reference="ntp")}
ROUGH = {node: ClockOffset(us=0, error_us=200_000) for node in SERVED}


def test_two_that_follow_references_are_compared_by_them_where_nothing_flows_back() -> None:
    found = between({(0, 1): 35_009}, ROUGH, SERVED)
    assert found[0, 1] == ClockOffset(us=9, error_us=800, references=("PHC0", "ntp"))


def test_datagrams_that_went_both_ways_say_more_than_time_services() -> None:
    assert between({(0, 1): 210, (1, 0): 190}, ROUGH, SERVED)[0, 1] == ClockOffset(us=10, error_us=200)


def test_of_a_way_that_is_shorter_than_their_error_references_give_a_bound() -> None:
    assert between({(0, 1): 400}, ROUGH, SERVED)[0, 1] == ClockBounds(least_us=-791, most_us=400)


def test_one_that_follows_a_reference_alone_tells_nothing_of_the_other() -> None:
    alone = {0: SERVED[0]}
    assert between({(0, 1): 35_000}, ROUGH, alone) == between({(0, 1): 35_000}, ROUGH)


def test_references_that_contradict_what_flowed_count_for_nothing() -> None:
    apart = {**SERVED, 1: ServedClock(us=90_000, error_us=500, reference="ntp")}
    assert between({(0, 1): 35_000}, ROUGH, apart) == between({(0, 1): 35_000}, ROUGH)


@given(
    clocks=st.lists(ahead, min_size=3, max_size=3),
    way=ways,
    errors=st.lists(st.integers(-1000, 1000), min_size=3, max_size=3),
)
def test_whatever_references_tell_the_truth_lies_within(clocks: list[int], way: int, errors: list[int]) -> None:
    served = {
        node: ServedClock(us=clocks[node] + error, error_us=1000, reference="ntp") for node, error in enumerate(errors)
    }
    found = between(
        {(0, 1): way + clocks[1] - clocks[0]}, {node: ClockOffset(us=0, error_us=10**8) for node in served}, served
    )
    for (one, other), known in found.items():
        true_us = clocks[other] - clocks[one]
        least, most = (
            (known.us - known.error_us, known.us + known.error_us)
            if isinstance(known, ClockOffset)
            else (known.least_us, known.most_us)
        )
        assert least - ROUNDING_US <= true_us <= most + ROUNDING_US
    assert isinstance(found[0, 2], ClockOffset)
