"""The main job, as a user runs it: exit code 0, the stages shown, and the machine afterwards as it was before."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mcastlab.lab_files import PROJECT

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


def daemons() -> set[str]:
    """Return the twin's kinds of processes that run on the machine, with their pids."""
    names = {"charon-systemd", "zebra", "staticd", "pimd", "bird", "tini"}
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            name = (entry / "comm").read_text().strip()
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if name in names and state != "Z":
            found.add(f"{name} {entry.name}")
    return found


def run_folders() -> set[Path]:
    """Return the run folders of all twins that are seen from here."""
    return set(Path(tempfile.gettempdir()).glob("mcastlab-*/*"))


def test_demo_once_holds_and_leaves_the_machine_as_it_was() -> None:
    before, daemons_before, folders_before = machine_state(), daemons(), run_folders()
    done = subprocess.run(
        [PROJECT / "scripts" / "lab", "demo", "--once"],
        capture_output=True,
        text=True,
        timeout=DEMO_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Multicast flows both ways." in done.stdout
    assert "did not join" in done.stdout
    assert machine_state() == before
    assert daemons() <= daemons_before
    assert run_folders() <= folders_before


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
    before, daemons_before, folders_before = machine_state(), daemons(), run_folders()
    done = subprocess.run(
        ["./scripts/lab", "demo", "--once"],
        cwd=clone_of_ordinary_user,
        env={**kept, "HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name, "PATH": "/usr/bin:/bin"},
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=DEMO_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Multicast flows both ways." in done.stdout
    assert machine_state() == before
    assert daemons() <= daemons_before
    assert run_folders() <= folders_before
