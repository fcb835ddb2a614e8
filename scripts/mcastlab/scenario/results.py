"""What a test found, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import computed_field

from mcastlab.follow.trace import FollowTrace
from mcastlab.text import Worded
from mcastlab.traffic.results import Absent, Silence
from mcastlab_base.frozen import Frozen

SCHEMA_VERSION = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardStream:
    """What one device heard of what another sent, while it was a member; a test has hundreds of thousands of them."""

    step: int
    """The number of the step, from 1."""
    group: str
    talker: str
    listener: str
    stream: str
    begin_ms: float
    """From the test's begin: since when the listener was there and the stream was sent."""
    end_ms: float
    due: int
    """Packets that were sent from the first that came on."""
    lost: int
    join_ms: float | None
    """Until the first packet; None if none came."""
    leave_ms: float | None = None
    """From the leave of the listener's host to the last packet at its interface; None where it was not measured."""
    latency_p95_ms: float | None = None
    """None where it was not measured but bounded, or nothing came."""
    latency_error_ms: float | None = None
    """How far a measured latency may be off: what is not known of the two clocks."""
    latency_bound_ms: float | None = None
    """What a latency that was not measured is less than."""
    jitter_ms: float | None = None
    gap_ms: float | None = None
    """The longest time without a packet."""
    mos: tuple[float, float] | None = None
    """The mean opinion score, from the worse end of what is known of the delay to the better; None of no speech."""
    sources: int | None = None
    """Of a real device: how many synchronisation sources (SSRC) it used; another one means that it began anew."""
    talk_spurts: int | None = None
    """Of a real device."""
    loss: float
    """The share of packets that did not come."""
    holes: tuple[tuple[int, int], ...] = ()
    """The first and last packets of each part that did not come or came too late, counted from the first that came."""


class Grade(Worded):
    """How far it is proven that an appliance received, the best first; a lower one never counts as a higher one."""

    ANSWERED = "answered"
    """By RTCP, its own page back, or a command that confirms it."""
    LAST_REPORTER = "last_reporter"
    """Its router names it as the last one in its LAN that reported the group."""
    LAN_MEMBER = "lan_member", "LAN member"
    """Its router leads the group into its LAN for some member, and counted packets: shared by all in that LAN."""
    NONE = "none"


GRADES: Final = tuple(Grade)


class ProvenReception(Frozen):
    """How far it is proven that an appliance received what was sent in a step."""

    step: int
    group: str
    device: str
    grade: Grade
    why: str
    """What that rests on."""


class LimitResult(Frozen):
    """A limit of an expectation, and whether it was kept in a step."""

    step: int
    verb: str
    figure: str
    limit: str
    holds: bool
    worst: str
    """The worst figure, in words."""
    device: str
    """Whose figure that is."""
    failing: int
    """How many figures are outside the limit."""
    measured: int
    """Of how many."""

    @property
    def sentence(self) -> str:
        """What was found, in one sentence."""
        of = f" ({self.failing} of {self.measured} outside the limit)" if not self.holds else ""
        return f"step {self.step} ({self.verb}): {self.device}: {self.figure} {self.worst}, limit {self.limit}{of}"


class PlayedStep(Frozen):
    """A step, and when it was carried out."""

    number: int
    verb: str
    begin_ms: int
    end_ms: int


class DeviceLane(Frozen):
    """What a device did over time, or a host with its devices where those are many; in milliseconds."""

    name: str
    devices: tuple[str, ...]
    joined: tuple[tuple[int, int], ...]
    talking: tuple[tuple[int, int], ...]


class DeviceTestReport(Frozen):
    """What came of a test."""

    schema_version: int = SCHEMA_VERSION
    name: str
    lab: str
    seed: int
    devices: int
    steps: tuple[PlayedStep, ...]
    heard: tuple[HeardStream, ...]
    limits: tuple[LimitResult, ...]
    receptions: tuple[ProvenReception, ...] = ()
    """Of appliances."""
    lanes: tuple[DeviceLane, ...] = ()
    silences: tuple[Silence, ...] = ()
    absent: tuple[Absent, ...] = ()
    followed: FollowTrace | None = None
    """What a follower did meanwhile; None where no step is about a group of a followed block."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def holds(self) -> bool:
        """Whether all limits were kept, something was heard, and nobody was absent."""
        return bool(self.heard or self.receptions) and not self.absent and all(limit.holds for limit in self.limits)
