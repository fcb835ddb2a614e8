"""A test file as a frozen model: steps, which devices carry out one after the other, and what is expected of them."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from mcastlab.lab.types import Name
from mcastlab.scenario.quantities import (
    Duration,
    DurationLimit,
    DurationRange,
    Durations,
    NumberLimit,
    PerSecond,
    Share,
    ShareLimit,
)
from mcastlab_base.frozen import Frozen

Pattern = Annotated[str, StringConstraints(pattern=r"^[a-z*?][a-z0-9*?-]{0,62}$")]
"""A device's name, or a pattern of names: phones-* stands for all whose names begin so."""

Stream = Literal["g711u", "g711a", "g722", "l16", "h264", "ts"]
"""What a device sends in RTP."""


class PageStep(Frozen):
    """One device speaks to a group, and all of its receivers listen."""

    sender: Pattern = Field(alias="from")
    """The device that speaks."""
    to: Name
    """The group."""
    members: Pattern | None = None
    """Who listens; without it, every device that may receive from the group."""
    stream: Stream = "g711u"
    """What is sent."""
    duration: Duration = Field(default=10_000, alias="for")
    """For how long."""


class ConferenceStep(Frozen):
    """Members join a group and speak in turns; all that do not speak listen."""

    group: Name
    """The group."""
    members: Pattern
    """Who takes part."""
    join: PerSecond = 20.0
    """How many members join a second."""
    talkers: Annotated[int, Field(ge=1, le=100)] = 1
    """How many speak at a time."""
    turn: Duration = 5000
    """How long each speaks before the next does."""
    stream: Stream = "g711u"
    """What is sent."""
    duration: Duration = Field(default=30_000, alias="for")
    """For how long they speak."""


class RampStep(Frozen):
    """A device speaks, and more and more receivers join."""

    group: Name
    """The group."""
    receivers: Annotated[int, Field(ge=1)]
    """How many join in the end."""
    join: PerSecond = 50.0
    """How many join a second."""
    sender: Pattern | None = Field(default=None, alias="from")
    """The device that speaks; without it, the first that may send to the group."""
    stream: Stream = "g711u"
    """What is sent."""
    duration: Duration = Field(default=5000, alias="for")
    """For how long all of them listen."""


class ChurnStep(Frozen):
    """A device speaks, and members come and go."""

    group: Name
    """The group."""
    members: Annotated[int, Field(ge=1)]
    """How many devices come and go."""
    stay: Durations = DurationRange(5000, 20_000)
    """How long each stays, and then stays away."""
    sender: Pattern | None = Field(default=None, alias="from")
    """The device that speaks; without it, the first that may send to the group."""
    stream: Stream = "g711u"
    """What is sent."""
    duration: Duration = Field(default=30_000, alias="for")
    """For how long."""
    seed: int | None = None
    """What the times are drawn by; without it, the test's seed."""


class ImpairStep(Frozen):
    """What follows is sent or received worse, for a time; the step itself takes none."""

    on: Pattern
    """Whose datagrams."""
    direction: Literal["in", "out", "both"] = "in"
    """Those received, those sent, or both."""
    delay: Duration = 0
    """By how much each is later."""
    jitter: Duration = 0
    """By how much more at most, drawn for each."""
    loss: Share = 0.0
    """How many are dropped."""
    duration: Duration = Field(alias="for")
    """For how long, from here on."""


class VanishStep(Frozen):
    """Devices stop at once for a time, without leaving their groups; the step itself takes none."""

    members: Pattern
    """Which devices."""
    duration: Duration = Field(alias="for")
    """For how long, from here on."""


class WaitStep(Frozen):
    """Nothing happens for a time."""

    duration: Duration = Field(alias="for")
    """For how long."""


class TestStep(Frozen):
    """A step of a test: exactly one of these."""

    page: PageStep | None = None
    """One device speaks to a group, and all of its receivers listen."""
    conference: ConferenceStep | None = None
    """Members join a group and speak in turns."""
    ramp: RampStep | None = None
    """A device speaks, and more and more receivers join."""
    churn: ChurnStep | None = None
    """A device speaks, and members come and go."""
    impair: ImpairStep | None = None
    """What follows is sent or received worse, for a time."""
    vanish: VanishStep | None = None
    """Devices stop at once for a time, without leaving their groups."""
    wait: WaitStep | None = None
    """Nothing happens for a time."""

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if len(self.model_fields_set) != 1 or self.action is None:
            raise ValueError(f"a step does exactly one thing; write one of {', '.join(STEPS)}")
        return self

    @property
    def verb(self) -> str:
        """What is done."""
        return next(iter(self.model_fields_set), "")

    @property
    def action(self) -> Action | None:
        """What is done, in full."""
        found: Action | None = getattr(self, self.verb, None)
        return found


STEPS: Final = tuple(TestStep.model_fields)
Action = PageStep | ConferenceStep | RampStep | ChurnStep | ImpairStep | VanishStep | WaitStep


class Expectation(Frozen):
    """Limits that every listener of every step is to keep, or those of one step."""

    step: Annotated[int, Field(ge=1)] | None = None
    """The number of the step that it is about; without it, all of them."""
    loss: ShareLimit | None = None
    """Datagrams that did not arrive, of those sent while the path stood."""
    latency_p95: DurationLimit | None = None
    """What 95 of 100 datagrams were no later than; of one that is only bounded, the upper bound."""
    jitter: DurationLimit | None = None
    """Interarrival jitter. Source: RFC 3550, section 6.4.1."""
    gap: DurationLimit | None = None
    """The longest time without a datagram."""
    mos: NumberLimit | None = None
    """The mean opinion score of speech; the worse end where the delay is only bounded."""
    join: DurationLimit | None = None
    """From a device's join, or the begin of what is sent, to the first datagram."""
    leave: DurationLimit | None = None
    """From a host's last leave to the last datagram at its interface."""
    heard_by_others: NumberLimit | None = None
    """Datagrams at interfaces of hosts without a member of the group at that moment."""


class DeviceTest(Frozen):
    """A test of devices in a lab."""

    name: Name
    """The test's name, by which reports know it."""
    seed: int = 1
    """What is drawn is drawn by it: the same seed gives the same test."""
    jitter_buffer: Duration = 60
    """How long a device holds what came early, so that what came late is in time; its scores depend on it."""
    steps: Annotated[tuple[TestStep, ...], Field(min_length=1)]
    """What happens, one after the other."""
    expect: tuple[Expectation, ...] = ()
    """What is expected of all that listen."""
