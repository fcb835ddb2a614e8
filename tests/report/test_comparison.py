"""Two verifications side by side: what got better, worse, new and gone."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from defusedxml import ElementTree
from report import report_samples
from rich.console import Console

from mcastlab.cli.main import main
from mcastlab.report.comparison import CaseChange, compare, read_report
from mcastlab.report.comparison_forms import comparison_page
from mcastlab.report.json_form import as_json
from mcastlab.report.terminal_compare import show_comparison
from mcastlab.traffic.results import Path as FlowPath
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mcastlab.lab.model import Lab
    from mcastlab.report.comparison import Comparison

FILES = ("before.json", "after.json")


def compared(lab: Lab, before: str, after: str) -> Comparison:
    return compare(getattr(report_samples, before)(lab), getattr(report_samples, after)(lab), FILES)


@pytest.mark.parametrize("name", ["sound", "two_causes", "vpn_down", "one_way_and_busy"])
def test_a_report_is_read_as_it_was_printed(lab: Lab, name: str) -> None:
    report = getattr(report_samples, name)(lab)
    assert read_report(as_json(report), "a.json") == report


def test_a_run_beside_itself_changes_nothing(lab: Lab) -> None:
    found = compared(lab, "sound", "sound")
    assert found.holds
    assert found.cases == ()
    assert found.unchanged > 20


def test_what_got_worse_is_better_the_other_way_round(lab: Lab) -> None:
    worse, better = compared(lab, "sound", "two_causes"), compared(lab, "two_causes", "sound")
    assert not worse.holds
    assert better.holds
    names = [(each.check, each.name) for each in worse.of(CaseChange.WORSE)]
    assert ("delivery", "paging: doppel-1 to phone-1") in names
    assert sorted(names) == sorted((each.check, each.name) for each in better.of(CaseChange.BETTER))
    assert worse.diagnoses_new == better.diagnoses_gone
    flow = next(each for each in worse.flows if each.path is FlowPath.TO_SITE)
    assert (flow.loss_percent_before, flow.loss_percent_after) == (0, 7)


def test_what_still_fails_got_no_worse(lab: Lab) -> None:
    found = compared(lab, "two_causes", "two_causes")
    assert found.holds
    assert {each.change for each in found.cases} == {CaseChange.STILL_FAILING}


def test_what_one_run_alone_has_is_new_or_gone_and_a_new_failure_is_worse(lab: Lab) -> None:
    sound = report_samples.sound(lab)
    fewer = sound.model_copy(update={"checks": sound.checks[1:]})
    assert {each.change for each in compare(fewer, sound, FILES).cases} == {CaseChange.NEW}
    assert {each.change for each in compare(sound, fewer, FILES).cases} == {CaseChange.GONE}
    failing = report_samples.vpn_down(lab)
    without = failing.model_copy(update={"checks": [each for each in failing.checks if each.key != "vpn"]})
    assert {each.check for each in compare(without, failing, FILES).of(CaseChange.WORSE)} == {"vpn"}


def test_terminal_is_the_golden_one(lab: Lab, golden: Callable[[str, str], None]) -> None:
    out = io.StringIO()
    show_comparison(Console(file=out, width=80), compared(lab, "vpn_down", "two_causes"))
    golden("report/compared_80.txt", "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines()))


def test_verb_writes_all_forms_and_ends_in_1_if_anything_got_worse(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = (tmp_path / name for name in FILES)
    before.write_text(as_json(report_samples.sound(lab)), encoding="utf-8")
    after.write_text(as_json(report_samples.two_causes(lab)), encoding="utf-8")
    html, junit = tmp_path / "c.html", tmp_path / "c.xml"
    words = ["compare", str(before), str(after), "--html", str(html), "--junit", str(junit), "--json"]
    assert main(words) == 1
    found = json.loads(capsys.readouterr().out)
    assert not found["holds"]
    assert html.read_text(encoding="utf-8").startswith("<!doctype html>")
    worse = sum(each["change"] == "worse" for each in found["cases"])
    assert len(list(ElementTree.fromstring(junit.read_text(encoding="utf-8")).iter("failure"))) == worse
    assert main(["compare", str(after), str(before)]) == 0
    assert "got better" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "it has none"),
        ('{"schema_version": 2}', "it has 2"),
        ('{"schema_version": 4, "lab": 7}', "lab: "),
    ],
    ids=["empty", "deep", "list", "old", "wrong"],
)
def test_what_is_no_report_is_refused_with_its_file_and_why(text: str, said: str) -> None:
    with pytest.raises(BadInputError, match=said) as error:
        read_report(text, "a.json")
    assert error.value.text.startswith("a.json: ")


def test_a_file_that_is_not_there_is_the_users_to_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_what_routers_said_cannot_run_in_the_page(lab: Lab) -> None:
    page = comparison_page(compared(lab, "sound", "hostile"))
    assert "<script>alert" not in page
    assert "\x1b" not in page
