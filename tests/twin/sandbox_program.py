"""Runs a program in a sandbox of its own, as this user or as an ordinary one, and returns what it printed as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from accounts import ORDINARY_USER, ordinary_user

ROOT = Path(__file__).resolve().parents[2]
# Until /run is its own, -n: mount would make /run/mount on the machine, which demos beside it watch.
PREPARE = """
mount -n -t tmpfs -o mode=755 tmpfs /run
mount -t proc proc /proc
mkdir -p /run/netns /run/mcastlab
mount -t tmpfs -o mode=755 tmpfs /etc/frr
mount -t tmpfs tmpfs /var/tmp
ip link set lo up
exec "$@"
"""


def run_in_sandbox(program: Path, *arguments: str, user: str | None = None, timeout_s: float = 120) -> Any:
    """Run a Python program; its namespaces end with it, by whatever cause."""
    if user is not None:
        ordinary_user()  # or skip
    ordinary = user is not None or os.geteuid() != 0
    mapped = ("--user", "--map-auto", "--map-root-user") if ordinary else ()
    command = (
        *(() if user is None else ("runuser", "-u", user, "--")),
        *("unshare", *mapped, "--pid", "--mount", "--net", "--fork", "--kill-child"),
        *("bash", "-ec", PREPARE, "prepare", sys.executable, "-B", str(program), *arguments),
    )
    ended = subprocess.run(
        command,
        cwd="/",
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": f"{ROOT / 'scripts'}:{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert ended.returncode == 0, f"{program.name} ended with {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    return json.loads(ended.stdout)


def users() -> list[str | None]:
    """This user, and an ordinary one where this is root."""
    return [None, ORDINARY_USER] if os.geteuid() == 0 else [None]
