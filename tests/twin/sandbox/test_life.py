"""A sandbox lives and dies whole, as root and as an ordinary user, and the machine is as it was."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from accounts import ordinary_user
from machine_state import machine_state

pytestmark = pytest.mark.twin

LIFE = Path(__file__).with_name("life.py")


def run_life(name: str, **as_user: Any) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-B", str(LIFE), name],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd="/",
        **as_user,
    )
    assert done.returncode == 0, done.stderr
    reported: dict[str, Any] = json.loads(done.stdout)
    return reported


def check(reported: dict[str, Any]) -> None:
    assert reported["found"]
    assert reported["held_nothing"]
    assert reported["mode"] == "0o700"
    assert "is up already" in reported["second"]
    assert {"bird", "charon-systemd", "python", "sleep", "tini", "unshare"} <= set(reported["programs"])
    assert reported["all_gone"]
    assert not reported["found_after_kill"]
    assert reported["started_over_what_was_left"]
    assert reported["down"] == [True, True, False]
    assert reported["down_again"] == [False, True]


@pytest.mark.parametrize("who", ("user", "root") if os.geteuid() == 0 else ("user",))
def test_a_sandbox_dies_whole_and_leaves_the_machine_as_it_was(who: str) -> None:
    user = ordinary_user() if who == "user" else pwd.getpwuid(0)
    before = machine_state()
    as_user: dict[str, Any] = {}
    if who == "user" and os.geteuid() == 0:
        as_user = {
            "user": user.pw_uid,
            "group": user.pw_gid,
            "extra_groups": (),
            "env": {"PATH": os.environ["PATH"], "HOME": user.pw_dir},
        }
    reported = run_life(f"test-life-{who}-{os.getpid()}", **as_user)
    check(reported)
    assert reported["user_id"] == user.pw_uid
    assert ("in a user namespace" if who == "user" else "as root") in reported["way"]
    assert machine_state() == before
