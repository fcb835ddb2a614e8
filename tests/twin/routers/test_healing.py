"""Whatever was broken and is whole again, multicast flows both ways soon, although the remote device has joined too."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
from twin.sandbox_program import run_in_sandbox

from mcastlab_twin.routers.mroute_watch import missing

pytestmark = pytest.mark.twin

IN_GATE, IN_SOAK = 3, 66
LONGEST_S: Final = 60
"""Of one break, its traffic before and after it included."""


@pytest.fixture(scope="module")
def seeds(request: pytest.FixtureRequest) -> list[str]:
    return [str(seed) for seed in range(IN_SOAK if request.config.getoption("--soak") else IN_GATE)]


@pytest.fixture(scope="module")
def found(seeds: list[str]) -> Any:
    """The gate's three are the RP's crash, its multicast off and on, and the RP out of reach."""
    program = Path(__file__).with_name("healing.py")
    return run_in_sandbox(program, *seeds, timeout_s=120 + LONGEST_S * len(seeds))


def test_after_each_break_both_directions_flow_again(found: Any, seeds: list[str]) -> None:
    assert len(found["breaks"]) == len(seeds)
    assert [each for each in found["breaks"] if not each["healed"]] == []


def test_a_source_whose_site_was_pruned_before_it_sent_is_heard(found: Any) -> None:
    assert found["pruned_first"] == [{"to_far": 20, "to_aws": 20}] * 3


def test_what_the_kernel_lacks_of_pimds_routes_is_counted() -> None:
    groups = {"wildcardGroup": {"installed": 1, "total": 1}, "sourceGroup": {"installed": 3, "total": 5}}
    assert (missing(groups), missing({})) == (2, 0)
