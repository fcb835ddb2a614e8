"""What is reported while a test runs: the step, who talks, who listens."""

from __future__ import annotations

from queue import Queue

import pytest

from mcastlab.lab.document import parse_yaml
from mcastlab.scenario.live import happening, live_progress
from mcastlab.scenario.reading import parse_test

from .test_planner import LAB

TEST, SCRIPT = parse_test(
    """\
name: morning
steps:
- page: {from: desk, to: paging, for: 2s}
- conference: {group: paging, members: "phones-*", talkers: 2, turn: 1s, for: 2s, join: 100/s}
""",
    "morning.yaml",
    parse_yaml(LAB, "lab.yaml"),
)


@pytest.mark.parametrize(
    ("at_ms", "text"),
    [
        (100, ""),
        (1000, "step 1 of 2, page: nobody talks, 7 devices listen"),
        (3000, "step 1 of 2, page: desk-1 talks, 7 devices listen"),
        (7900, "step 2 of 2, conference: phones-1-1, phones-1-2 talk, 6 devices listen"),
        (8900, "step 2 of 2, conference: phones-1-3, phones-2-1 talk, 6 devices listen"),
        (60_000, ""),
    ],
)
def test_a_moment_is_reported_by_its_step_and_its_devices(at_ms: int, text: str) -> None:
    assert happening(TEST, SCRIPT, at_ms) == text


def test_it_is_reported_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcastlab.scenario.live.EVERY_S", 0.01)
    reported: Queue[str] = Queue()
    with live_progress(TEST, SCRIPT, reported.put, lead_s=-1.0):
        assert reported.get(timeout=5) == "step 1 of 2, page: nobody talks, 7 devices listen"
    assert reported.empty(), "what did not change is reported once"
