"""A latency of which only a bound is known is shown as a bound in every form, and never its middle as a measurement."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING, Any

from report import report_samples
from rich.console import Console

from mcastlab.lab.device_tests import DeviceTest
from mcastlab.report.comparison import compare
from mcastlab.report.comparison_forms import comparison_page
from mcastlab.report.device_test import scenario_junit, scenario_page, scenario_tables
from mcastlab.report.json_form import as_json
from mcastlab.report.junit import as_junit, traffic_junit
from mcastlab.report.page import page
from mcastlab.report.summary import summary
from mcastlab.report.terminal_compare import show_comparison
from mcastlab.report.terminal_traffic import traffic_tables
from mcastlab.scenario.limits import limits
from mcastlab.scenario.results import DeviceTestReport, HeardStream, PlayedStep
from mcastlab.traffic.results import LatencyBound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from mcastlab.lab.model import Lab
    from mcastlab.verify.report import VerificationReport

STARTED = datetime(2026, 11, 29, 1, 0, tzinfo=UTC)
BOUND = LatencyBound(lower_ms=0, upper_ms=241.2)
MIDDLE = re.compile(r"\b12[01](\.\d+)?\b")
SHOWN = re.compile(r"(<|&lt;|&#60;) ?242\b")


def one_way(lab: Lab) -> VerificationReport:
    """Return a verification in which nothing flowed back."""
    report = report_samples.sound(lab)
    assert report.traffic is not None
    found = [
        each.model_copy(
            update={
                "latency": None,
                "bound": BOUND,
                "timeline": tuple(part.model_copy(update={"latency_median_us": None}) for part in each.timeline),
            }
        )
        for each in report.traffic.deliveries
    ]
    return report.model_copy(update={"traffic": report.traffic.model_copy(update={"deliveries": tuple(found)})})


def printed(parts: Iterable[RenderableType]) -> str:
    console = Console(file=StringIO(), width=200)
    for part in parts:
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]  # a text buffer


def test_every_form_of_a_verification_shows_the_bound(lab: Lab) -> None:
    report = one_way(lab)
    traffic = report.traffic
    assert traffic is not None
    compared = compare(report_samples.sound(lab), report, ("before.json", "after.json"))
    console = Console(file=StringIO(), width=200)
    show_comparison(console, compared)
    forms = {
        "terminal": printed(traffic_tables(traffic)),
        "brief": printed(traffic_tables(traffic, brief=True)),
        "page": page(report, lab),
        "summary": summary(report),
        "junit": as_junit(report),
        "traffic junit": traffic_junit(traffic, lab.name, STARTED),
        "compared": console.file.getvalue(),  # type: ignore[attr-defined]  # a text buffer
        "compared page": comparison_page(compared),
    }
    silent = {"junit", "traffic junit"}  # what holds says nothing there
    assert [name for name, text in forms.items() if name not in silent and not SHOWN.search(text)] == []
    assert [name for name, text in forms.items() if name != "page" and MIDDLE.search(text)] == []
    for flow in json.loads(as_json(report))["traffic"]["deliveries"]:
        assert (flow["latency"], flow["bound"]) == (None, {"lower_ms": 0, "upper_ms": 241.2})
    for compared_flow in compared.flows:
        assert compared_flow.latency_median_us_after is None
        assert compared_flow.latency_bound_after == BOUND
        assert compared_flow.latency_bound_before is None


def heard(listener: str, **known: Any) -> HeardStream:
    figures: dict[str, Any] = {"mos": (3.9, 4.41), "latency_bound_ms": 241.2, "gap_ms": 20.0, "join_ms": 0.0, **known}
    return HeardStream(
        step=1,
        group="paging",
        talker="desk",
        listener=listener,
        stream="g711u",
        begin_ms=0,
        end_ms=5000,
        due=250,
        lost=0,
        loss=0.0,
        **figures,
    )


def report_of(*rows: HeardStream) -> DeviceTestReport:
    test = DeviceTest.model_validate(
        {
            "name": "morning",
            "steps": [{"page": {"from": "desk", "to": "paging"}}],
            "expect": [{"latency_p95": "< 150 ms", "mos": ">= 4.0"}],
        }
    )
    return DeviceTestReport(
        name="morning",
        lab="phones",
        seed=1,
        devices=2,
        steps=(PlayedStep(number=1, verb="page", begin_ms=0, end_ms=5000),),
        heard=rows,
        limits=tuple(limits(test, rows, ())),
    )


def test_every_form_of_a_test_shows_the_bound_and_the_range_of_the_score() -> None:
    report = report_of(heard("phone-1"))
    latency, score = report.limits
    assert latency.sentence == "step 1 (page): phone-1: latency_p95 < 242 ms, limit < 150 ms (1 of 1 outside the limit)"
    assert score.sentence == "step 1 (page): phone-1: mos 3.90 to 4.41, limit >= 4.0 (1 of 1 outside the limit)"
    assert SHOWN.search(printed(scenario_tables(report)))
    for text in (printed(scenario_tables(report)), scenario_page(report, STARTED), scenario_junit(report, STARTED)):
        assert "3.90 to 4.41" in text
        assert not MIDDLE.search(text)
    (row,) = json.loads(report.model_dump_json())["heard"]
    assert (row["latency_p95_ms"], row["latency_bound_ms"], row["mos"]) == (None, 241.2, [3.9, 4.41])


def test_what_was_measured_to_be_more_than_any_bound_is_no_bound() -> None:
    measured = heard("phone-2", latency_bound_ms=None, latency_p95_ms=300.0, mos=(4.0, 4.0))
    report = report_of(heard("phone-1"), measured)
    assert " 300 " in printed(scenario_tables(report))
    assert not SHOWN.search(printed(scenario_tables(report)))
    assert report.limits[0].sentence.startswith("step 1 (page): phone-2: latency_p95 300 ms, limit < 150 ms")


def test_a_latency_by_time_services_is_shown_with_what_they_follow_and_its_error(lab: Lab) -> None:
    report = report_samples.sound(lab)
    assert report.traffic is not None
    first, *rest = report.traffic.deliveries
    assert first.latency is not None
    references = {"clock_references": ("169.254.169.123", "10.20.0.5"), "clock_error_us": 900}
    compared = first.model_copy(update={"latency": first.latency.model_copy(update=references)})
    traffic = report.traffic.model_copy(update={"deliveries": (compared, *rest)})
    text = printed(traffic_tables(traffic))
    assert "right to 0.90 ms" in text
    assert (
        "those of 1 pair between which nothing flows back are compared by their time services (10.20.0.5, 169." in text
    )
    shown = page(report.model_copy(update={"traffic": traffic}), lab)
    assert "1 of them, between which nothing flows back, compared by the time services" in shown
    assert "169.254.169.123, 10.20.0.5)" in shown


def test_a_test_of_devices_tells_how_far_its_measured_latencies_may_be_off() -> None:
    measured = heard("phone-2", latency_bound_ms=None, latency_p95_ms=35.0, latency_error_ms=0.8, mos=(4.0, 4.0))
    assert "clocks: measured latencies are right to 0.8 ms" in printed(scenario_tables(report_of(measured)))
