"""A site's way to the internet is impaired at its time, and as it was before at the end, whatever came of the test."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from mcastlab.lab.document import parse_yaml
from mcastlab.scenario.play import play
from mcastlab.scenario.reading import parse_test
from mcastlab.scenario.script_parts import parts_of
from mcastlab.scenario.side_actions import SideActions
from mcastlab_base.errors import BadInputError

from .test_step_checks import LAB, refused

if TYPE_CHECKING:
    from mcastlab.scenario.script import Script, WorseWan

STEPS = "- impair: {site: berlin, delay: 40ms, jitter: 5ms, loss: 2 %, for: 200ms}\n- wait: {for: 300ms}\n"
WITHIN_S = 60


def script(steps: str = STEPS) -> Script:
    return parse_test(f"name: morning\nsteps:\n{steps}", "morning.yaml", parse_yaml(LAB, "lab.yaml"))[1]


class Wan:
    """Notes what is asked of sites' ways to the internet."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float | None]] = []
        self.changed = threading.Condition()

    def __call__(self, site: str, worse: WorseWan | None) -> None:
        with self.changed:
            self.asked.append((site, None if worse is None else worse.loss))
            self.changed.notify_all()

    def await_asked(self, count: int) -> None:
        """Wait until it was asked so often."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.asked) >= count, timeout=WITHIN_S), self.asked


def acted(wan: Wan, steps: str, *, until_asked: int) -> None:
    """Act on a test until the way was asked for so often."""
    (part,) = parts_of(script(steps))
    actions = SideActions(parse_yaml(LAB, "lab.yaml"), part.script, None, print, wan)
    assert actions.needed
    acting = threading.Thread(target=actions.run, args=(time.time(),))
    acting.start()
    try:
        wan.await_asked(until_asked)
    finally:
        actions.stop()
        acting.join()
        actions.close()


def test_it_lasts_as_long_as_it_says() -> None:
    wan = Wan()
    acted(wan, STEPS, until_asked=2)
    assert wan.asked == [("berlin", 0.02), ("berlin", None)]


def test_a_test_that_ends_sooner_ends_it_too() -> None:
    wan = Wan()
    acted(wan, STEPS.replace("ms}", "s}"), until_asked=1)
    assert wan.asked == [("berlin", 0.02), ("berlin", None)]


def test_where_nothing_can_do_so_the_test_is_refused_before_it_begins() -> None:
    test, planned = parse_test(f"name: morning\nsteps:\n{STEPS}", "morning.yaml", parse_yaml(LAB, "lab.yaml"))
    with pytest.raises(BadInputError, match="impairs the way to the internet of berlin, which the twin alone can"):
        play(test, planned, parse_yaml(LAB, "lab.yaml"), {}, progress=print)


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("site: oslo, for: 1s", "steps[1].impair.site: no site is called oslo; "),
        ("site: berlin, on: phone-1, for: 1s", "steps[1].impair: either devices' datagrams or a site's way"),
        ("delay: 1s, for: 1s", "steps[1].impair: either devices' datagrams or a site's way"),
        ("site: berlin, direction: in, for: 1s", "steps[1].impair: direction: "),
        ("site: berlin, jitter: 1s, for: 1s", "steps[1].impair: jitter: "),
    ],
)
def test_what_cannot_be_is_refused_by_its_line(step: str, says: str) -> None:
    (line,) = refused(LAB, "steps:", f"- impair: {{{step}}}")
    assert line.startswith(f"morning.yaml:3: {says}"), line
