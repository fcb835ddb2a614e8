"""A twin's life from outside, as a program that an ordinary user runs too: prints what it saw as JSON."""

from __future__ import annotations

import json
import os
import select
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[3] / "scripts"), str(HERE.parents[2])]

from twin.fabric.clouds import LAB, VPN, WITH_VPN  # noqa: E402
from twin.fabric.conftest import AGENT, Driver  # noqa: E402

from mcastlab_base.errors import RefusedError  # noqa: E402  (the path comes first)
from mcastlab_twin import lifecycle  # noqa: E402
from mcastlab_twin.sandbox import launcher, run_folder  # noqa: E402


def inside(twin: run_folder.Twin) -> list[int]:
    """The sandbox's processes, as the machine counts them: all that descend from the outer one."""
    parents = {pid: parent for pid in pids() if (parent := parent_of(pid)) is not None}
    found = {twin.pid}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)


def pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def parent_of(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def gone_within(numbers: list[int], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while any(map(alive, numbers)):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def main(name: str) -> None:
    lifecycle.down(name)
    # A lock or a pipe of whoever starts us: the sandbox must not hold it.
    ours, handed_down = os.pipe()
    os.set_inheritable(handed_down, True)  # noqa: FBT003
    twin = launcher.start(LAB, name, supervisor=(AGENT,))
    os.close(handed_down)
    Driver(twin).apply(WITH_VPN, ("device", "phone-1"), ("site", "lab"), ("tunnel", f"{VPN.id}-1"))
    reported = {
        "way": twin.way,
        "found": lifecycle.find(name) == twin,
        "held_nothing": select.select([ours], [], [], 0)[0] == [ours],
        "mode": oct(twin.run_dir.stat().st_mode & 0o777),
        "user_id": os.geteuid(),
    }
    try:
        launcher.start(LAB, name, supervisor=(AGENT,))
    except RefusedError as error:
        reported["second"] = error.text
    held = inside(twin)
    reported["programs"] = sorted({Path(f"/proc/{pid}/comm").read_text().strip() for pid in held})
    os.kill(twin.pid, 9)
    reported["all_gone"] = gone_within(held, 2)
    reported["found_after_kill"] = lifecycle.find(name) is not None
    again = launcher.start(LAB, name, supervisor=(AGENT,))
    reported["started_over_what_was_left"] = lifecycle.find(name) == again
    held = inside(again)
    removed = lifecycle.down(name)
    reported["down"] = (removed.was_up, gone_within(held, 0.5), again.run_dir.exists())
    reported["down_again"] = (lifecycle.down(name).was_up, lifecycle.find(name) is None)
    sys.stdout.write(json.dumps(reported))


if __name__ == "__main__":
    main(sys.argv[1])
