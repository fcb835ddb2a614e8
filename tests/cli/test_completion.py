"""What the completion of a shell proposes, asked of a real bash."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from mcastlab.cli.main import main, names

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def completion(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", "bash"]) == 0
    return capsys.readouterr().out


def proposed(completion: str, folder: Path, *words: str) -> list[str]:
    """What bash proposes for the last word of a command line, by the function that ``complete`` names."""
    script = (
        f"{completion}\n"
        "spec=$(complete -p lab); name=${spec##*-F }; name=${name%% *}\n"
        f"COMP_WORDS=(./scripts/lab {shlex.join(words)}); COMP_CWORD={len(words)}\n"
        '"$name" ./scripts/lab "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"\n'
        "printf '%s\\n' \"${COMPREPLY[@]}\"\n"
    )
    done = subprocess.run(
        ["bash", "--norc"], input=script, cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_verbs_and_options_and_values(completion: str, tmp_path: Path) -> None:
    assert sorted(proposed(completion, tmp_path, "")) == names()
    assert proposed(completion, tmp_path, "ver") == ["verify"]
    assert proposed(completion, tmp_path, "twin", "s") == ["status"]
    assert proposed(completion, tmp_path, "region", "fault", "un") == ["unsubscribe"]
    assert proposed(completion, tmp_path, "down", "--p") == ["--prove"]
    assert proposed(completion, tmp_path, "twin", "up", "--qu") == ["--quota"]
    assert proposed(completion, tmp_path, "traffic", "--profile", "pa") == ["paging"]
    assert proposed(completion, tmp_path, "completion", "f") == ["fish"]


def test_bash_completes_files_where_a_file_is_wanted(completion: str, tmp_path: Path) -> None:
    for name in ("mine.yaml", "other.yaml"):
        (tmp_path / name).touch()
    for words in (("check", "--lab"), ("verify", "--html"), ("init",), ("router", "serve", "--config")):
        assert proposed(completion, tmp_path, *words, "mi") == ["mine.yaml"], words
    assert proposed(completion, tmp_path, "check", "--name", "mi") == []


def test_an_interactive_bash_takes_it_by_eval(completion: str, tmp_path: Path) -> None:
    script = f"{completion}\ncomplete -p lab"
    done = subprocess.run(
        ["bash", "--norc", "-c", 'eval "$1"', "-", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.endswith(" lab\n")


@pytest.mark.parametrize(("shell", "call"), [("zsh", "compdef _shtab_lab -N lab"), ("fish", "complete -c lab")])
def test_other_shells_get_theirs(shell: str, call: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    out = capsys.readouterr().out
    assert call in out
    assert all(name in out for name in names())


def test_a_shell_that_is_not_known_fails_the_eval(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "csh"]) == 2
    out, err = capsys.readouterr()
    assert out == "false\n"
    assert "expected one of: bash, zsh, fish" in err
