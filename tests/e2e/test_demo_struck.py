"""Killed or interrupted at any moment, the demo or its twin, the same command comes to its end and leaves nothing."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest
from e2e.demos import Demo, Home, assert_held_and_left_nothing, assert_nothing_left
from machine_state import HeldNamespace
from series import CASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.twin

SEEDS: Final = 50
STAGES: Final = 11
"""Of a demo that removes everything at the end, before its twin goes."""
STRIDE: Final = 2
"""The gate's three strikes hit the deployment, the push and the traffic; the soak's go round through all stages."""
IN_A_ROW: Final = 3
"""So many strikes share the run that holds in the end."""
LONGEST_WAIT_S: Final = 3.0
INTERRUPTED: Final = 130


@dataclass(frozen=True, kw_only=True)
class Strike:
    """When an earlier run is struck, and how: so long after so many of its stages."""

    stages: int
    wait_s: float
    how: str
    once: bool

    @classmethod
    def of(cls, seed: int) -> Strike:
        chance = random.Random(seed)  # noqa: S311  (the same moments in every run)
        return cls(
            stages=(3 + STRIDE * seed) % STAGES,
            wait_s=chance.uniform(0, LONGEST_WAIT_S),
            how=("kill", "kill the twin", "interrupt")[seed % 3],
            once=chance.random() < 0.5,
        )


@pytest.fixture
def tidy_home(home: Home) -> Iterator[Home]:
    yield home
    home.run("twin", "down")


@pytest.mark.series(gate=2, first=True)
@pytest.mark.parametrize(
    ("how", "after", "code", "said"),
    [
        ("terminate", "Logins on the remote routers", 143, "terminated"),
        ("hang up", "Instances boot", 129, "hung up"),
        ("terminate", "VPN, BGP, GRE and PIM come up", 143, "terminated"),
    ],
    ids=["while it deploys", "while it configures", "while it verifies"],
)
def test_a_demo_that_is_terminated_takes_its_twin_away(
    how: str, after: str, code: int, said: str, tidy_home: Home
) -> None:
    """It is reported alone, not all of its terminal's foreground: its CDK and its SSH clients end too."""
    with Demo(tidy_home, tidy_home.folder("demo"), "--once") as demo:
        demo.await_stage(after)
        demo.strike(how)
        assert demo.end() == code, demo.reported
        assert f"{said}; the same command goes on" in demo.reported
        assert "Traceback" not in demo.reported
        assert_nothing_left(demo)


@pytest.mark.timeout(900)
@pytest.mark.series(gate=1, first=True)
@pytest.mark.parametrize(
    "seeds",
    [range(first, min(first + IN_A_ROW, SEEDS)) for first in range(0, SEEDS, IN_A_ROW)],
    ids=lambda seeds: f"seeds from {seeds.start}",
)
def test_after_strikes_the_demo_holds_and_leaves_nothing(
    seeds: range, tidy_home: Home, record_property: Callable[[str, object], None]
) -> None:
    """Each run goes on from what the one before has left, as far as its own strike."""
    record_property(CASES, len(seeds))
    folder, sandboxes = tidy_home.folder("demo"), dict[int, HeldNamespace]()
    for strike in map(Strike.of, seeds):
        with Demo(tidy_home, folder, *(["--once"] if strike.once else [])) as struck:
            struck.await_stages(strike.stages)
            time.sleep(strike.wait_s)  # the moment is what the test is about
            alive = struck.process.poll() is None
            struck.strike(strike.how)
            code = struck.end()
        # It has come to its strike, or to its end before that.
        assert alive or code == 0, struck.reported
        assert "Traceback" not in struck.reported
        if strike.how == "interrupt" and code == INTERRUPTED:
            # Before anything was begun there is nothing to go on with.
            assert struck.reported == "interrupted\n" or "interrupted; the same command goes on" in struck.reported
        assert struck.changed == {}
        sandboxes |= struck.sandboxes
    with Demo(tidy_home, folder, "--once") as last:
        last.sandboxes |= sandboxes
        assert_held_and_left_nothing(last)
