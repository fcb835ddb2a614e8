"""The repository tests itself: what it promises about its own shape."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from mcastlab.cli.main import names, parser
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

README = (PROJECT / "README.md").read_text(encoding="utf-8")
LONGEST_FILE = 350
FIXED = {"app.py", "cdk.json", "docs", "stacks", "router_templates", "scripts", "tests", "pyproject.toml", "README.md"}


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True)
    return [PROJECT / name for name in done.stdout.split("\0") if name and (PROJECT / name).exists()]


def test_top_level_is_the_fixed_one_but_for_hidden_and_lock_files() -> None:
    names = {path.relative_to(PROJECT).parts[0] for path in tracked()}
    others = {name for name in names - FIXED if not name.startswith(".") and not name.endswith(".lock")}
    assert others == set()


def test_no_python_file_outgrows_one_idea() -> None:
    long = {
        str(path.relative_to(PROJECT)): count
        for path in tracked()
        if path.suffix == ".py" and (count := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_code_map_names_what_exists() -> None:
    page = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^|]+)` \|", page.partition("## Code map")[2], re.MULTILINE)
    names = [name.strip("` ") for row in rows for name in row.split(",")]
    assert names
    for name in names:
        # A row may name a folder's neighbour by its own name alone.
        assert (PROJECT / name).exists() or (PROJECT / "scripts" / "mcastlab" / name).exists(), name


def test_readme_has_every_verb() -> None:
    missing = [name for name in names() if f"./scripts/lab {name}" not in README]
    assert missing == []


def commands_of_readme() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("./")]


@pytest.mark.parametrize("line", commands_of_readme())
def test_command_of_the_readme_is_one_that_the_command_line_takes(line: str) -> None:
    program, *arguments = shlex.split(line)
    assert os.access(PROJECT / program, os.X_OK)
    if program == "./scripts/lab":
        parser().parse(arguments)


def test_help_is_the_golden_one(golden_help: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    golden_help("help/lab.txt", parser().format_help())


def test_shell_scripts_are_sound_bash() -> None:
    for name in ("lab", "test", "prepare.sh"):
        subprocess.run(["bash", "-n", str(PROJECT / "scripts" / name)], check=True)


@pytest.mark.parametrize("word", ["pypi" + ".org", "npmjs" + ".org", "debian" + ".org", "pythonhosted" + ".org"])
def test_no_registry_host_is_named(word: str) -> None:
    naming = [
        str(path.relative_to(PROJECT))
        for path in tracked()
        if word in path.read_bytes().decode("utf-8", errors="replace")
    ]
    assert naming == []
