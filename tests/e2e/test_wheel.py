"""The wheel by itself: built, installed into an environment of its own, used from an empty folder without a clone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import jsonschema
import pytest
from defusedxml import ElementTree
from documented import block_with, words_of

from mcastlab.places import PROJECT
from mcastlab.report.json_form import report_schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.twin, pytest.mark.timeout(900)]

UV: Final = os.path.join(os.path.dirname(sys.executable), "uv")  # noqa: PTH118, PTH120
WITHIN_S: Final = 280


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command as `uv tool install` installs it, run in an empty folder; its search path is the system's own."""
    base = tmp_path_factory.mktemp("wheel with spaces")
    built, empty = base / "built", base / "empty"
    empty.mkdir()
    subprocess.run(
        (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)),
        cwd=PROJECT,
        check=True,
        capture_output=True,
    )
    (wheel,) = built.glob("*.whl")
    subprocess.run(
        (
            *(UV, "tool", "install", "--quiet", "--python", sys.executable),
            *("--constraints", str(PROJECT / "requirements.lock"), str(wheel)),
        ),
        env={**os.environ, "UV_TOOL_DIR": str(base / "tools"), "UV_TOOL_BIN_DIR": str(base / "bin")},
        check=True,
        capture_output=True,
    )

    def run(*words: str, folder: Path = empty) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (str(base / "bin" / "mcastlab"), *words),
            cwd=folder,
            env={
                **{key: os.environ[key] for key in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME", "HOME")},
                "PATH": os.defpath,
                "XDG_CACHE_HOME": str(base / "cache"),
                **{
                    key: value for key, value in os.environ.items() if key.lower().startswith(("npm_", "ssl_", "node_"))
                },
            },
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )

    return run


def test_check_of_the_demo_lab(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = run("check", "--lab", "demo", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["lab"]["name"] == "demo"


def test_a_lab_file_is_synthesised_where_one_stands(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    assert run("init", "lab.yaml", folder=tmp_path).returncode == 0
    done = run(*words_of("./scripts/lab cdk synth --quiet"), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "cdk.out" / "my-lab-Network.template.json").exists()


def test_an_app_of_ones_own_has_a_lab_and_a_construct(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(block_with("python", "aws_cdk"), encoding="utf-8")
    # The tool's own Python is first on the path of what `cdk` starts.
    done = run("cdk", "synth", "--quiet", "--app", "python app.py", "--output", "out", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {"demo-Network.template.json", "mine.template.json"} <= {file.name for file in (tmp_path / "out").iterdir()}


def test_commands_are_reported_as_they_are_typed(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = run("check")
    assert done.returncode == 2
    assert done.stderr.splitlines()[1:] == [
        "hint:  mcastlab init lab.yaml",
        "       or: mcastlab check --lab demo",
    ]


def test_the_demo_holds_leaves_nothing_and_writes_every_form(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    assert run("init", "lab.yaml", folder=tmp_path).returncode == 0
    done = run(
        *words_of(
            "./scripts/lab demo --once --lab lab.yaml --junit mcastlab.xml --html mcastlab.html --json > mcastlab.json"
        ),
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    jsonschema.Draft202012Validator(report_schema()).validate(report)
    assert report["verdict"] == "holds"
    cases = list(ElementTree.fromstring((tmp_path / "mcastlab.xml").read_text(encoding="utf-8")).iter("testcase"))
    assert {case.get("classname") for case in cases} >= {"mcastlab.vpn.bgp", "mcastlab.traffic.delivery"}
    assert (tmp_path / "mcastlab.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "done   cdk destroy --all" in done.stderr
