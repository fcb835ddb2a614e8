"""A systemd user unit that follows a lab's groups, for a machine that is to do so whoever is logged in.

Source: systemd.service(5), systemd.exec(5), systemd.syntax(7) for quoting, systemd.unit(5) for specifiers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab.places import PROJECT
from mcastlab_base import private_files
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEPT: Final = (
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_PROFILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "MCASTLAB_SSH_CONFIG",
    "PATH",
    "XDG_STATE_HOME",
)
"""What of this environment the unit gets: it says where things are, and holds no key."""


def unit_name(lab: str) -> str:
    """Return the name of a lab's unit.

    >>> unit_name("demo")
    'mcastlab-follow-demo.service'
    """
    return f"mcastlab-follow-{lab}.service"


def unit_text(lab: str, command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the unit that runs a command, and starts it again when it fails."""
    kept = [f"Environment={_quoted(f'{name}={environment[name]}')}" for name in KEPT if environment.get(name)]
    lines = (
        "[Unit]",
        f"Description=mcastlab: groups of the lab {lab} follow its devices",
        "",
        "[Service]",
        f"ExecStart={' '.join(map(_quoted, command))}",
        f"WorkingDirectory={str(PROJECT).replace('%', '%%')}",
        *kept,
        # Our exit code after the signal with which systemd stops a unit.
        "SuccessExitStatus=143",
        "Restart=on-failure",
        "RestartSec=10",
        # Bad input stays so until somebody changes it.
        "RestartPreventExitStatus=2",
        "",
        "[Install]",
        "WantedBy=default.target",
    )
    return "".join(f"{line}\n" for line in lines)


def _quoted(word: str) -> str:
    r"""Return a word as systemd reads it.

    >>> print(_quoted('a b%$"'))
    "a b%%$$\""
    """
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def install(lab: str, command: Sequence[str]) -> tuple[str, ...]:
    """Write a lab's unit and start it; return what was done, a sentence a line.

    Raises:
        RefusedError: the unit's file cannot be written.
    """
    file = _folder() / unit_name(lab)
    try:
        private_files.make_folder(file.parent)
        private_files.write(file, unit_text(lab, command, os.environ))
    except OSError as error:
        raise RefusedError(f"{file} cannot be written: {error.strerror}") from None
    return (f"written: {file}", *_systemctl(("daemon-reload",), ("enable", "--now", file.name)))


def uninstall(lab: str) -> tuple[str, ...]:
    """Stop a lab's unit and remove its file; return what was done, a sentence a line."""
    file = _folder() / unit_name(lab)
    if not file.exists():
        return (f"there is no {file}",)
    done = _systemctl(("disable", "--now", file.name))
    file.unlink(missing_ok=True)
    return (*done, f"removed: {file}", *_systemctl(("daemon-reload",)))


def _folder() -> Path:
    configuration = os.environ.get("XDG_CONFIG_HOME")
    return (Path(configuration) if configuration else Path.home() / ".config") / "systemd" / "user"


def _systemctl(*actions: Sequence[str]) -> tuple[str, ...]:
    """Have systemd do something; where it does not, say what to run."""
    lines: list[str] = []
    for action in actions:
        words = ("systemctl", "--user", *action)
        there = shutil.which(words[0]) is not None
        done = there and subprocess.run(words, check=False, capture_output=True, timeout=30).returncode == 0
        lines += [] if done else [f"run: {' '.join(words)}"]
    return tuple(lines)
