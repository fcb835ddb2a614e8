"""What a follower did during a verification: which groups were live when, and how long each join took."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from mcastlab.follow.events import FollowEvent, Kind
from mcastlab_base.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mcastlab.follow.snapshot import FollowSnapshot


class FollowedJoin(Frozen):
    """A group while the AWS router had joined it. Seconds since the trace began."""

    group: IPv4Address
    by: tuple[str, ...] = ()
    """Who wanted it when it was joined."""
    joined_at_s: float
    """0 where it had been joined before."""
    after_s: float | None = None
    """How long after it was seen to be wanted; null where that is not known."""
    left_at_s: float | None = None
    """Null where it was joined to the end."""


class FollowTrace(Frozen):
    """What a follower did while the traffic was sent."""

    duration_s: float
    joins: tuple[FollowedJoin, ...]
    """In the order in which they were joined."""
    refused: tuple[str, ...] = ()
    """What was wanted and not joined, and why."""

    def live(self) -> tuple[tuple[float, int], ...]:
        """Return how many groups were live from when on.

        >>> group = IPv4Address("239.9.1.1")
        >>> FollowTrace(duration_s=9.0, joins=(FollowedJoin(group=group, joined_at_s=2.0, left_at_s=7.5),)).live()
        ((0.0, 0), (2.0, 1), (7.5, 0))
        """
        changes = [(each.joined_at_s, 1) for each in self.joins]
        changes += [(each.left_at_s, -1) for each in self.joins if each.left_at_s is not None]
        number = sum(1 for moment, _ in changes if moment <= 0)
        found = [(0.0, number)]
        for moment, change in sorted(each for each in changes if each[0] > 0):
            number += change
            if moment == found[-1][0]:
                found.pop()
            found.append((moment, number))
        return tuple(found)


@dataclass(slots=True)
class FollowLog:
    """Makes a trace of a follower's events as they come."""

    clock: Callable[[], float] = time.monotonic
    _joins: list[FollowedJoin] = field(default_factory=list)
    _refused: dict[IPv4Address, str] = field(default_factory=dict)
    _begun: float = field(init=False)

    def __post_init__(self) -> None:
        self._begun = self.clock()

    def tell(self, event: FollowEvent) -> None:
        """Take an event."""
        now = round(self.clock() - self._begun, 3)
        if event.group is None:
            return
        if event.kind in {Kind.JOINED, Kind.ADOPTED}:
            self._refused.pop(event.group, None)
            at = now if event.kind is Kind.JOINED else 0.0
            after = None if event.seconds is None else round(event.seconds, 3)
            self._joins.append(
                FollowedJoin(group=event.group, by=tuple(sorted(event.by)), joined_at_s=at, after_s=after)
            )
        elif event.kind in {Kind.LEFT, Kind.LOST}:
            self._joins = [
                each.model_copy(update={"left_at_s": now})
                if each.group == event.group and each.left_at_s is None
                else each
                for each in self._joins
            ]
        elif event.kind is Kind.REFUSED:
            self._refused[event.group] = event.text

    def trace(self) -> FollowTrace:
        """Return what came so far."""
        return FollowTrace(
            duration_s=round(self.clock() - self._begun, 3),
            joins=tuple(self._joins),
            refused=tuple(f"{group}: {why}" for group, why in self._refused.items()),
        )


def trace_of(shown: FollowSnapshot, begun: datetime) -> FollowTrace:
    """Return what a follower of another process shows of the time since `begun`: what it has joined by now."""
    joins = []
    for each in shown.groups:
        if not each.live:
            continue
        at = 0.0
        if each.since is not None and each.by:
            at = max(0.0, (each.since - begun).total_seconds() + (each.joined_after_s or 0.0))
        joins.append(FollowedJoin(group=each.group, by=each.by, joined_at_s=round(at, 3), after_s=each.joined_after_s))
    return FollowTrace(
        duration_s=round(max(0.0, (shown.taken - begun).total_seconds()), 3),
        joins=tuple(sorted(joins, key=lambda each: each.joined_at_s)),
        refused=tuple(f"{each.group}: {each.refused}" for each in shown.groups if each.refused),
    )
