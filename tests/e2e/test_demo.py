"""The main job, as a user runs it: exit code 0, the stages shown, and the machine afterwards as it was before."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mcastlab.lab_files import PROJECT
from mcastlab.twin import rundir

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.twin

DEMO_TIMEOUT_S = 280
ORDINARY_USER = "mcastlab-test"


def machine_state() -> dict[str, str]:
    """Return what a twin must not change: links, addresses, rules, routes, namespaces, packet filter, forwarding."""
    commands = {
        "links": ["ip", "-brief", "link"],
        "addresses": ["ip", "-brief", "address"],
        "rules": ["ip", "rule"],
        "routes": ["ip", "route", "show", "table", "all"],
        "namespaces": ["ip", "netns", "list"],
        "forwarding": ["cat", "/proc/sys/net/ipv4/ip_forward"],
        "run": ["ls", "/run", "/run/netns"],
    }
    if os.geteuid() == 0:
        commands["filter"] = ["nft", "list", "ruleset"]
    return {
        name: subprocess.run(command, capture_output=True, text=True, check=False).stdout
        for name, command in commands.items()
    }


@dataclass(frozen=True)
class Ended:
    """How a demo ended, and the pid namespace of the vessel that was seen while it ran."""

    returncode: int
    told: str
    pid_namespace: int

    def processes_left(self) -> list[str]:
        """Return the processes of the vessel that still run: none may. Other twins of the machine are not ours."""
        return [
            entry.name for entry in Path("/proc").glob("[0-9]*") if _inode(entry / "ns" / "pid") == self.pid_namespace
        ]


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def run_demo(record: Path, **options: Any) -> Ended:
    """Run the demo to its end; `record` is where its twin tells the vessel's pid."""
    with subprocess.Popen(
        ["./scripts/lab", "demo", "--once"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    ) as process:
        namespace = None
        while namespace is None and process.poll() is None:
            # The record is there, whole, once the vessel's outer process is.
            with suppress(OSError, ValueError):
                pid = json.loads(record.read_text(encoding="utf-8"))["pid"]
                namespace = _inode(Path(f"/proc/{pid}/ns/pid_for_children"))
            time.sleep(0.05)
        told, _ = process.communicate(timeout=DEMO_TIMEOUT_S)
    assert namespace is not None, told
    return Ended(returncode=process.returncode, told=told, pid_namespace=namespace)


def assert_held_and_left_nothing(ended: Ended, before: dict[str, str], folder: Path) -> None:
    assert ended.returncode == 0, ended.told
    assert "Multicast flows both ways." in ended.told
    assert "did not join" in ended.told
    assert ended.processes_left() == []
    assert not folder.exists()
    assert machine_state() == before


def test_demo_once_holds_and_leaves_the_machine_as_it_was() -> None:
    before, folder = machine_state(), rundir.path("demo")
    assert_held_and_left_nothing(run_demo(folder / "twin.json", cwd=PROJECT), before, folder)


@pytest.fixture
def clone_of_ordinary_user() -> Iterator[Path]:
    """A fresh clone in the home of an ordinary user."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user; the test above has just run as an ordinary one")
    user = pwd.getpwnam(ORDINARY_USER)
    folder = Path(user.pw_dir) / "clone"
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(PROJECT), str(folder)], check=True)
    subprocess.run(["chown", "--recursive", f"{user.pw_uid}:{user.pw_gid}", str(folder)], check=True)
    yield folder
    shutil.rmtree(folder)


def test_demo_once_holds_for_an_ordinary_user_from_a_fresh_clone(clone_of_ordinary_user: Path) -> None:
    user = pwd.getpwnam(ORDINARY_USER)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "AWS_", "VIRTUAL_ENV"))}
    before, folder = machine_state(), Path(tempfile.gettempdir()) / f"mcastlab-{user.pw_uid}" / "demo"
    ended = run_demo(
        folder / "twin.json",
        cwd=clone_of_ordinary_user,
        env={**kept, "HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name, "PATH": "/usr/bin:/bin"},
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
    )
    assert_held_and_left_nothing(ended, before, folder)
