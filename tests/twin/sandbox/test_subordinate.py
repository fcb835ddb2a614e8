"""The ids of users in nodes are nobody else's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcastlab_base.errors import RefusedError
from mcastlab_twin.sandbox.subordinate_ids import ALL_IDS, NEEDED, NOBODY, UNUSED, WANTED, choose

RANGES = st.lists(
    st.builds(lambda start, size: range(start, start + size), st.integers(0, 1 << 31), st.integers(0, 1 << 24))
)


def test_root_s_own_range_comes_first_and_one_that_nobody_uses_else() -> None:
    assert choose(mapped=[ALL_IDS], held=[], own=[range(500_000, 565_536)]).start == 500_000
    assert choose(mapped=[ALL_IDS], held=[range(1000)]).start == UNUSED.start


def test_a_range_that_another_account_has_too_is_passed_over() -> None:
    ours, theirs = range(500_000, 565_536), range(565_000, 600_000)
    assert choose(mapped=[ALL_IDS], held=[theirs], own=[ours]).start == UNUSED.start
    first = range(UNUSED.start, UNUSED.start + 65_536)
    assert choose(mapped=[ALL_IDS], held=[first]).start == first.stop


def test_in_a_user_namespace_it_is_what_no_account_has_of_what_there_is() -> None:
    ids = choose(mapped=[range(65_537)], held=[range(1000), range(1001, 1002), range(NOBODY, NOBODY + 1)])
    assert (ids.start, ids.count) == (1002, NOBODY - 1002)


def test_too_few_are_refused_with_what_to_do() -> None:
    with pytest.raises(RefusedError, match=str(NEEDED)) as reported:
        choose(mapped=[range(1001)], held=[range(1)])
    assert "/etc/subuid" in reported.value.hint


@given(held=RANGES, own=RANGES, mapped=st.one_of(st.just([ALL_IDS]), RANGES))
def test_what_is_chosen_exists_and_overlaps_nobody(held: list[range], own: list[range], mapped: list[range]) -> None:
    try:
        ids = choose(mapped=mapped, held=held, own=own)
    except RefusedError:
        return
    chosen = range(ids.start, ids.start + ids.count)
    assert NEEDED <= len(chosen) <= WANTED
    assert any(chosen.start in each and chosen[-1] in each for each in mapped)
    assert not any(max(chosen.start, each.start) < min(chosen.stop, each.stop) for each in held)
    # Each id inside is one of them, and none is two of the inner ones.
    (low, start, count), (nobody, last, one) = (map(int, line.split()) for line in ids.map_text.splitlines())
    assert (low, start, count, nobody, last, one) == (0, chosen.start, len(chosen) - 1, NOBODY, chosen[-1], 1)
    assert count <= NOBODY
    assert {ids.of(inner) for inner in (0, 1, NOBODY, 1 << 31, -1)} <= set(chosen)
