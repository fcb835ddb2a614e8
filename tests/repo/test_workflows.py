"""The workflows of `.github`: sound, with the least rights, and no shell but calls of the project's own programs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mcastlab.cli.main import parser
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
LAB = PROJECT / ".github" / "workflows" / "lab.yml"


def read(path: Path) -> dict[str, Any]:
    # YAML 1.1 reads the key `on` as true.
    text = path.read_text(encoding="utf-8").replace("\non:\n", '\n"on":\n')
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


@pytest.mark.process
def test_workflows_are_what_githubs_schema_takes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_by_its_commit(path: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", path.read_text(encoding="utf-8"))
    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), f"{action} says no version"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_shell_is_nothing_but_calls_that_the_command_line_takes(path: Path) -> None:
    lines = [line for step in steps(path) for line in step.get("run", "").splitlines()]
    assert lines
    for line in lines:
        assert "${{" not in line, "what is put into a script's text is run"
        program, *arguments = shlex.split(line)
        assert program in {"./scripts/lab", "./scripts/test"}, line
        if program == "./scripts/lab":
            parser().parse(arguments)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow_has_the_least_rights_and_can_be_called(path: Path) -> None:
    workflow = read(path)
    assert "workflow_call" in workflow["on"]
    rights = [workflow["permissions"], *(job.get("permissions", {}) for job in workflow["jobs"].values())]
    given = {name: right for each in rights for name, right in each.items()}
    wanted = {"contents": "read"} | ({"id-token": "write"} if path == LAB else {})
    assert given == wanted
    assert all(
        step["with"]["persist-credentials"] is False for step in steps(path) if "checkout" in step.get("uses", "")
    )
    assert "secrets." not in path.read_text(encoding="utf-8")


def test_gate_runs_the_whole_gate() -> None:
    assert [step["run"] for step in steps(PROJECT / ".github" / "workflows" / "gate.yml") if "run" in step] == [
        "./scripts/test"
    ]


def test_nobody_is_asked_on_a_runner() -> None:
    """There is no terminal: `up` and `down` refuse to change an account without ``--yes``."""
    runs = [shlex.split(step["run"]) for step in steps(LAB) if "run" in step]
    changing = [words for words in runs if words[1] in {"up", "down"} and "--prove" not in words]
    assert [words[1] for words in changing] == ["up", "down"]
    assert all("--yes" in words for words in changing)


def test_lab_is_always_destroyed_and_what_is_left_fails_the_run() -> None:
    runs = [(step.get("run", step.get("uses", "")), step.get("if", "")) for step in steps(LAB)]
    verified = next(at for at, (run, _) in enumerate(runs) if " verify " in run)
    assert "--junit junit.xml --html lab.html" in runs[verified][0]
    afterwards = runs[verified + 1 :]
    assert all(condition == "always()" for _, condition in afterwards)
    upload, _, destroy, prove = [run for run, _ in afterwards]
    assert upload.startswith("actions/upload-artifact@")
    assert " down " in destroy
    assert "--yes --force" in destroy
    assert prove.endswith("--prove")
    kept = next(step["with"]["path"] for step in steps(LAB) if step.get("uses", "").startswith("actions/upload"))
    assert kept.split() == ["junit.xml", "lab.html"]
