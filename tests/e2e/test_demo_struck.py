"""Killed or interrupted at any moment, the demo or its twin, the same command comes to its end and leaves nothing."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest
from e2e.demos import Demo, Home, assert_held_and_left_nothing, assert_nothing_left

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.twin

SEEDS: Final = 50
STAGES: Final = 11
"""Of a demo that removes everything at the end, before its twin goes."""
STRIDE: Final = 2
"""The gate's three strikes hit the deployment, the push and the traffic; the soak's go round through all stages."""
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


@pytest.mark.parametrize(
    ("how", "after", "code", "said"),
    [
        ("terminate", "Logins on the remote routers", 143, "terminated"),
        ("hang up", "Instances boot", 129, "hung up"),
        ("terminate", "VPN, BGP, GRE and PIM come up", 143, "terminated"),
    ],
    ids=["while it deploys", "while it configures", "while it verifies"],
)
def test_a_demo_that_is_told_to_end_takes_its_twin_away(
    how: str, after: str, code: int, said: str, tidy_home: Home
) -> None:
    """It is told alone, not all of its terminal's foreground: its CDK and its SSH clients end too."""
    with Demo(tidy_home, tidy_home.folder("demo"), "--once") as demo:
        demo.await_stage(after)
        demo.strike(how)
        assert demo.end() == code, demo.told
        assert f"{said}; the same command goes on" in demo.told
        assert "Traceback" not in demo.told
        assert_nothing_left(demo)


def test_another_verb_beside_a_demo_touches_nothing(tidy_home: Home) -> None:
    with Demo(tidy_home, tidy_home.folder("demo"), "--once") as demo:
        demo.await_stages(2)
        for words in (("down", "--twin"), ("twin", "down"), ("configure", "--twin"), ("demo",)):
            done = tidy_home.run(*words)
            assert done.returncode == 3, (words, done.stderr)
            assert f"another command works on twin demo on this machine: process {demo.process.pid}" in done.stderr
        assert_held_and_left_nothing(demo)


@pytest.mark.series(gate=3, first=True)
@pytest.mark.parametrize("strike", [*map(Strike.of, range(SEEDS))], ids=[f"seed {seed}" for seed in range(SEEDS)])
def test_after_a_strike_the_demo_holds_and_leaves_nothing(strike: Strike, tidy_home: Home) -> None:
    folder = tidy_home.folder("demo")
    with Demo(tidy_home, folder, *(["--once"] if strike.once else [])) as first:
        first.await_stages(strike.stages)
        time.sleep(strike.wait_s)  # the moment is what the test is about
        first.strike(strike.how)
        code = first.end()
    assert "Traceback" not in first.told
    if strike.how == "interrupt" and code == INTERRUPTED:
        assert "interrupted; the same command goes on" in first.told
    with Demo(tidy_home, folder, "--once") as second:
        second.sandboxes |= first.sandboxes
        assert_held_and_left_nothing(second)
    assert first.changed == {}
