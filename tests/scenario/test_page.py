"""The page of a test: lanes that show who talked and who heard, to the test's duration."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from io import StringIO
from typing import Any
from xml.etree import ElementTree as ET

from junitparser import JUnitXml
from rich.console import Console

from mcastlab.lab.device_tests import DeviceTest
from mcastlab.report.device_test import scenario_junit, scenario_page, scenario_tables
from mcastlab.report.over_time import HEIGHT, curves, missed
from mcastlab.report.swim_lanes import NAMES, WIDTH, swim_lanes
from mcastlab.scenario.limits import reception_limits
from mcastlab.scenario.results import (
    DeviceLane,
    DeviceTestReport,
    Grade,
    HeardStream,
    LimitResult,
    PlayedStep,
    ProvenReception,
)

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


def test_an_appliance_that_answered_is_drawn_as_hearing_and_one_of_a_lower_grade_as_joined() -> None:
    given: dict[str, Any] = {"step": 1, "group": "paging", "why": "its confirm command says so"}
    found = report(row("phones-1-1")).model_copy(
        update={
            "lanes": tuple(
                DeviceLane(name=name, devices=(name,), joined=((5000, 10_000),), talking=())
                for name in ("pager-7", "pager-8")
            ),
            "receptions": (
                ProvenReception(device="pager-7", grade=Grade.ANSWERED, **given),
                ProvenReception(device="pager-8", grade=Grade.LAST_REPORTER, **given),
            ),
        }
    )
    answered, reporter = swim_lanes(found).lanes
    assert [bar.kind for bar in answered.bars] == ["joined", "hearing"]
    assert answered.bars[1].title == "paging: answered, as its confirm command says so"
    assert [bar.kind for bar in reporter.bars] == ["joined"]


def test_the_page_names_what_failed_and_nothing_in_it_can_run() -> None:
    page = scenario_page(report(row("phones-1-1"), row("phones-2", loss=1.0, join_ms=None)), STARTED)
    assert "step 1 (page): phones-2: loss &lt;b&gt;100 %&lt;/b&gt;, limit &lt; 1 % (1 of 2 outside the limit)" in page
    assert "default-src &#39;none&#39;" in page
    assert "0 of 1 limit kept, 3 devices." in page
    drawing = ET.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])  # noqa: S314  (our own)
    assert [text.text for text in drawing.iter("text") if text.get("class") == "lane-name"] == [
        *("desk", "phones-1", "phones-2"),
    ]


def test_what_appliances_received_is_reported_by_its_grade_everywhere() -> None:
    none = {"step": 1, "group": "paging", "device": "pager-8", "grade": Grade.NONE, "why": "its router has no <member>"}
    heard = {**none, "device": "pager-7", "grade": Grade.LAN_MEMBER, "why": "the last report is of 192.168.50.20"}
    paged = row("phones-1-1", talker="pager-7", stream="g722", sources=2, talk_spurts=3, jitter_ms=1.5)
    found = report(row("phones-1-1"), paged).model_copy(
        update={"receptions": tuple(ProvenReception.model_validate(each) for each in (none, heard))}
    )
    page = scenario_page(found, STARTED)
    assert "<td>LAN member</td><td>the last report is of 192.168.50.20</td>" in page
    assert "<td>none</td><td>its router has no &lt;member&gt;</td>" in page
    console = Console(width=120, record=True, file=StringIO())
    for part in scenario_tables(found):
        console.print(part)
    reported = console.export_text()
    assert "LAN member" in reported
    assert ["pager-7", "1", "g722", "2", "3", "0", "%", "1.5", "4.40"] in [
        line.split() for line in reported.splitlines()
    ]
    suites = JUnitXml.fromstring(scenario_junit(found, STARTED).encode())
    cases = {case.name: case.is_skipped for suite in suites for case in suite if "reception" in case.name}
    assert cases == {
        "step 1: reception of paging by pager-8": True,
        "step 1: reception of paging by pager-7": False,
    }
    assert [each["grade"] for each in found.model_dump(mode="json")["receptions"]] == ["none", "lan_member"]
    expected = DeviceTest.model_validate(
        {"name": "morning", "steps": [{"wait": {"for": "1s"}}], "expect": [{"reception": "last_reporter"}]}
    )
    (limit,) = reception_limits(expected, found.receptions)
    assert (limit.holds, limit.failing, limit.measured, limit.device) == (False, 2, 2, "pager-8")


def test_loss_and_score_over_time_are_those_of_their_seconds() -> None:
    """Of 250 packets in 5 s each is 20 ms: the second second of the talk is missed by one of two."""
    lossy = row("phones-1-2", lost=50, loss=0.2, holes=((50, 99),), mos=(2.0, 2.0))
    assert list(missed(lossy)) == [(6000, 7000)]
    loss, score = curves(report(row("phones-1-1"), lossy))
    middle, second = NAMES + (WIDTH - NAMES) / 2, (WIDTH - NAMES) / 10
    (points,) = loss.parts
    ys = {float(x): float(y) for x, y in (point.split(",") for point in points.split())}
    # Of the steps' corners the last at an x is the begin of what follows.
    assert (loss.highest, ys[middle + second], ys[middle + 2 * second]) == ("50 %", 8, HEIGHT - 8)
    assert points.startswith(f"{middle},{HEIGHT - 8}.0 "), "nothing was heard before the talk"
    worst = {float(point.split(",")[1]) for point in score.parts[0].split()}
    assert worst == {round(8 + (HEIGHT - 16) * (1 - 1 / 3.5), 1)}
    unheard = row("phones-2", lost=250, loss=1.0, join_ms=None, gap_ms=None, mos=None)
    (only,) = curves(report(unheard))
    assert only.highest == "100 %"
    assert {point.split(",")[1] for point in only.parts[0].split()} == {"8.0"}


def test_the_page_plays_what_the_chosen_pair_heard_with_silence_where_packets_are_missing() -> None:
    half = row("phones-1-2", lost=50, loss=0.2, holes=((50, 99),))
    for pair, quiet in ((None, True), (("desk", "phones-1-1"), False)):
        page = scenario_page(report(row("phones-1-1"), half), STARTED, pair)
        found = re.search(r'src="data:audio/wav;base64,([^"]+)"', page)
        assert found is not None
        sound = base64.b64decode(found[1].replace("&#43;", "+").replace("&#61;", "="))
        assert sound[:4] == b"RIFF"
        # A second of 5 of mu-law's silence, behind the header.
        assert (sound[58 + 8000 : 58 + 16_000] == b"\xff" * 8000) is quiet
        assert len(sound) == 58 + 40_000
    assert "media-src data:" in page
