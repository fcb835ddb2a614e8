"""Whatever was broken and is whole again, multicast flows both ways soon, although the remote device has joined too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from series import CASES
from twin.sandbox_program import run_in_sandbox

from mcastlab_twin.routers.mroute_watch import missing

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.twin

SEEDS: Final = 69
AT_ONCE: Final = 3
"""So many breaks share one lab."""
LONGEST_S: Final = 60
"""Of one break, its traffic before and after it included."""


@pytest.fixture(scope="module", params=range(0, SEEDS, AT_ONCE), ids=lambda first: f"breaks from {first}")
def seeds(request: pytest.FixtureRequest) -> list[str]:
    first: int = request.param
    return [str(seed) for seed in range(first, min(first + AT_ONCE, SEEDS))]


@pytest.fixture(scope="module")
def found(seeds: list[str]) -> Any:
    """The gate's three are the RP's crash, its multicast off and on, and the RP out of reach."""
    program = Path(__file__).with_name("healing.py")
    return run_in_sandbox(program, *seeds, timeout_s=120 + LONGEST_S * len(seeds))


@pytest.mark.series(gate=1, first=True)
def test_after_each_break_both_directions_flow_again(
    found: Any, seeds: list[str], record_property: Callable[[str, object], None]
) -> None:
    record_property(CASES, len(seeds))
    assert len(found["breaks"]) == len(seeds)
    assert [each for each in found["breaks"] if not each["healed"]] == []


@pytest.mark.series(gate=1, first=True)
def test_a_source_whose_site_was_pruned_before_it_sent_is_heard(found: Any) -> None:
    assert found["pruned_first"] == [{"to_far": 20, "to_aws": 20}] * 3


@pytest.mark.series(gate=1, first=True)
def test_a_source_whose_site_pruned_it_before_its_register_is_heard(found: Any) -> None:
    """Not only with its next Register, as pimd has it."""
    assert found["unregistered"] == {"to_far": 20, "to_aws": 20}


@pytest.mark.series(gate=1, first=True)
def test_a_tree_that_is_joined_again_before_the_pruned_join_runs_out_stands(found: Any) -> None:
    assert found["joined_again"]["arrived"] > 200
    assert found["joined_again"]["lost"] == 0


def test_what_the_kernel_lacks_of_pimds_routes_is_counted() -> None:
    groups = {"wildcardGroup": {"installed": 1, "total": 1}, "sourceGroup": {"installed": 3, "total": 5}}
    assert (missing(groups), missing({})) == (2, 0)
