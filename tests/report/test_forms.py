"""A verification as text, JSON and JUnit XML."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from defusedxml import ElementTree
from documents import LABS
from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml
from report import report_samples
from rich.console import Console

from mcastlab.cli.main import main
from mcastlab.lab_files import read_lab
from mcastlab.report.cases import UNNAMED
from mcastlab.report.json_form import as_json, report_schema
from mcastlab.report.junit import as_junit
from mcastlab.report.layers import explanations
from mcastlab.report.page import page
from mcastlab.report.plots import time_plots
from mcastlab.report.summary import summary
from mcastlab.report.terminal import show
from mcastlab.text import printable
from mcastlab.traffic import results
from mcastlab.verify import findings
from mcastlab.verify import report as verify_report
from mcastlab.verify.findings import Verdict
from mcastlab_base.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.lab.model import Lab
    from mcastlab.traffic.results import Payload
    from mcastlab.verify.report import VerificationReport

SAMPLES = ("sound", "no_mroute", "queries_blocked", "two_causes", "vpn_down", "hostile", "one_way_and_busy")


def sample(name: str, lab: Lab) -> VerificationReport:
    made: VerificationReport = getattr(report_samples, name)(lab)
    return made


def reported(report: VerificationReport, width: int, *, verbose: bool = False, color: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=color, color_system="standard" if color else None)
    show(console, report, verbose=verbose)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", ["sound", "two_causes", "vpn_down", "one_way_and_busy"])
def test_terminal_is_the_golden_one(lab: Lab, name: str, width: int, golden: Callable[[str, str], None]) -> None:
    golden(f"report/{name}_{width}.txt", reported(sample(name, lab), width))


@pytest.mark.parametrize("name", ["sound", "two_causes"])
def test_whole_form_is_the_golden_one(lab: Lab, name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"report/{name}_whole.txt", reported(sample(name, lab), 80, verbose=True))


def test_sound_lab_takes_a_line_a_layer_and_a_line_a_way(lab: Lab) -> None:
    report = sample("sound", lab)
    lines = reported(report, 80).splitlines()
    heading, table, rate = 2, 8, 2
    assert len(lines) <= heading + len({check.layer for check in report.checks}) + table + rate + len(report.notes)
    assert not any(check.title in line for check in report.checks for line in lines)


def test_a_failure_that_nothing_explains_is_shown_and_one_that_follows_is_folded(lab: Lab) -> None:
    report = sample("no_mroute", lab)
    seen = next(each.seen for check in report.checks for each in check.findings if each.verdict is Verdict.FAILS)
    assert seen not in reported(report, 200)
    assert seen in reported(report, 200, verbose=True)
    alone = report.model_copy(update={"diagnoses": ()})
    assert seen in reported(alone, 200)


def test_what_was_sent_before_a_path_stood_is_no_loss_in_the_plot(lab: Lab) -> None:
    report = sample("sound", lab)
    assert report.traffic is not None
    (first, *others) = report.traffic.deliveries
    begin = tuple(part.model_copy(update={"lost": part.sent}) for part in first.timeline[:3])
    slow = first.model_copy(update={"timeline": (*begin, *first.timeline[3:])})
    assert all(plot.bars == () for plot in time_plots([slow, *others]))
    lossy = slow.model_copy(update={"received": slow.sent - begin[-1].lost})
    (bars,) = [plot.bars for plot in time_plots([lossy, *others]) if plot.bars]
    assert len(bars) == 1


def test_causes_share_the_failures(lab: Lab) -> None:
    both = explanations(sample("two_causes", lab))
    assert [(each.failures, each.of) for each in both] == [(2, 4), (2, 4)]
    assert "2 of 4 failures have this cause" in reported(sample("two_causes", lab), 80)


def test_command_that_applies_a_fix_is_reported_with_the_number_of_lines(lab: Lab) -> None:
    report = sample("no_mroute", lab)
    fix = "router bgp 65001\n network 10.254.0.10 mask 255.255.255.255\n network 192.168.50.0"
    cause = report.diagnoses[0].model_copy(update={"fix": fix, "apply": "./scripts/lab configure --site lab"})
    changed = report.model_copy(update={"diagnoses": (cause,)})
    line = "./scripts/lab configure --site lab  # 2 lines"
    assert f"    {line}" in reported(changed, 80).splitlines()
    assert line in summary(changed)
    assert line in page(changed, lab)


def test_of_many_payloads_the_short_ones_are_reported_and_the_others_counted(lab: Lab) -> None:
    report = sample("two_causes", lab)
    assert report.traffic is not None
    whole, short = sorted(report.traffic.payloads, key=lambda payload: not payload.holds)

    def lines(*payloads: Payload) -> list[str]:
        traffic = report.traffic.model_copy(update={"payloads": payloads})  # type: ignore[union-attr]
        return [
            line
            for line in reported(report.model_copy(update={"traffic": traffic}), 120, verbose=True).splitlines()
            if "payload:" in line
        ]

    assert lines(*[whole] * 20, short)[0] == "✓ payload: 20 ways carry the computed size whole"
    assert [line[:23] for line in lines(*[whole] * 20, short)[1:]] == ["✗ payload: 1300 octets "]
    many = lines(whole, *[short] * 50)
    assert many[1] == "✗ payload: 50 ways carry less than the computed size, these among them"
    assert len(many) == 14


@pytest.mark.parametrize("lab_name", ["three_sites", "ten_sites", "three_zones"])
def test_large_matrices_are_the_golden_ones(lab_name: str, golden: Callable[[str, str], None]) -> None:
    large = read_lab(LABS / f"{lab_name}.yaml")
    golden(f"report/{lab_name}_80.txt", reported(sample("no_mroute", large), 80))


@pytest.mark.parametrize("name", ["no_mroute", "queries_blocked", "two_causes", "vpn_down"])
def test_first_line_is_the_first_cause(lab: Lab, name: str) -> None:
    report = sample(name, lab)
    first = reported(report, 200).splitlines()[0]
    assert report.diagnoses[0].sentence in first
    assert first[0] == ("!" if report.diagnoses[0].flows_still else "✗")


def test_line_that_repairs_is_never_wrapped(lab: Lab) -> None:
    report = sample("queries_blocked", lab)
    assert f"    {report.diagnoses[0].fix}" in reported(report, 40).splitlines()


@pytest.mark.parametrize("width", [60, 80])
def test_only_what_is_to_be_copied_outgrows_the_terminal(lab: Lab, width: int) -> None:
    report = sample("two_causes", lab)
    fixes = {f"    {cause.fix}" for cause in report.diagnoses}
    assert [line for line in reported(report, width).splitlines() if len(line) > width and line not in fixes] == []


def test_no_colour_without_a_terminal_and_some_on_one(lab: Lab) -> None:
    report = sample("two_causes", lab)
    assert "\x1b[" not in reported(report, 80)
    assert "\x1b[" in reported(report, 80, color=True)


def test_what_a_router_says_does_nothing_to_a_terminal(lab: Lab) -> None:
    assert "\x1b" not in reported(sample("hostile", lab), 80)


@given(st.text())
def test_printable_text_holds_no_control_character(text: str) -> None:
    made = printable(text)
    assert all(
        character in "\n\t" or (ord(character) >= 0x20 and not 0x7F <= ord(character) <= 0x9F) for character in made
    )
    ElementTree.fromstring(f"<a>{made.replace('&', '').replace('<', '').replace('>', '')}</a>")


@pytest.mark.parametrize("name", SAMPLES)
def test_json_is_as_its_schema_says_and_whole(lab: Lab, name: str) -> None:
    report = sample(name, lab)
    value: dict[str, Any] = json.loads(as_json(report))
    jsonschema.Draft202012Validator(report_schema()).validate(value)
    assert value["verdict"] == report.verdict.value
    assert [each["key"] for each in value["checks"]] == [each.key for each in report.checks]
    if report.traffic is not None:
        assert value["traffic"]["holds"] == report.traffic.holds
        lost = [delivery["lost"] for delivery in value["traffic"]["deliveries"]]
        assert lost == [delivery.sent - delivery.received for delivery in report.traffic.deliveries]


def test_a_bound_is_a_bound_in_every_form(lab: Lab) -> None:
    report = sample("one_way_and_busy", lab)
    value = json.loads(as_json(report))
    assert value["schema_version"] == 4
    to_site = [each for each in value["traffic"]["deliveries"] if each["path"] == "aws_to_lab"]
    assert [(each["latency"], each["bound"]) for each in to_site] == [
        (None, {"lower_ms": 0.18, "upper_ms": 241.2}) for _ in to_site
    ]
    terminal = reported(report, 100)
    assert "< 242" in next(line for line in terminal.splitlines() if "AWS to lab" in line and "239" in line)
    # A receiver that loses something is reported in JUnit with the bound beside it.
    assert report.traffic is not None
    lossy = tuple(each.model_copy(update={"received": 400}) for each in report.traffic.deliveries)
    lost = report.model_copy(update={"traffic": report.traffic.model_copy(update={"deliveries": lossy})})
    texts = [failure.text or "" for failure in ElementTree.fromstring(as_junit(lost)).iter("failure")]
    assert {"median < 242 ms" in text for text in texts if "AWS to lab" in text} == {True}
    html = page(report, lab)
    assert "&lt; 242 ms: a bound, not measured" in html
    # Half of it, which nobody has measured, stands nowhere.
    for form in (terminal, as_junit(lost), html, as_json(report)):
        assert not re.search(r"\b12[01](\.\d+)? ms|_us\": 12[01]\d\d\d\b", form)


def test_a_busy_host_is_named_in_every_form(lab: Lab) -> None:
    report = sample("one_way_and_busy", lab)
    (stall,) = json.loads(as_json(report))["traffic"]["stalls"]
    assert (stall["host"], stall["kind"], stall["lost"], stall["round"]) == ("doppel-1", "receive_queue_full", 20, 1)
    said = "doppel-1 was kept from running for 313 ms from 2.62 s on, and its kernel dropped 20 datagrams"
    assert said in " ".join(reported(report, 120).split())
    assert said in " ".join(page(report, lab).split())


def test_json_without_what_is_computed_is_not_as_the_schema_says(lab: Lab) -> None:
    value = json.loads(as_json(sample("sound", lab)))
    del value["traffic"]["deliveries"][0]["lost"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(report_schema()).validate(value)


def test_schema_of_reports_is_printed_and_the_golden_one(
    capsys: pytest.CaptureFixture[str], golden: Callable[[str, str], None]
) -> None:
    assert main(["schema", "--report"]) == 0
    printed = capsys.readouterr().out
    jsonschema.Draft202012Validator.check_schema(json.loads(printed))
    golden("report/schema.json", printed)


OF_STATUS = {"Status", "UnseenStatus", "TrafficRun", "LabPart", "Members", "PacketRate", "FollowSnapshot"}
"""Models of a lab's state, which no verification holds."""


def test_schema_knows_every_model() -> None:
    schema = report_schema()
    every = {
        name
        for module in (results, findings, verify_report)
        for name, each in vars(module).items()
        if isinstance(each, type) and issubclass(each, Frozen) and each is not Frozen
    }
    assert len(every) > 12
    assert every - {"VerificationReport", *OF_STATUS} <= set(schema["$defs"])


@pytest.mark.parametrize("name", SAMPLES)
def test_junit_has_a_suite_a_check_and_a_case_a_part_or_flow(lab: Lab, name: str) -> None:
    report = sample(name, lab)
    suites = {suite.name: suite for suite in JUnitXml.fromstring(as_junit(report).encode())}
    for check in report.checks:
        suite = suites[f"{check.layer}.{check.key}"]
        parts = {
            each.expected if each.subject.kind in UNNAMED else (each.subject.kind, each.subject.name, each.subject.site)
            for each in check.findings
        }
        assert suite.tests == max(1, len(parts))
        assert (suite.failures > 0) == (check.verdict is Verdict.FAILS)
        assert (suite.skipped > 0) == (check.verdict in {Verdict.NOT_REACHED, Verdict.NOT_APPLICABLE})
    if report.traffic is not None:
        traffic = report.traffic
        for key, part in (
            ("delivery", traffic.deliveries),
            ("silence", traffic.silences),
            ("payload", traffic.payloads),
            ("rate", traffic.rates),
        ):
            held = [each.holds for each in part]
            assert suites[f"traffic.{key}"].tests == len(held)
            assert suites[f"traffic.{key}"].failures == held.count(False)


def test_failure_in_junit_says_the_cause_and_the_fix(lab: Lab) -> None:
    report = sample("no_mroute", lab)
    cause = report.diagnoses[0]
    root = ElementTree.fromstring(as_junit(report))
    failures = root.findall("./testsuite[@name='multicast.rpf']/testcase/failure")
    assert [failure.get("message") for failure in failures] == [cause.sentence]
    assert cause.fix in (failures[0].text or "")
    assert root.get("failures") == str(len(root.findall(".//failure")))


@pytest.mark.parametrize("name", SAMPLES)
def test_junit_has_no_element_or_attribute_that_the_published_schema_does_not_take(lab: Lab, name: str) -> None:
    taken = {
        "testsuites": {"name", "time", "tests", "failures", "errors"},
        "testsuite": {"name", "time", "tests", "failures", "errors", "skipped", "timestamp", "hostname"},
        "testcase": {"name", "classname", "time"},
        "failure": {"type", "message"},
        "skipped": {"type", "message"},
    }
    for element in ElementTree.fromstring(as_junit(sample(name, lab))).iter():
        assert set(element.attrib) <= taken[element.tag], element.tag


def test_every_case_of_junit_has_a_name_of_its_own(lab: Lab) -> None:
    root = ElementTree.fromstring(as_junit(sample("two_causes", lab)))
    names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(names) == len(set(names))
