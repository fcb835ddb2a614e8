"""A region by itself, in the background: up, find, down, and the environment that points tools at it.

Its folder holds its state, its log and its control socket. The folder's lock is held by the region's process, so the
kernel lets go of it with the process, by whatever cause that ends; a region that ended begins again with its state.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from awsregion import credentials
from mcastlab_base import private_files
from mcastlab_base.errors import BadInputError, RefusedError, TimedOutError
from mcastlab_base.frozen import Frozen
from mcastlab_base.waiting import attempts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT_NAME: Final = "default"
READY_S: Final = 20.0
"""Seconds until a region must answer."""

_ENDED_S: Final = 10.0
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_RECORD: Final = "region.json"
_LOCK: Final = "lock"
_LONGEST_SOCKET: Final = 107
"""Bytes of a Unix socket's path. Source: unix(7)."""
_SOURCE_ROOT: Final = Path(__file__).resolve().parents[1]


class Standalone(Frozen):
    """A region that runs, as it is seen from outside."""

    name: str
    pid: int
    endpoint: str
    """URL of the AWS API."""
    region: str
    folder: Path

    @property
    def control(self) -> Path:
        """The control socket: faults on demand."""
        return self.folder / "control"

    @property
    def credentials(self) -> Path:
        """The access key whose requests are answered. It stays the same as long as the state is kept."""
        return self.folder / credentials.FILE

    @property
    def log(self) -> Path:
        """What was asked of the region, and what it refused."""
        return self.folder / "log"


def up(
    name: str,
    *,
    region: str = "us-east-1",
    host: str = "127.0.0.1",
    port: int = 0,
    settle_s: float = 0.02,
    quotas: Sequence[str] = (),
    slow: float | None = None,
) -> Standalone:
    """Start a region in the background, with the state of the one of that name that ended, if there is any.

    Args:
        name: the region's name on this machine, for this user.
        region: what AWS calls it.
        host: a loopback address.
        port: 0 takes the one it had before, where that is free, or any free one.
        settle_s: seconds that states such as pending last.
        quotas: those that were raised, as ``route=100``.
        slow: how fast the clock of a region in its slow mode goes; None is a fast region.

    Raises:
        BadInputError: the name or the address cannot be used.
        RefusedError: one of that name runs, or it ended while it started.
        TimedOutError: it did not answer in time.
    """
    folder = _folder(name)
    before, fresh = _read(folder), not folder.exists()
    private_files.make_folder(folder).chmod(private_files.FOLDER_MODE)
    try:
        lock = private_files.take_lock(folder / _LOCK)
    except BlockingIOError:
        raise RefusedError(
            f"a region called {name} is up already", hint="take it down first, or choose another name"
        ) from None
    try:
        credentials.kept(folder / credentials.FILE)
        planned = Standalone(name=name, pid=0, endpoint="", region=region, folder=folder)
        wanted = port
        if not port and before is not None and _is_free(host, before_port := int(before.endpoint.rpartition(":")[2])):
            wanted = before_port
        options = ("--host", host, "--port", str(wanted), "--settle", str(settle_s))
        pace = () if slow is None else (f"--slow={slow}",)
        return _start(planned, lock, (*options, *pace, *(f"--quota={quota}" for quota in quotas)))
    except BaseException:
        if fresh:
            shutil.rmtree(folder)
        raise
    finally:
        os.close(lock)


def find(name: str) -> Standalone | None:
    """Return the region of that name, where it runs; else None."""
    folder = _folder(name)
    return _read(folder) if private_files.is_locked(folder / _LOCK) else None


def names() -> tuple[str, ...]:
    """Return the names of all regions that run or have left their state."""
    base = _base()
    return tuple(sorted(one.name for one in base.iterdir() if one.is_dir())) if base.is_dir() else ()


def down(name: str, *, keep: bool = False) -> bool:
    """End a region; its state goes too unless it is to be kept. Tell whether there was anything.

    Raises:
        TimedOutError: the process would not end.
    """
    folder = _folder(name)
    there = folder.is_dir()
    running = find(name)
    if running is not None:
        _signal(running.pid, signal.SIGTERM)
        if not _ended(folder):
            _signal(running.pid, signal.SIGKILL)
            if not _ended(folder):
                raise TimedOutError(f"the region {name} still runs as process {running.pid}", hint="try again")
    if there and not keep:
        shutil.rmtree(folder)
    return there


def environment(running: Standalone) -> Mapping[str, str]:
    """Return the variables that make `cdk`, `aws` and boto3 talk to the region and to nothing else.

    Raises:
        RefusedError: the region's access key is gone.
    """
    owner = credentials.read(running.credentials)
    return {
        "AWS_ENDPOINT_URL": running.endpoint,
        "AWS_ACCESS_KEY_ID": owner.access_key_id,
        "AWS_SECRET_ACCESS_KEY": owner.secret.reveal(),
        # A session's token of the caller's own would make the key another one.
        "AWS_SESSION_TOKEN": "",
        "AWS_REGION": running.region,
        "AWS_DEFAULT_REGION": running.region,
        # A profile in the user's own files must not lead elsewhere.
        "AWS_CONFIG_FILE": str(running.folder / "aws_config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(running.credentials),
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_HOME": str(running.folder / "cdk"),
        "CDK_DISABLE_CLI_TELEMETRY": "1",
    }


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _start(planned: Standalone, lock: int, options: Sequence[str]) -> Standalone:
    folder = planned.folder
    if len(os.fsencode(planned.control)) > _LONGEST_SOCKET:
        raise BadInputError(
            f"{planned.control} is too long a path for a socket", hint="set XDG_STATE_HOME to a shorter one"
        )
    command = (
        *(sys.executable, "-m", "awsregion", "--keep", *options),
        *("--region", planned.region, "--credentials", str(planned.credentials), "--state", str(folder / "state")),
        *("--control", str(planned.control), "--log", str(planned.log)),
    )
    inside = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": str(_SOURCE_ROOT)}
    errors = folder / "errors"
    with os.fdopen(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        process = subprocess.Popen(
            command,
            env=inside,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stream,
            pass_fds=(lock,),
            start_new_session=True,
        )
    assert process.stdout is not None  # noqa: S101  (PIPE was asked for)
    with process.stdout as payload:
        answered = bool(select.select([payload], [], [], READY_S)[0])
        endpoint = payload.readline().decode().strip() if answered else ""
    if endpoint:
        running = planned.model_copy(update={"pid": process.pid, "endpoint": endpoint})
        private_files.write(folder / _RECORD, running.model_dump_json())
        # It outlives us: that it is not waited for is the point.
        process.returncode = 0
        return running
    process.kill()
    code, said = process.wait(), errors.read_text(encoding="utf-8", errors="replace").strip()
    if not answered:
        raise TimedOutError(f"the region {planned.name} did not answer within {READY_S:.0f} s", hint=said)
    lines = said.splitlines() or ["it said nothing"]
    first = next((line.removeprefix("error: ") for line in lines if line.startswith("error: ")), lines[-1])
    hint = next((line.removeprefix("hint: ") for line in lines if line.startswith("hint: ")), "")
    raise (BadInputError if code == BadInputError.exit_code else RefusedError)(first, hint=hint)


def _base() -> Path:
    state = os.environ.get("XDG_STATE_HOME", "")
    return (Path(state) if state else Path.home() / ".local" / "state") / "mcastlab" / "regions"


def _folder(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise BadInputError(f"{name} cannot be a region's name", hint="up to 32 lower-case letters, digits and hyphens")
    return _base() / name


def _read(folder: Path) -> Standalone | None:
    try:
        return Standalone.model_validate_json((folder / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _ended(folder: Path) -> bool:
    return any(not private_files.is_locked(folder / _LOCK) for _ in attempts(_ENDED_S, every_s=0.01))
