"""The workflows of `.github`: sound, with the least rights, and no shell but calls of the project's own programs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mcastlab.cli.main import main, parser
from mcastlab.lab_files import PROJECT, STARTING_FILE

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
LAB = PROJECT / ".github" / "workflows" / "lab.yml"
TWIN = PROJECT / ".github" / "workflows" / "twin.yml"
ACTION = PROJECT / ".github" / "actions" / "twin" / "action.yml"
GITLAB = PROJECT / ".gitlab" / "twin.gitlab-ci.yml"


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


@pytest.mark.process
@pytest.mark.parametrize(
    "arguments",
    [("vendor.github-actions", ACTION), ("vendor.gitlab-ci", "--data-transform", "gitlab-ci", GITLAB)],
    ids=["action", "gitlab"],
)
def test_action_and_gitlabs_pipeline_are_what_their_schemas_take(arguments: tuple[str | Path, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def commands_of(lines: list[str]) -> list[list[str]]:
    """Return the arguments of each call of our program; what it prints may go to a file."""
    found = []
    for line in lines:
        words = shlex.split(line)
        assert words[0] in {"./scripts/lab", "$GITHUB_ACTION_PATH/../../../scripts/lab"}, line
        assert "${{" not in line, "what is put into a script's text is run"
        found.append(words[1 : words.index(">") if ">" in words else None])
    return found


def test_action_runs_the_twin_keeps_its_reports_and_hands_them_on() -> None:
    action = read(ACTION)
    runs = action["runs"]["steps"]
    called = commands_of([step["run"] for step in runs if "run" in step])
    verbs = [parser().parse(words) for words in called]
    assert [words[0] for words in called] == ["check", "demo"]
    demo: Any = verbs[1]
    assert (demo.once, demo.json, str(demo.junit), str(demo.html)) == (True, True, "mcastlab.xml", "mcastlab.html")
    kept = next(step for step in runs if "uses" in step)
    assert kept["if"] == "always()"
    assert set(kept["with"]["path"].split()) == {each["value"] for each in action["outputs"].values()}
    assert (ACTION.parent / "../../../scripts/lab").resolve() == PROJECT / "scripts" / "lab"


def test_gitlabs_job_runs_the_twin_and_keeps_its_reports() -> None:
    (job,) = yaml.safe_load(GITLAB.read_text(encoding="utf-8")).values()
    called = commands_of(job["script"])
    assert [words[0] for words in called] == ["check", "demo"]
    demo: Any = [parser().parse(words) for words in called][1]
    assert demo.once
    assert job["artifacts"]["when"] == "always"
    assert job["artifacts"]["reports"]["junit"] == str(demo.junit)
    assert demo.json
    assert job["artifacts"]["paths"] == [str(demo.html), job["script"][-1].split()[-1]]


def test_twins_workflow_uses_the_action_of_this_repository() -> None:
    used = [step["uses"] for step in steps(TWIN) if step.get("uses", "").startswith("./")]
    assert used == ["./.github/actions/twin"]
    assert (PROJECT / used[0] / "action.yml") == ACTION
    given = next(step["with"] for step in steps(TWIN) if step.get("uses") == used[0])
    assert set(given) <= set(read(ACTION)["inputs"])


def test_hook_of_pre_commit_that_the_docs_show_checks_the_files_that_it_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (PROJECT / "docs" / "ci.md").read_text(encoding="utf-8")
    block = next(each for each in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "repo: local" in each)
    (hook,) = yaml.safe_load(block)["repos"][0]["hooks"]
    assert hook["language"] == "system"
    assert re.search(hook["files"], "labs/berlin.lab.yaml")
    assert re.search(hook["files"], "lab.yaml")
    assert not re.search(hook["files"], "collab.yaml")
    program, *words = shlex.split(hook["entry"])
    assert program == "./scripts/lab"
    sound, broken = tmp_path / "lab.yaml", tmp_path / "broken.lab.yaml"
    sound.write_text(STARTING_FILE.read_text(encoding="utf-8"), encoding="utf-8")
    broken.write_text("name: [", encoding="utf-8")
    assert main([*words, str(sound)]) == 0
    assert main([*words, str(sound), str(broken)]) == 2
    assert "broken.lab.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.stem)
def test_every_action_is_pinned_by_its_commit(path: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", path.read_text(encoding="utf-8"))
    assert used
    for action, comment in used:
        if action.startswith("./"):
            assert (PROJECT / action / "action.yml").exists()
            continue
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), f"{action} says no version"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_shell_is_nothing_but_calls_that_the_command_line_takes(path: Path) -> None:
    lines = [line for step in steps(path) for line in step.get("run", "").splitlines()]
    assert lines or path == TWIN
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
