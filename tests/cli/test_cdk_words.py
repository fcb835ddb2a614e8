"""What ``lab cdk`` passes on to the CDK command line, and which lab that is about."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from mcastlab.aws import cdk
from mcastlab.cli.main import main, parser
from mcastlab.lab_choice import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@pytest.fixture
def passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What reaches the CDK, run in a folder without lab files."""
    words: list[str] = []

    def run(arguments: Sequence[str]) -> int:
        words[:] = arguments
        return 7

    monkeypatch.setattr(cdk, "run_interactively", run)
    monkeypatch.delenv(VARIABLE)
    monkeypatch.chdir(tmp_path)
    return words


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("--version", "--version"),
        ("-- --help", "--help"),
        ("--verbose -c a=b synth --lab x --twin", "--verbose -c a=b synth --lab x --twin -c lab={here}/lab.yaml"),
        ("synth --help", "synth --help"),
        ("init app --language python", "init app --language python"),
        (
            "synth -c lab=my/one.yaml --output out",
            "synth -c lab={here}/my/one.yaml --output out -c lab={here}/my/one.yaml",
        ),
        ("ls --context=lab=one.yaml", "ls --context=lab={here}/one.yaml -c lab={here}/one.yaml"),
        ("--lab one.yaml --name=run-7 ls", "ls -c lab={here}/one.yaml -c name=run-7"),
        ("synth --app other", "synth --app other"),
    ],
)
def test_all_words_are_passed_on_and_files_are_those_of_where_one_stands(
    line: str, expected: str, passed: list[str], tmp_path: Path
) -> None:
    (tmp_path / "lab.yaml").touch()
    assert main(["cdk", *shlex.split(line)]) == 7
    assert passed == shlex.split(expected.format(here=tmp_path))


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("run --twin -- aws ec2 --region x", "aws ec2 --region x"),
        ("run aws --twin", "aws --twin"),
        ("run --name a env", "env"),
        ("run -- a -- b", "a -- b"),
    ],
)
def test_a_program_gets_its_words_as_they_are(line: str, command: str) -> None:
    verb = parser("run").parse(shlex.split(line))
    assert vars(verb)["command"] == tuple(command.split())


def test_a_run_of_nothing_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--lab", "demo"]) == 2
    assert capsys.readouterr().err.splitlines()[1].endswith("scripts/lab run --lab demo -- aws ec2 describe-vpcs")
