"""Where a twin keeps its files outside the sandbox, and what they say about it.

A lock file tells whether the twin lives: the sandbox's first processes inherit the locked descriptor, so the kernel
itself lets go of it when they are dead, by whatever cause; no pid that somebody else may have got by now is asked.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from awsregion import credentials
from mcastlab.command_line import command
from mcastlab_base import private_files
from mcastlab_base.errors import RefusedError
from mcastlab_base.frozen import Frozen

_RECORD: Final = "twin.json"
_LOCK: Final = "lock"
READY_MARK: Final = "ready"
"""A file that the sandbox itself makes when all that it holds is ready."""
_ENDING_MARK: Final = "ending"
_GOING: Final = ".going-"
"""What a folder is renamed to before it is removed."""


class Twin(Frozen):
    """A running twin, as it is seen from outside."""

    name: str
    pid: int
    """The sandbox's outer process; its end is the end of all."""
    endpoint: str
    """URL of the AWS API."""
    region: str
    run_dir: Path
    way: str
    """How the sandbox was made, and why."""
    quotas: tuple[str, ...] = ()
    """Those of its region that were raised."""
    slow: float | None = None
    """How fast the clock of its region goes, where that is in its slow mode."""
    buttons: Mapping[str, str] = {}
    """Where the appliances of the remote sites take requests: a port of this machine, by name."""
    ready: bool = False
    """It reported that the region answers and the remote sites are up."""

    @property
    def ssh_config(self) -> Path:
        """The OpenSSH client configuration that reaches every node."""
        return self.run_dir / "ssh_config"

    @property
    def known_hosts(self) -> Path:
        """The host keys of the remote sites' nodes; those of AWS routers are to be learnt, as on AWS."""
        return self.run_dir / "known_hosts"

    @property
    def credentials(self) -> Path:
        """The access key whose requests the region answers; a new one each time that a twin is started."""
        return self.run_dir / credentials.FILE

    @property
    def log(self) -> Path:
        """What the sandbox printed."""
        return self.run_dir / "sandbox.log"


def base() -> Path:
    """Return the folder that holds this user's run folders, made if need be.

    Raises:
        RefusedError: it is there already and belongs to somebody else.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    given = Path(runtime, "mcastlab") if runtime and Path(runtime).is_dir() else None
    folder = given or Path(tempfile.gettempdir(), f"mcastlab-{os.geteuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.geteuid() or status.st_mode & 0o077 or folder.is_symlink():
        raise RefusedError(
            f"{folder} is not a private folder of this user", hint=f"rm -r {folder}, or set XDG_RUNTIME_DIR"
        )
    return folder


def path(name: str) -> Path:
    """Return the run folder of the twin `name`, which need not exist."""
    return base() / name


def claim(name: str) -> tuple[Path, int]:
    """Make a fresh run folder with an access key of its own, and lock it; what a crashed twin left there goes first.

    Returns the folder and the locked descriptor.

    Raises:
        RefusedError: a twin of that name is up.
    """
    folder = path(name)
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        lock = private_files.take_lock(folder / _LOCK)
    except BlockingIOError:
        raise RefusedError(
            f"a twin called {name} is up already ({folder})",
            hint=f"{command('twin', 'down', '--name', name)}, or choose another name",
        ) from None
    for entry in folder.iterdir():
        if entry.name == _LOCK:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    credentials.create(folder / credentials.FILE)
    return folder, lock


def is_alive(folder: Path) -> bool:
    """Tell whether a sandbox (or one that starts just now) holds the folder's lock."""
    return private_files.is_locked(folder / _LOCK)


def mark_ending(folder: Path) -> None:
    """Note that a twin is being ended, so that nobody takes it for one to work with."""
    (folder / _ENDING_MARK).touch(mode=private_files.FILE_MODE)


def is_ending(folder: Path) -> bool:
    """Tell whether somebody began to end the twin, and may have been killed over it."""
    return (folder / _ENDING_MARK).exists()


def remove(folder: Path) -> bool:
    """Remove a run folder whose twin has ended, and what a killed run left of others; tell whether it was there.

    In one step for anybody who looks, so that one that is claimed meanwhile stays whole.
    """
    there = folder.exists()
    if there:
        folder.replace(folder.with_name(f"{_GOING}{os.getpid()}-{folder.name}"))
    for going in folder.parent.glob(f"{_GOING}*"):
        shutil.rmtree(going, ignore_errors=True)
    return there


def write_record(twin: Twin) -> None:
    """Write down what there is to know of a twin."""
    private_files.write(twin.run_dir / _RECORD, twin.model_dump_json(indent=1))


def read_record(folder: Path) -> Twin | None:
    """Return what is written down in a run folder, or None where nothing usable is."""
    try:
        twin = Twin.model_validate_json((folder / _RECORD).read_text())
        return twin.model_copy(update={"ready": twin.ready or (folder / READY_MARK).exists()})
    except (OSError, ValidationError):
        return None
