"""``twin env`` and ``region env``: a shell that evaluates them is led in and out again, and says where they fail."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import pytest
from cli.places import lab

from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from awsregion.standalone import Standalone
    from mcastlab_twin.sandbox.run_folder import Twin

pytestmark = pytest.mark.process

STRANGE: Final = {"AWS_PROFILE": "my 'own'\nprofile $HOME", "AWS_SECRET_ACCESS_KEY": 'a"`b', "AWS_REGION": ""}


def evaluated(environment: dict[str, str], shell: str, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shell, "-uc", script],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("shell_name", ["sh", "bash"])
def test_env_is_entered_twice_and_undone_to_the_letter(
    shell_name: str, home: dict[str, str], account: Standalone, twin: Twin
) -> None:
    del account
    into_twin, into_region = (
        f'eval "$(./scripts/lab {words})"; ' for words in ("twin env", "region --name account env")
    )
    script = (
        'env -0 >"$BEFORE"; '
        + into_twin
        + into_region
        + into_twin
        + 'echo "$AWS_ENDPOINT_URL ${AWS_PROFILE-none}"; '
        + 'eval "$(./scripts/lab twin env --undo)"; env -0 >"$AFTER"; eval "$(./scripts/lab region env --undo)"'
    )
    files = {name: twin.run_dir.parent / name for name in ("BEFORE", "AFTER")}
    paths = {name: str(path) for name, path in files.items()}
    done = evaluated({**home, **STRANGE, **paths}, shell_name, script)
    assert (done.returncode, done.stdout) == (0, f"{twin.endpoint} none\n"), done.stderr
    before, after = (
        sorted(line for line in path.read_bytes().split(b"\0") if not line.startswith(b"_=")) for path in files.values()
    )
    assert after == before


def test_env_prints_no_value_of_before(home: dict[str, str], twin: Twin) -> None:
    del twin
    assert STRANGE["AWS_SECRET_ACCESS_KEY"] not in lab({**home, **STRANGE}, "twin", "env").stdout


@pytest.mark.parametrize("shell_name", ["sh", "bash"])
@pytest.mark.parametrize(
    "words",
    [
        "twin env --lab typo",
        "twin --name typo env",
        "twin env --typo",
        "region --name typo env",
        "region env --typo",
    ],
)
def test_env_that_fails_fails_the_eval(words: str, shell_name: str, home: dict[str, str]) -> None:
    done = evaluated(home, shell_name, f'eval "$(./scripts/lab {words})"')
    assert done.returncode == 1
    assert "error: " in done.stderr


def test_env_that_fails_while_the_machine_is_prepared_fails_the_eval(home: dict[str, str], tmp_path: Path) -> None:
    """A copy of the scripts, on a machine that is no Debian: ``dpkg-query`` is not there."""
    scripts = tmp_path / "clone" / "scripts"
    scripts.mkdir(parents=True)
    for name in ("lab", "prepare.sh"):
        (scripts / name).write_bytes((PROJECT / "scripts" / name).read_bytes())
    done = evaluated(home, "bash", f'eval "$(bash {scripts}/lab twin env)"')
    assert done.returncode == 1, done.stderr
