"""What a run of traffic is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from mcastlab.traffic.results import Path

Profile = Literal["matrix", "paging", "conference", "churn"]
SETTLE_MS: Final = 2400
PROFILES: Final[tuple[Profile, ...]] = ("matrix", "paging", "conference", "churn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How traffic is to be played; without any, every declared sender to every declared receiver."""

    profile: Profile = "matrix"
    stream: str = "plain"
    rate_pps: int | None = None
    """The rate up to which a sustained one is looked for; None looks for none."""
    site: str | None = None
    """Only this far site and the VPC."""
    groups: frozenset[str] | None = None
    """Only the groups of these names."""
    paths: frozenset[Path] | None = None
    """Only flows that go these ways."""
    ttl: int = 16
    """It must outlive the routers on the way."""
    payload: bool = True
    """Whether the largest payload is looked for."""
    measure_ms: int = 1500
    settle_ms: int = SETTLE_MS
    """Between a join and what is measured, at first: three batches, and the shortest path's tree."""
    alone: bool = False
    """Nobody else works on this lab now: what still runs on its hosts was left there, and is ended."""
    establish_within_s: float = 20
    """How long paths that do not stand are tried again."""
