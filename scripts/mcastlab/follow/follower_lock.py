"""Whether a follower of a lab runs on this machine: its lock, and the file that it keeps of what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.follow.snapshot import ObservedFollower, read_snapshot
from mcastlab.places import state_folder
from mcastlab_base import private_files

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.lab.model import Lab


def follow_lock(lab: Lab) -> Path:
    """Return the file whose lock a lab's follower holds."""
    return state_folder() / lab.name / "follow.lock"


def snapshot_file(lab: Lab) -> Path:
    """Return the file from which `status` knows what a follower has joined."""
    return state_folder() / lab.name / "follow.json"


def is_followed(lab: Lab) -> bool:
    """Say whether a follower of the lab runs."""
    return private_files.is_locked(follow_lock(lab))


def observed_follower(lab: Lab) -> ObservedFollower:
    """Return whether a follower of the lab runs, and what it wrote last."""
    runs = is_followed(lab)
    return ObservedFollower(runs=runs, shown=read_snapshot(snapshot_file(lab)) if runs else None)
