"""The page of a test: lanes that show who talked and who heard, to the test's duration."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

from mcastlab.report.device_test import scenario_page
from mcastlab.report.swim_lanes import NAMES, WIDTH, swim_lanes
from mcastlab.scenario.results import DeviceLane, DeviceTestReport, HeardStream, LimitResult, PlayedStep

STARTED = datetime(2026, 11, 29, 1, 0, tzinfo=UTC)


def row(listener: str, **changes: Any) -> HeardStream:
    figures: dict[str, Any] = {
        "step": 1,
        "group": "paging",
        "talker": "desk",
        "listener": listener,
        "stream": "g711u",
        "begin_ms": 5000,
        "end_ms": 10_000,
        "due": 250,
        "lost": 0,
        "loss": 0.0,
        "join_ms": 0.0,
        "gap_ms": 20.0,
        "mos": (4.4, 4.4),
    }
    return HeardStream(**{**figures, **changes})


def report(*heard: HeardStream) -> DeviceTestReport:
    return DeviceTestReport(
        name="morning",
        lab="phones",
        seed=1,
        devices=3,
        steps=(PlayedStep(number=1, verb="page", begin_ms=0, end_ms=10_000),),
        heard=heard,
        limits=(
            LimitResult(
                step=1,
                verb="page",
                figure="loss",
                limit="< 1 %",
                holds=False,
                worst="<b>100 %</b>",
                device="phones-2",
                failing=1,
                measured=2,
            ),
        ),
        lanes=(
            DeviceLane(name="desk", devices=("desk",), joined=(), talking=((5000, 10_000),)),
            DeviceLane(name="phones-1", devices=("phones-1-1", "phones-1-2"), joined=((2000, 10_000),), talking=()),
            DeviceLane(name="phones-2", devices=("phones-2",), joined=((2000, 10_000),), talking=()),
        ),
    )


def test_lanes_are_to_the_tests_duration_and_the_worst_of_a_host_is_drawn() -> None:
    lossy = row("phones-1-2", lost=100, loss=0.4, join_ms=1000.0)
    unheard = row("phones-2", lost=250, loss=1.0, join_ms=None, gap_ms=None, mos=None)
    desk, one, other = swim_lanes(report(row("phones-1-1"), lossy, unheard)).lanes
    middle = NAMES + (WIDTH - NAMES) / 2
    assert [(bar.kind, bar.x, bar.width) for bar in desk.bars] == [("talking", middle, WIDTH - middle)]
    assert [bar.kind for bar in one.bars] == ["joined", "lossy"]
    # It heard the first packet a second after the talk's begin.
    assert one.bars[1].x == middle + (WIDTH - NAMES) / 10
    assert "loss 40 %" in one.bars[1].title
    assert [bar.kind for bar in other.bars] == ["joined", "silent"]


def test_the_page_names_what_failed_and_nothing_in_it_can_run() -> None:
    page = scenario_page(report(row("phones-1-1"), row("phones-2", loss=1.0, join_ms=None)), STARTED)
    assert "step 1 (page): phones-2: loss &lt;b&gt;100 %&lt;/b&gt;, limit &lt; 1 % (1 of 2 outside the limit)" in page
    assert "default-src &#39;none&#39;" in page
    assert "0 of 1 limit kept, 3 devices." in page
    drawing = ET.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])  # noqa: S314  (our own)
    assert [text.text for text in drawing.iter("text") if text.get("class") == "lane-name"] == [
        *("desk", "phones-1", "phones-2"),
    ]
