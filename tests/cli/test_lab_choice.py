"""The lab of a command: the one that is named, by an option or the environment, or the one file that is found."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cli import printed_commands
from documents import LABS

from mcastlab.cli.main import main
from mcastlab.command_line import LabCommand, program
from mcastlab.lab_choice import DEMO, VARIABLE, NoLabError, choose_lab
from mcastlab.places import DEFAULT_LAB

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def having(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Stand in a folder that has these files, with no lab in the environment."""
    monkeypatch.delenv(VARIABLE)
    monkeypatch.chdir(tmp_path)

    def have(*names: str) -> None:
        for name in names:
            shutil.copyfile(LABS / "minimal.yaml", name)

    return have


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["lab.yaml"], "lab.yaml"),
        (["berlin.lab.yaml"], "berlin.lab.yaml"),
        (["a.lab.yaml", "b.lab.yaml", "lab.yaml"], "lab.yaml"),
        (["other.yaml", "x.lab.yaml"], "x.lab.yaml"),
    ],
)
def test_a_lab_file_is_found_where_one_stands(having: Callable[..., None], files: list[str], found: str) -> None:
    having(*files)
    choice = choose_lab(None)
    assert (choice.lab_file, choice.found) == (Path(found), True)
    command = LabCommand(lab_file=choice.lab_file, found=choice.found)
    assert "--lab" not in command("check")
    assert command("demo").endswith(f"demo --lab {found}")  # which takes its own else
    assert main(["check"]) == 0


def test_what_is_named_goes_before_what_is_found(having: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    having("lab.yaml")
    monkeypatch.setenv(VARIABLE, "/elsewhere/mine.yaml")
    assert choose_lab(None).lab_file == Path("/elsewhere/mine.yaml")
    assert choose_lab(Path("this.yaml")).lab_file == Path("this.yaml")
    assert choose_lab(Path(DEMO)).lab_file == DEFAULT_LAB


@pytest.mark.parametrize("words", [["check"], ["status", "--json"], ["twin", "status"], ["cdk", "synth"], ["up"]])
def test_without_a_lab_a_command_says_what_was_looked_for_and_how_to_begin(
    having: Callable[..., None], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    having()
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith(
        f"error: no lab file: neither lab.yaml nor one *.lab.yaml is in {tmp_path}, and {VARIABLE} is not set\n"
    )
    begin, demo = printed_commands.commands_in(error)
    assert begin == f"{program()} init lab.yaml"
    assert printed_commands.given(demo).lab == Path(DEMO)


def test_of_several_none_is_taken_and_all_are_named(
    having: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    having("a.lab.yaml", "b.lab.yaml")
    assert main(["check"]) == 2
    error = capsys.readouterr().err
    assert ": a.lab.yaml, b.lab.yaml\n" in error
    assert [printed_commands.given(line).lab for line in printed_commands.commands_in(error)] == [
        Path("a.lab.yaml"),
        Path("b.lab.yaml"),
    ]


def test_the_demo_is_found_by_nobody(having: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    having()
    monkeypatch.chdir(DEFAULT_LAB.parent)
    with pytest.raises(NoLabError):
        choose_lab(None)


@pytest.mark.parametrize("words", [["completion", "bash"], ["schema"], ["twin", "env", "--undo"], ["init", "new.yaml"]])
def test_what_is_about_no_lab_needs_none(having: Callable[..., None], words: list[str]) -> None:
    having()
    assert main(words) == 0
