"""Commands that errors and verbs tell: whole ones for the lab at hand, that the command line takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest
from cli import printed_commands
from cli.places import bare, lab, standing_twin
from documents import LABS
from rich.console import Console

from mcastlab.cli.verbs import demo
from mcastlab.command_line import LabCommand, program
from mcastlab.lab_files import DEFAULT_LAB, PROJECT, read_lab

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

FILE: Final = LABS / "minimal.yaml"
ABOUT: Final = ("--lab", str(FILE), "--name", "run-7")
COMMAND: Final = LabCommand(lab_file=FILE, name="run-7")

FAILING: Final = [
    ["status"],
    ["up", "--yes"],
    ["down", "--json"],
    ["down"],
    ["twin", "env"],
    ["twin", "status"],
    ["ssh", "node"],
    ["twin", "up", "word"],
    ["twin", "status", "--quota", "route=100"],
    ["twin", "status", "--undo"],
    ["verify", "--twin", "--no-traffic"],
    ["cdk", "--twin", *ABOUT, "deploy", "--all"],
    ["cdk", "--twin", "deploy", "--all", "-c", f"lab={FILE}", "-c", "name=run-7"],
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    environment = bare(tmp_path)
    for name in ("XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, environment[name])
    return environment


@pytest.mark.parametrize("words", FAILING, ids=" ".join)
def test_an_error_tells_whole_commands_for_the_lab_at_hand(words: list[str], home: dict[str, str]) -> None:
    about = () if words[0] == "cdk" else ABOUT
    done = lab(home, *words, *about)
    assert done.returncode in {1, 2}, done.stderr
    lines = printed_commands.commands_in(done.stderr)
    assert lines, done.stderr
    for line in lines:
        target = getattr(printed_commands.given(line), "target", None)
        printed_commands.assert_about(line, LabCommand(lab_file=FILE, name="run-7", target=target))


@pytest.mark.parametrize("words", [["pcap"], ["impair"]], ids=lambda words: words[0])
def test_an_error_about_a_twin_that_stands_does_too(words: list[str], home: dict[str, str]) -> None:
    with standing_twin("run-7", "http://127.0.0.1:9"):
        done = lab(home, "twin", *words, *ABOUT)
    assert done.returncode == 2, done.stderr
    (line,) = printed_commands.commands_in(done.stderr)
    printed_commands.assert_about(line, COMMAND)


@pytest.mark.parametrize("action", [["env"], ["status"], ["fault", "list"]], ids=lambda words: words[0])
def test_an_error_about_a_region_names_it(action: list[str], home: dict[str, str]) -> None:
    done = lab(home, "region", "--name", "north", *action)
    assert done.returncode == 1
    (line,) = printed_commands.commands_in(done.stderr)
    assert (printed_commands.given(line).name, printed_commands.path(line)) == ("north", "region up")


def test_what_a_demo_suggests_is_about_its_lab_and_its_twin(
    home: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    del home
    command = LabCommand(lab_file=FILE, name="run-7", target="twin")
    with standing_twin("run-7", "http://127.0.0.1:9"):
        demo.suggest(Console(), read_lab(FILE, "run-7"), command)
    out = capsys.readouterr().out
    lines = printed_commands.commands_in(out)
    assert [printed_commands.path(line) for line in lines] == ["verify", "run", "twin env", "ssh", "down"]
    for line in lines:
        printed_commands.assert_about(line, command)
    with standing_twin("run-7", "http://127.0.0.1:9"):
        demo.suggest(Console(), read_lab(DEFAULT_LAB, "run-7"), command)
    assert command("follow") in capsys.readouterr().out, "the default lab has a block"


def test_no_text_composes_a_command_of_ours_by_itself() -> None:
    """Only `command_line` does; help, and hints before any lab is known, name a verb."""
    own = re.compile(r"\./scripts/lab (?!init FILE|schema |check --lab THIS_FILE|demo\n|check\")")
    found = [
        f"{path.relative_to(PROJECT)}: {line.strip()}"
        for path in (PROJECT / "scripts").rglob("*.py")
        if path.name not in {"command_line.py", "__main__.py"}
        for line in path.read_text(encoding="utf-8").splitlines()
        if own.search(line)
    ]
    assert found == []
    assert program() == "./scripts/lab"
