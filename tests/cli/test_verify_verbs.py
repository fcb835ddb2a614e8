"""Where a verification goes: files are whole or not there, and what cannot be written is refused before the work."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from report import report_samples

from mcastlab.cli.connections import CAVEATS, caveats
from mcastlab.cli.main import main, parser
from mcastlab.cli.verbs.verify import deliver
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.lab.model import Lab


def asked(*options: str) -> Any:
    return parser().parse(["verify", *options])


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
    told = capsys.readouterr().err
    assert f"--html {missing}: there is no folder" in told
    assert f"--junit {tmp_path}: that is a folder" in told


def test_page_that_cannot_be_written_after_all_leaves_the_old_one_and_the_words(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone" / "page.html"
    with pytest.raises(BadInputError, match="cannot be written"):
        deliver(report_samples.sound(lab), lab, asked("--html", str(gone)))
    assert capsys.readouterr().out.startswith("✓ demo holds")


def test_files_are_there_although_nobody_reads_what_is_printed(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    program = (
        "import sys\n"
        "from mcastlab.cli.main import parser\n"
        "from mcastlab.cli.verbs.verify import deliver\n"
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


def test_environment_says_what_its_world_cannot_vouch_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CAVEATS, raising=False)
    assert caveats() == ()
    monkeypatch.setenv(CAVEATS, " One thing.\n\nAnd another.\n")
    assert caveats() == ("One thing.", "And another.")
