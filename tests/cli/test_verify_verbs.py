"""Where a verification goes: files are whole or not there, and what cannot be written is refused before the work."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from report import report_samples
from rich.console import Console

from mcastlab.cli.connections import CAVEATS, caveats
from mcastlab.cli.context import Context
from mcastlab.cli.delivery import print_report, write_reports
from mcastlab.cli.main import main, parser
from mcastlab.report.cases import traffic_cases
from mcastlab.report.github import case_annotations
from mcastlab.traffic.results import Absent
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab
    from mcastlab.verify.report import VerificationReport


ERRORS = Path(__file__).parents[1] / "errors"


def asked(*options: str) -> Any:
    return parser().parse(["verify", *options])


def deliver(report: VerificationReport, lab: Lab, options: Any) -> int:
    """Do what `verify` does with what it found."""
    context = Context(options, (), ExitStack())
    context.__dict__["lab"] = lab
    try:
        write_reports(report, context, options)
    finally:
        code = print_report(Console(), report, options)
    return code


def test_sound_lab_ends_in_exit_code_0_and_its_files(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    html, junit = tmp_path / "page.html", tmp_path / "report.xml"
    assert deliver(report_samples.sound(lab), lab, asked("--html", str(html), "--junit", str(junit))) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("✓ demo holds")
    assert str(html) in printed.replace("\n", "")
    assert html.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "<testsuites" in junit.read_text(encoding="utf-8")
    assert sorted(tmp_path.iterdir()) == [html, junit]


def test_broken_lab_ends_in_exit_code_1_and_json_is_all_that_is_printed(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    html = tmp_path / "page.html"
    assert deliver(report_samples.no_mroute(lab), lab, asked("--json", "--html", str(html))) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "fails"
    assert html.exists()


def test_files_that_cannot_be_written_are_all_refused_before_anything_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "none" / "page.html"
    assert main(["verify", "--html", str(missing), "--junit", str(tmp_path)]) == 2
    reported = capsys.readouterr().err
    assert f"--html {missing}: there is no folder" in reported
    assert f"--junit {tmp_path}: that is a folder" in reported


def test_page_that_cannot_be_written_after_all_leaves_the_old_one_and_the_words(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone" / "page.html"
    with pytest.raises(BadInputError, match="cannot be written"):
        deliver(report_samples.sound(lab), lab, asked("--html", str(gone)))
    assert capsys.readouterr().out.startswith("✓ demo holds")


@pytest.mark.process
def test_files_are_there_although_nobody_reads_what_is_printed(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    program = (
        "import sys\n"
        "from mcastlab.cli.main import parser\n"
        "from cli.test_verify_verbs import deliver\n"
        "from mcastlab.lab_files import DEFAULT_LAB, read_lab\n"
        "from report import report_samples\n"
        "lab = read_lab(DEFAULT_LAB)\n"
        "deliver(report_samples.sound(lab), lab, parser().parse(['verify', '--html', sys.argv[1]]))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(page)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert page.exists()


def test_two_forms_of_one_output_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--once", "--json", "--summary"]) == 2
    assert "two forms of one output" in capsys.readouterr().err


def test_a_runner_of_github_gets_annotations_and_the_summary_and_json_stays_alone(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "summary.md"
    file.write_text("what a step before wrote\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    report = report_samples.two_causes(lab)
    assert deliver(report, lab, asked("--json")) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["verdict"] == "fails"
    kinds = [line.split(" ", 1)[0] for line in captured.err.splitlines()]
    assert kinds == ["::error", "::warning"]
    assert report.diagnoses[0].fix in captured.err
    text = file.read_text(encoding="utf-8")
    assert text.startswith("what a step before wrote\n")
    assert report.diagnoses[1].sentence in text


def test_elsewhere_nothing_is_written_for_a_runner(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    deliver(report_samples.two_causes(lab), lab, asked("--json"))
    assert capsys.readouterr().err == ""


def test_an_error_that_ends_a_step_is_an_annotation_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert main(["check", "--name", "Run 7"]) == 2
    assert capsys.readouterr().err.startswith("::error::'Run 7' is no name for a lab")


def test_findings_of_the_design_are_annotations_of_the_lab_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.chdir(ERRORS)
    assert main(["check", "--json", "--lab", "loopback_in_vpc.yaml"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert any(line.startswith("::error title=") and "file=loopback_in_vpc.yaml" in line for line in lines)


def test_of_many_failing_flows_the_first_are_annotated_and_the_rest_counted(lab: Lab) -> None:
    traffic = report_samples.two_causes(lab).traffic
    assert traffic is not None
    lossy = traffic.model_copy(
        update={"absent": tuple(Absent(host=f"h-{number}", why="no answer") for number in range(12))}
    )
    lines = list(case_annotations(traffic_cases(lossy), "demo"))
    assert lines[0] == "::error title=demo%3A traffic.presence%2C h-0::no answer"
    assert len(lines) == 11
    assert lines[-1].endswith("::6 more fail")


def test_summary_is_markdown_of_what_fails(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    assert deliver(report_samples.two_causes(lab), lab, asked("--summary")) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("**✗ demo does not hold**")
    assert "2 of 4 failures have this cause" in printed


def test_environment_says_what_its_world_cannot_vouch_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CAVEATS, raising=False)
    assert caveats() == ()
    monkeypatch.setenv(CAVEATS, " One thing.\n\nAnd another.\n")
    assert caveats() == ("One thing.", "And another.")
