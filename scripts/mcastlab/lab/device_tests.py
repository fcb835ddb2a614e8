"""A test file as a frozen model: steps, which devices carry out one after the other, and what is expected of them."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from mcastlab.lab.quantities import (
    Duration,
    DurationLimit,
    Durations,
    NumberLimit,
    PerSecond,
    Share,
    ShareLimit,
)
from mcastlab.lab.types import DEVICES_PATTERN, GROUP_PATTERN, Name, Stream
from mcastlab_base.frozen import Frozen

Pattern = Annotated[str, StringConstraints(pattern=DEVICES_PATTERN)]
"""A device's name, or a pattern of names: phones-* stands for all whose names begin so."""

GroupName = Annotated[str, StringConstraints(pattern=GROUP_PATTERN)]
"""A group's name or address; of a group in a followed block its address, with a port: 239.9.1.5:5006.

A pattern of names, such as page-* or *, is all listed groups of such names at once.
"""

ALL: Final = "all"
MOST_TALKERS: Final = 100
"""So many streams at a time are what a host hears."""
Several = Annotated[int, Field(ge=1)] | Literal["all"]

Reception = Literal["answered", "last_reporter", "lan_member"]
"""How well it is proven that an appliance received, the best first."""


class PageStep(Frozen):
    """One device speaks to a group, and all of its receivers listen."""

    sender: Pattern = Field(alias="from")
    """The device that speaks."""
    to: GroupName
    """The group: its name, an address in a followed block, or a pattern: in all listed groups of such names at once."""
    members: Pattern | None = None
    """Who listens; without it, every device that may receive from the group."""
    stream: Stream = "g711u"
    """What is sent."""
    duration: Duration = Field(default="10s", validate_default=True, alias="for")
    """For how long."""
    within: Duration = Field(default="60s", validate_default=True)
    """How long an appliance, which a person or its trigger starts, has until it begins."""


class RunStep(Frozen):
    """A program of the user's own sends to a group from hosts, and all other receivers listen."""

    on: Pattern
    """The hosts, or Linux devices in remote LANs, by their names, those of devices on them, or a pattern."""
    command: Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]
    """A command of the shell on each of them; it is ended with the step."""
    to: GroupName
    """The group: its name, an address in a followed block, or a pattern: in all listed groups of such names at once."""
    stream: Stream = "g711u"
    """What it sends; what is heard says so itself."""
    duration: Duration = Field(default="10s", validate_default=True, alias="for")
    """For how long it runs."""
    within: Duration = Field(default="60s", validate_default=True)
    """How long it has until it begins to send."""


class ConferenceStep(Frozen):
    """Members join a group and speak in turns, as far as they may; all that do not speak listen."""

    group: GroupName
    """The group: its name, an address in a followed block, or a pattern: in all listed groups of such names at once."""
    members: Pattern
    """Who takes part."""
    join: PerSecond = Field(default="20/s", validate_default=True)
    """How many members join a second."""
    talkers: Annotated[int, Field(ge=1, le=MOST_TALKERS)] | Literal["all"] = 1
    """How many speak at a time, or all that may."""
    turn: Duration = Field(default="5s", validate_default=True)
    """How long each speaks before the next does."""
    stream: Stream = "g711u"
    """What is sent."""
    duration: Duration = Field(default="30s", validate_default=True, alias="for")
    """For how long they speak."""


class RampStep(Frozen):
    """A device speaks, and more and more receivers join."""

    group: GroupName
    """The group: its name, an address in a followed block, or a pattern: in all listed groups of such names at once."""
    receivers: Several
    """How many join in the end, or all that may."""
    join: PerSecond = Field(default="50/s", validate_default=True)
    """How many join a second."""
    sender: Pattern | None = Field(default=None, alias="from")
    """The device that speaks; without it, the first that may send to the group."""
    stream: Stream = "g711u"
    """What is sent."""
    duration: Duration = Field(default="5s", validate_default=True, alias="for")
    """For how long all of them listen."""


class ChurnStep(Frozen):
    """A device speaks, and members come and go."""

    group: GroupName
    """The group: its name, an address in a followed block, or a pattern: in all listed groups of such names at once."""
    members: Several
    """How many devices come and go, or all that may."""
    stay: Durations = Field(default="5s..20s", validate_default=True)
    """How long each stays, and then stays away."""
    sender: Pattern | None = Field(default=None, alias="from")
    """The device that speaks; without it, the first that may send to the group."""
    stream: Stream = "g711u"
    """What is sent."""
    duration: Duration = Field(default="30s", validate_default=True, alias="for")
    """For how long."""
    seed: int | None = None
    """What the times are drawn by; without it, the test's seed."""


class ImpairStep(Frozen):
    """What follows is sent or received worse, for a time; the step itself takes none."""

    on: Pattern | None = None
    """Whose datagrams."""
    site: Name | None = None
    """In place of that, a site's way to the internet, each way, for all that passes it: in the twin alone."""
    direction: Literal["in", "out", "both"] = "in"
    """Of devices' datagrams, those received, those sent, or both."""
    delay: Duration = Field(default="0ms", validate_default=True)
    """By how much each is later."""
    jitter: Duration = Field(default="0ms", validate_default=True)
    """By how much more at most, drawn for each."""
    loss: Share = Field(default="0 %", validate_default=True)
    """How many are dropped."""
    duration: Duration = Field(alias="for")
    """For how long, from here on."""

    @model_validator(mode="after")
    def _devices_or_a_site(self) -> Self:
        if (self.on is None) == (self.site is None):
            raise ValueError("either devices' datagrams or a site's way to the internet; write on or site")
        if self.site is not None and "direction" in self.model_fields_set:
            raise ValueError("direction: a site's way to the internet is impaired each way; take it out")
        if self.site is not None and self.jitter > self.delay:
            raise ValueError(
                "jitter: is at most the delay, as no packet arrives before it is sent; write a larger delay"
            )
        return self


class FaultStep(Frozen):
    """Some devices do wrong for a time; the step itself takes none."""

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
    run: RunStep | None = None
    """A program of the user's own sends to a group from hosts, and all other receivers listen."""
    conference: ConferenceStep | None = None
    """Members join a group and speak in turns."""
    ramp: RampStep | None = None
    """A device speaks, and more and more receivers join."""
    churn: ChurnStep | None = None
    """A device speaks, and members come and go."""
    impair: ImpairStep | None = None
    """What follows is sent or received worse, for a time."""
    vanish: FaultStep | None = None
    """Devices stop at once for a time, without leaving their groups, and go on as if nothing had been."""
    reboot: FaultStep | None = None
    """Devices stop at once without leaving their groups, and begin anew afterwards, each as another source (SSRC)."""
    corrupt: FaultStep | None = None
    """What devices send has wrong octets."""
    truncate: FaultStep | None = None
    """What devices send ends in the middle."""
    wrong_payload_type: FaultStep | None = None
    """What devices send has a payload type that it is not of."""
    same_ssrc: FaultStep | None = None
    """All of these devices send as one source (SSRC)."""
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
Action = PageStep | RunStep | ConferenceStep | RampStep | ChurnStep | ImpairStep | FaultStep | WaitStep


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
    follow: DurationLimit | None = None
    """From when a group of a followed block is seen to be wanted until the AWS router has joined it."""
    reception: Reception | None = None
    """At least how well it is proven that appliances received; see the grades in the documentation."""
    heard_by_others: NumberLimit | None = None
    """Datagrams at interfaces of hosts without a member of the group at that moment."""


class DeviceTest(Frozen):
    """A test of devices in a lab."""

    name: Name
    """The test's name, by which reports know it."""
    seed: int = 1
    """What is drawn is drawn by it: the same seed gives the same test."""
    jitter_buffer: Duration = Field(default="60ms", validate_default=True)
    """How long a device holds what came early, so that what came late is in time; its scores depend on it."""
    in_band_timestamps: bool = False
    """Whether packets carry the time of their sampling (RFC 6051), which phones and speakers take for sound."""
    steps: Annotated[tuple[TestStep, ...], Field(min_length=1)]
    """What happens, one after the other."""
    expect: tuple[Expectation, ...] = ()
    """What is expected of all that listen."""

    @model_validator(mode="after")
    def _expect_of_steps_that_are_there(self) -> Self:
        last = len(self.steps)
        wrong = [place for place, each in enumerate(self.expect, 1) if each.step is not None and each.step > last]
        if wrong:
            there = f"there is no such step; the last is {last}"
            raise ValueError("\n".join(f"expect[{place}].step: {there}" for place in wrong))
        return self


class DeviceTests(Frozen):
    """The tests that a lab file holds."""

    tests: tuple[DeviceTest, ...]
    """The tests."""

    @model_validator(mode="after")
    def _differ_in_name(self) -> Self:
        names = [test.name for test in self.tests]
        twice = [name for place, name in enumerate(names) if name in names[:place]]
        if twice:
            raise ValueError(f"tests[{twice[0]}].name: two tests are called {twice[0]}; call one of them otherwise")
        return self
