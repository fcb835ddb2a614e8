"""Somebody whose commands run in a node reaches nothing of the machine, of the twin's owner or of another node.

Tried by each way in, in root's twin and in an ordinary user's: the attacks themselves are in `attack`.
"""

from __future__ import annotations

import ctypes
import json
import os
import pwd
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from accounts import ordinary_user
from twin.sandbox.captives import target

from mcastlab.lab_files import PROJECT
from mcastlab_base.errors import LabError
from mcastlab_twin.sandbox import machine

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.twin

PROGRAM: Final = Path(__file__).with_name("captives.py")
WORD: Final = "Word-That-Nobody-Inside-May-Read"
FOLDERS: Final = (
    *("bin", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "mnt", "opt", "proc", "root"),
    *("run", "sbin", "srv", "sys", "tmp", "usr", "var"),
)
_IPC_CREATE, _IPC_REMOVE = 0o1000, 0


@pytest.fixture(scope="module", autouse=True)
def _machine_can_hold_a_twin() -> None:
    try:
        machine.decide(machine.inspect())
    except LabError as error:
        pytest.skip(f"this machine cannot hold a twin: {error.text} ({error.hint})")


@dataclass(frozen=True, slots=True)
class Attacked:
    """What was tried in a twin, and what is to be seen of it as long as it is up."""

    owner: int
    attacks: dict[str, Any]
    seen: list[dict[str, Any]]
    victims: dict[str, bool]
    """Whether the processes outside live still."""


@contextmanager
def secrets(owner: int) -> Iterator[list[Path]]:
    """Files that only root or the twin's owner may read, and one that everybody outside may."""
    root = os.geteuid() == 0
    folders = [Path(tempfile.gettempdir()), Path("/var/tmp"), Path(pwd.getpwuid(owner).pw_dir)]  # noqa: S108
    made: list[Path] = []
    try:
        for folder in dict.fromkeys((*folders, *([Path("/root"), Path("/dev/shm"), Path("/opt")] if root else []))):  # noqa: S108
            for whose, mode in ((0 if root else owner, 0o600), (owner, 0o600), (owner, 0o644)):
                handle, name = tempfile.mkstemp(prefix="mcastlab-secret-", dir=folder)
                made.append(Path(name))
                os.write(handle, WORD.encode())
                os.fchown(handle, whose, whose)
                os.fchmod(handle, mode)
                os.close(handle)
        yield [*made, *(each for each in (Path("/etc/shadow"), PROJECT / "pyproject.toml") if each.exists())]
    finally:
        for path in made:
            path.unlink()


@contextmanager
def shared_memory() -> Iterator[int]:
    libc = ctypes.CDLL(None)
    key = 0x6D636173
    number = libc.shmget(key, 4096, _IPC_CREATE | 0o666)
    assert number >= 0
    try:
        yield key
    finally:
        libc.shmctl(number, _IPC_REMOVE, None)


def identity(uid: int) -> dict[str, Any]:
    """What subprocess takes to run a program as that user; nothing where it is this one."""
    user = pwd.getpwuid(uid)
    if uid == os.geteuid():
        return {}
    home = {"HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name, "PATH": os.environ["PATH"]}
    return {"user": uid, "group": user.pw_gid, "extra_groups": (), "env": home}


@pytest.fixture(scope="module", params=("root", "user") if os.geteuid() == 0 else ("user",))
def attacked(request: pytest.FixtureRequest) -> Iterator[Attacked]:
    other = ordinary_user().pw_uid
    owner = 0 if request.param == "root" else other
    users = dict.fromkeys((os.geteuid(), owner, other))
    with ExitStack() as ending:
        victims = {uid: ending.enter_context(sleeper(uid)) for uid in users}
        files, memory = ending.enter_context(secrets(owner)), ending.enter_context(shared_memory())
        targets = {
            "files": [target(path) for path in files],
            "drow": WORD[::-1],
            "processes": [1, os.getpid(), *(process.pid for process in victims.values())],
            "folders": FOLDERS,
            "memory": memory,
            "key": "mcastlab-test-key",
        }
        said = ending.enter_context(tempfile.TemporaryFile("w+"))
        argv = [sys.executable, "-B", str(PROGRAM), f"test-attack-{request.param}-{os.getpid()}", json.dumps(targets)]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            argv, cwd="/", stdin=pipe, stdout=pipe, stderr=said, text=True, **identity(owner)
        ) as program:
            assert program.stdout is not None
            line = program.stdout.readline()
            if not line:
                said.seek(0)
                pytest.fail(said.read())
            seen = json.loads(line)
            alive = {str(uid): process.poll() is None for uid, process in victims.items()}
            yield Attacked(owner=owner, attacks=seen["attacks"], seen=seen["seen"], victims=alive)


@contextmanager
def sleeper(uid: int) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"], cwd="/", **identity(uid)) as process:
        try:
            yield process
        finally:
            process.kill()


def test_no_way_in_is_a_way_out(attacked: Attacked) -> None:
    assert len(attacked.attacks) == 8
    for way, reported in attacked.attacks.items():
        assert reported == {"user": 0, "worked": {}}, way


def test_who_is_root_inside_is_nobody_s_user_outside(attacked: Attacked) -> None:
    assert len(attacked.seen) == 3
    known = {each.pw_uid for each in pwd.getpwall()}
    for process in attacked.seen:
        assert not known & set(process["ids"]), process
        assert process["ids"][0] > 65536 or os.geteuid() != 0, process
        assert process["groups"] == []


def test_processes_outside_live_on(attacked: Attacked) -> None:
    assert all(attacked.victims.values()), attacked.victims


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a second account")
def test_a_second_account_reaches_no_process_in_a_node(attacked: Attacked) -> None:
    other = ordinary_user().pw_uid if attacked.owner == 0 else pwd.getpwnam("nobody").pw_uid
    pids = " ".join(str(process["pid"]) for process in attacked.seen)
    script = (
        f"for pid in {pids}; do kill -0 $pid && echo signalled $pid;"
        " cat /proc/$pid/environ /proc/$pid/root/etc/hostname && echo read $pid; done; true"
    )
    done = subprocess.run(["sh", "-c", script], cwd="/", capture_output=True, text=True, check=True, **identity(other))
    assert done.stdout == ""
