"""A twin in which the attacks are tried, as a program that an ordinary user runs too: prints what worked, as JSON.

``captives.py NAME TARGETS``: the targets as `attack` takes them; this adds what is the owner's own.
"""

from __future__ import annotations

import ctypes
import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[3] / "scripts"), str(HERE.parents[2])]

from twin.fabric import clouds  # noqa: E402  (the path comes first)
from twin.fabric.clouds import A1, CLOUD, LAB  # noqa: E402
from twin.fabric.conftest import AGENT, Driver  # noqa: E402
from twin.sandbox.test_inspection import ENTER  # noqa: E402

from mcastlab.lab_files import PROJECT  # noqa: E402
from mcastlab_twin import inspection, lifecycle  # noqa: E402
from mcastlab_twin.sandbox import launcher  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab_twin.sandbox.run_folder import Twin

SLEEPER = "86399"
SEEN_S = 10
KEYS = {"x86_64": (248, 250), "aarch64": (217, 219)}[os.uname().machine]


def target(path: Path) -> dict[str, Any]:
    status = path.stat()
    return {"path": str(path), "inode": status.st_ino, "device": status.st_dev}


def keep_a_key(name: str) -> None:
    """Put a key into a session keyring of ours, as one who starts a twin may have some."""
    libc = ctypes.CDLL(None)
    libc.syscall(KEYS[1], 1, None)
    assert libc.syscall(KEYS[0], b"user", name.encode(), b"secret", 6, -3) > 0


def ways(driver: Driver) -> dict[str, Callable[[str], str]]:
    """Every way in which a user's command comes into a node: each runs a shell command and returns what it printed."""

    def run_command(script: str) -> str:
        reported = driver.node(A1.instance_id, script, 60)
        return str(reported["stdout"] + reported["stderr"])

    def ssh(script: str) -> str:
        return output("ssh", "-F", str(driver.twin.ssh_config), "-o", "BatchMode=yes", "phone-1", script)

    def shell(node: str) -> Callable[[str], str]:
        entering = (sys.executable, "-B", "-c", ENTER, driver.twin.name, node)
        return lambda script: output(*entering, "sh", "-c", script)

    nodes: tuple[str, ...] = (
        str(A1.instance_id),
        "phone-1",
        "lab-router",
        "internet",
        clouds.VPC.id,
        clouds.GATEWAY.id,
    )
    return {"Run Command": run_command, "SSH": ssh, **{f"shell {node}": shell(node) for node in nodes}}


def output(*argv: str) -> str:
    try:
        done = subprocess.run(
            argv,
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": str(PROJECT / "scripts")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return f"{error}"
    return done.stdout


def attack(run: Callable[[str], str], targets: object) -> object:
    text = HERE.with_name("attack.py").read_text()
    said = run(f"python3 - {shlex.quote(json.dumps(targets))} <<'END_OF_ATTACK'\n{text}\nEND_OF_ATTACK\n")
    try:
        return json.loads(said.splitlines()[-1])
    except (IndexError, ValueError):
        return said


def seen_from_outside(twin: Twin) -> list[dict[str, Any]]:
    """The processes in nodes that wait for us, as the machine has them."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            status = dict(line.split(":", 1) for line in (entry / "status").read_text().splitlines())
        except OSError:
            continue
        if words[:2] == [b"sleep", SLEEPER.encode()] and belongs(int(entry.name), twin.pid):
            ids = sorted({int(each) for key in ("Uid", "Gid") for each in status[key].split()})
            found.append({"pid": int(entry.name), "ids": ids, "groups": status["Groups"].split()})
    return found


def belongs(pid: int, outer: int) -> bool:
    """Tell whether a process is in the sandbox: PID 1 of it is among the ids that the process has."""
    try:
        own = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    return len(next(line for line in own.splitlines() if line.startswith("NSpid:")).split()) > 2 and outer > 0


def main(name: str, given: str) -> None:
    lifecycle.down(name)
    targets = json.loads(given)
    keep_a_key(targets["key"])
    twin = launcher.start(LAB, name, supervisor=(AGENT,))
    try:
        driver = Driver(twin)
        driver.apply(CLOUD, ("device", "phone-1"), ("site", "lab"))
        own = ("client_key", "manifest.json", "sandbox.log", "ssh_config")
        targets["files"] += [target(twin.run_dir / each) for each in own]
        targets["processes"] += [os.getpid(), twin.pid]
        found = {way: attack(run, targets) for way, run in ways(driver).items()}
        for way, run in ways(driver).items():
            if way in {"Run Command", "SSH"}:
                run(f"setsid sleep {SLEEPER} > /dev/null 2>&1 < /dev/null &")
        visiting = subprocess.Popen(inspection.command_in(twin, "lab-router", "sleep", SLEEPER), start_new_session=True)
        driver.node(A1.instance_id, f"until pgrep -fx 'sleep {SLEEPER}'; do sleep 0.05; done")
        seen: list[dict[str, Any]] = []
        end = time.monotonic() + SEEN_S
        while len(seen) < 3 and visiting.poll() is None and time.monotonic() < end:
            seen = seen_from_outside(twin)
        reported = {"attacks": found, "seen": seen, "way": twin.way}
        sys.stdout.write(json.dumps(reported) + "\n")
        sys.stdout.flush()
        sys.stdin.readline()  # the processes are looked at by others meanwhile
    finally:
        lifecycle.down(name)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
