"""What a follower needs of the outside: the router, the record of its lines, the members, a clock."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from ipaddress import IPv4Address

    from mcastlab.follow.events import FollowEvent
    from mcastlab.follow.follower import Follower
    from mcastlab.follow.gateway import MemberSource
    from mcastlab.follow.reading import IgmpLine, RouterReading


class LineSource(Protocol):
    """The router, as `mcastlab.follow.router.FollowedRouter` is it."""

    generation: int

    def may_configure(self) -> None:
        """Refuse a router that this user may not configure."""

    def read(self, *, with_lines: bool) -> tuple[RouterReading, frozenset[IgmpLine] | None]:
        """Return what the rendezvous point knows, and the lines that it has."""

    def packets(self) -> Mapping[IPv4Address, int]:
        """Return how many packets of the blocks' groups the router has forwarded."""

    def change(self, gone: Sequence[IgmpLine], come: Sequence[IgmpLine]) -> dict[IgmpLine, str]:
        """Take lines out and put others in; return the refused ones."""

    def close(self) -> None:
        """End the session."""


class LineRecord(Protocol):
    """Which lines of the router are ours, whatever becomes of this process."""

    def lines(self) -> frozenset[IgmpLine]:
        """Return the lines that are ours, or were about to be."""

    def keep(self, lines: Iterable[IgmpLine]) -> None:
        """Keep these lines as ours, and no others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowPorts:
    """What a follower needs of the outside."""

    router: LineSource
    members: MemberSource
    record: LineRecord
    writing: Callable[[], AbstractContextManager[None]]
    """Keeps every other command from the routers; raises `BusyError` where one is at work."""
    tell: Callable[[FollowEvent], None]
    clock: Callable[[], float] = time.monotonic
    after_step: Callable[[Follower], None] = lambda _: None
    """Is given the follower after each step."""
