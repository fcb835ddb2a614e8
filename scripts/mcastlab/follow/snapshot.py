"""What a follower does at one moment, as values: what its table shows, and `status` while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from mcastlab.lab.blocks import block_of
from mcastlab_base import private_files
from mcastlab_base.frozen import Frozen

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.follow.follower import Follower


class FollowedView(Frozen):
    """A group that is wanted or joined."""

    group: IPv4Address
    block: str
    by: tuple[str, ...]
    """Who wants it; nobody while it is held."""
    since: datetime | None
    """Since when it has been wanted, or not been wanted any more."""
    live: bool
    """Whether the AWS router has joined it."""
    joined_after_s: float | None
    """How long after it was seen to be wanted."""
    refused: str
    """Why it is wanted and not joined."""
    pps: float | None = None
    """Packets a second through the AWS router."""


class FollowSnapshot(Frozen):
    """Everything that a follower follows."""

    schema_version: int = 1
    pid: int
    taken: datetime
    groups: tuple[FollowedView, ...]
    sending: tuple[tuple[IPv4Address, tuple[str, ...]], ...] = ()
    """Groups that remote sources send to, and nobody wants."""
    waiting: tuple[str, ...] = ()
    """What is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedFollower:
    """Whether a follower of a lab runs on this machine, and what it wrote last."""

    runs: bool = False
    shown: FollowSnapshot | None = None
    """None where it has written nothing yet."""


def snapshot_of(follower: Follower, pid: int, taken: datetime, now: float) -> FollowSnapshot:
    """Return what a follower does; `now` is its clock's time at `taken`."""

    def at(moment: float | None) -> datetime | None:
        return None if moment is None else taken - timedelta(seconds=now - moment)

    def of(each_group: IPv4Address) -> FollowedView:
        each = follower.groups[each_group]
        block = block_of(each_group, follower.blocks)
        return FollowedView(
            group=each_group,
            block="" if block is None else block.name,
            by=tuple(sorted(each.wanted_by)),
            since=at(each.unwanted_since if each.wanted_since is None else each.wanted_since),
            live=each.live,
            joined_after_s=each.joined_after,
            refused=each.refused,
            pps=follower.rates.pps.get(each_group),
        )

    return FollowSnapshot(
        pid=pid,
        taken=taken,
        groups=tuple(of(group) for group in sorted(follower.groups)),
        sending=tuple((group, tuple(sorted(who))) for group, who in sorted(follower.demand.sending.items())),
        waiting=follower.waiting,
    )


def write_snapshot(file: Path, seen: FollowSnapshot) -> None:
    """Write a snapshot in one step.

    Raises:
        OSError: it cannot be written.
    """
    private_files.make_folder(file.parent)
    private_files.write(file, seen.model_dump_json())


def read_snapshot(file: Path) -> FollowSnapshot | None:
    """Return what a follower wrote last, or None where none runs or it is being replaced."""
    try:
        return FollowSnapshot.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
