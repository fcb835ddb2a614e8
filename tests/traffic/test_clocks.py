"""Offsets of clocks, against clocks that were set so."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mcastlab.traffic.clocks import Offset, between, told

ways = st.integers(min_value=0, max_value=300_000)
ahead = st.integers(min_value=-10_000_000, max_value=10_000_000)


@given(there=ways, back=ways, offset=ahead)
def test_two_that_heard_each_other_know_their_offset_to_half_the_round_trip(there: int, back: int, offset: int) -> None:
    found = between(
        {(0, 1): there + offset, (1, 0): back - offset},
        {0: Offset(us=0, error_us=10**9), 1: Offset(us=0, error_us=10**9)},
    )
    assert abs(found[0, 1].us - offset) <= found[0, 1].error_us + 1
    assert found[0, 1].error_us <= (there + back) // 2 + 1


@given(clocks=st.lists(ahead, min_size=3, max_size=3), delays=st.lists(ways, min_size=4, max_size=4))
def test_who_hears_nobody_back_is_known_by_the_one_between(clocks: list[int], delays: list[int]) -> None:
    shortest = {
        (0, 1): delays[0] + clocks[1] - clocks[0],
        (1, 0): delays[1] + clocks[0] - clocks[1],
        (1, 2): delays[2] + clocks[2] - clocks[1],
        (2, 1): delays[3] + clocks[1] - clocks[2],
    }
    far = {node: Offset(us=0, error_us=10**9) for node in range(3)}
    found = between(shortest, far)
    assert abs(found[0, 2].us - (clocks[2] - clocks[0])) <= found[0, 2].error_us + 2


@given(before=st.integers(0, 10**18), there=ways, back=ways, offset=ahead)
def test_a_command_tells_a_clock_to_half_of_the_time_it_took(before: int, there: int, back: int, offset: int) -> None:
    host = before + (there + offset) * 1000
    found = told(before, host, before + (there + back) * 1000)
    assert abs(found.us - offset) <= found.error_us + 1


def test_one_way_only_is_measured_over_the_commands_and_nothing_arrives_before_it_is_sent() -> None:
    told_us = {0: Offset(us=100, error_us=20), 1: Offset(us=400, error_us=30)}
    assert between({(0, 1): 500}, told_us)[0, 1] == Offset(us=300, error_us=50)
    # The commands allow 250 to 350; that it arrived after 290 forbids more.
    assert between({(0, 1): 290}, told_us)[0, 1] == Offset(us=270, error_us=20)


def test_a_way_shorter_than_nothing_says_that_a_clock_was_set_and_is_not_believed() -> None:
    told_us = {0: Offset(us=0, error_us=70), 1: Offset(us=0, error_us=70)}
    assert between({(0, 1): -900, (1, 0): 100}, told_us)[0, 1].error_us == 140
