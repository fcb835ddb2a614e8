"""From a test's steps to what each device does when: pure, and the same each time for the same seed."""

from __future__ import annotations

import random
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mcastlab.lab.checks.groups import MEMBERS_A_GROUP
from mcastlab.lab.device_tests import (
    ALL,
    MOST_TALKERS,
    ChurnStep,
    ConferenceStep,
    FaultStep,
    ImpairStep,
    PageStep,
    RampStep,
    RunStep,
    WaitStep,
)
from mcastlab.lab.types import known_names
from mcastlab.scenario.appliances import NOBODY, Appliances
from mcastlab.scenario.planned_devices import PlannedDevices
from mcastlab.scenario.planned_groups import SETTLE_MS, PlannedGroups
from mcastlab.scenario.script import (
    ApplianceStay,
    DeviceFault,
    Script,
    Stay,
    Talk,
    WorseTime,
    WorseWan,
)
from mcastlab.scenario.script_parts import FIRST_MS
from mcastlab.scenario.spans import Span
from mcastlab.scenario.step_errors import ScriptError, StepError
from mcastlab.traffic.flow_faults import Fault
from mcastlab.traffic.participants import nodes_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.lab.device_tests import Action, DeviceTest
    from mcastlab.lab.model import Lab
    from mcastlab.lab.types import Stream

AFTER_MS: Final = 400
"""From the end of what is said until members leave."""
MS_PER_S: Final = 1000


def script_of(test: DeviceTest, lab: Lab) -> Script:
    """Return what happens in a test.

    Raises:
        ScriptError: steps name nobody or nothing that there is.
    """
    planner, errors = _Planner(test, lab), []
    for place, step in enumerate(test.steps):
        try:
            planner.add(place, step.action)
        except StepError as error:
            errors.append(error)
    if errors:
        raise ScriptError(errors)
    return planner.script()


class _Planner:
    """A test's steps, one after the other."""

    def __init__(self, test: DeviceTest, lab: Lab) -> None:
        self.test = test
        self.nodes, self.groups, self.appliances = nodes_of(lab), PlannedGroups(lab), Appliances(lab)
        self.devices = PlannedDevices(lab, self.groups, self.appliances)
        self._lab, self._checked = lab, 0
        self.now_ms = FIRST_MS
        self.talks: list[Talk] = []
        self.stays: list[Stay] = []
        self.impairments: list[WorseTime] = []
        self.faults: list[DeviceFault] = []
        self.wans: list[WorseWan] = []
        self.periods: list[Span] = []

    def script(self) -> Script:
        return Script(
            seed=self.test.seed,
            nodes=self.nodes,
            devices=self.devices.all,
            groups=tuple(self.groups.all),
            followed=self.groups.followed,
            talks=tuple(self.talks),
            stays=tuple(self.stays),
            impairments=tuple(self.impairments),
            faults=tuple(self.faults),
            periods=tuple(self.periods),
            in_band=self.test.in_band_timestamps,
            wans=tuple(self.wans),
            appliances=tuple(self.appliances.all),
            awaited=tuple(self.appliances.awaited),
            receiving=tuple(self.appliances.receiving),
        )

    def add(self, step: int, action: Action | None) -> None:
        """Add a step, and go on in time to its end."""
        begin_ms = self.now_ms
        if isinstance(action, PageStep):
            self._in_each(step, "to", action.to, partial(self._page, step, action))
        elif isinstance(action, RunStep):
            self._in_each(step, "to", action.to, partial(self._run, step, action))
        elif isinstance(action, ConferenceStep):
            self._in_each(step, "group", action.group, partial(self._confer, step, action))
        elif isinstance(action, RampStep):
            self._in_each(step, "group", action.group, partial(self._ramp, step, action))
        elif isinstance(action, ChurnStep):
            self._in_each(step, "group", action.group, partial(self._churn, step, action))
        elif isinstance(action, ImpairStep):
            self._impair(step, action)
        elif isinstance(action, FaultStep):
            span = Span(begin_ms=begin_ms, end_ms=begin_ms + action.duration)
            devices = frozenset(self.devices.matching(step, "members", action.members))
            self.faults.append(DeviceFault(kind=Fault(self.test.steps[step].verb), devices=devices, span=span))
        elif isinstance(action, WaitStep):
            self.now_ms += action.duration
        self._refuse_too_many(step, action)
        self.periods.append(Span(begin_ms=begin_ms, end_ms=self.now_ms))

    def _in_each(self, step: int, field: str, name: str, carry_out: Callable[[int], None]) -> None:
        """Carry out a step in all groups that it names, at the same time; in those of a pattern where it can be."""
        begin_ms, end_ms, errors = self.now_ms, self.now_ms, []
        groups = self.groups.named(step, field, name)
        for group in groups:
            self.now_ms = begin_ms
            try:
                carry_out(group)
            except StepError as error:
                errors.append(error)
            end_ms = max(end_ms, self.now_ms)
        if len(errors) == len(groups):
            raise errors[0]
        self.now_ms = end_ms

    def _refuse_too_many(self, step: int, action: Action | None) -> None:
        """Refuse more members than the gateway takes a group; a host is one, however many of its devices join."""
        hosts: dict[int, set[int]] = {}
        for stay in self.stays[self._checked :]:
            node = self.devices.all[stay.device].node
            if self.nodes[node].site is None:
                hosts.setdefault(stay.group, set()).add(node)
        self._checked = len(self.stays)
        for group, members in hosts.items():
            others = int(self.groups.is_bridged(group))
            if len(members) + others > MEMBERS_A_GROUP:
                field = "receivers" if isinstance(action, RampStep) else "members"
                raise StepError(
                    step,
                    field,
                    f"{len(members)} hosts and the AWS router would be members of {self.groups.all[group].name}, and "
                    f"the gateway takes {MEMBERS_A_GROUP} a group; name fewer, or put more devices on a host",
                )

    def _page(self, step: int, action: PageStep, group: int) -> None:
        among = any(fnmatchcase(device.name, action.sender) for device in self.devices.all)
        appliance = self.appliances.paging(step, action, self.groups.all[group].name, among_others=among)
        sender = None if appliance is not None else self.devices.sender(step, "from", action.sender, group)
        named = (
            self.devices.matching(step, "members", action.members) if action.members else range(len(self.devices.all))
        )
        listening = [each for each in self.devices.having("receivers", group, named) if each != sender]
        begin = self.now_ms + self.groups.settle_ms(group)
        span = Span(begin_ms=begin, end_ms=begin + action.duration)
        if not listening and (appliance is not None or not self.appliances.named(action.members)):
            raise StepError(step, "members", f"nobody but its sender receives from {action.to}; name other members")
        for device in listening:
            self._stay(step, device, group, self.now_ms, span.end_ms + AFTER_MS)
        if sender is not None:
            self._talk(step, sender, group, action.stream, span.begin_ms, span.end_ms)
        elif appliance is not None:
            self.appliances.talk(step, appliance, group, action.stream, span, action.within)
        self._appliances_hear(step, group, span, action.members, sender=appliance)
        self.now_ms = span.end_ms + AFTER_MS

    def _run(self, step: int, action: RunStep, group: int) -> None:
        able = self.devices.able(step, "on", action.on, group)
        hosts = list(dict.fromkeys(self.devices.all[each].node for each in able))
        receivers = self.devices.having("receivers", group, range(len(self.devices.all)))
        others = [each for each in receivers if [self.devices.all[each].node] != hosts]
        if not others:
            raise StepError(step, "on", f"nobody but {action.on} receives from {action.to}; name other hosts")
        # What a host itself hears of its program says when packets left.
        itself = [each for each in receivers if [self.devices.all[each].node] == hosts][:1]
        begin = self.now_ms + self.groups.settle_ms(group)
        span = Span(begin_ms=begin, end_ms=begin + action.duration)
        for device in (*others, *itself):
            self._stay(step, device, group, self.now_ms, span.end_ms + AFTER_MS)
        for host in hosts:
            program = self.appliances.program(self.nodes[host], host, action.command)
            self.appliances.talk(step, program, group, action.stream, span, action.within)
        self._appliances_hear(step, group, span)
        self.now_ms = span.end_ms + AFTER_MS

    def _appliances_hear(
        self, step: int, group: int, span: Span, pattern: str | None = None, *, sender: int | None = None
    ) -> None:
        heard = ApplianceStay(step=step, appliance=NOBODY if sender is None else sender, group=group, span=span)
        self.appliances.hear(heard, self.groups.all[group].name, pattern)

    def _confer(self, step: int, action: ConferenceStep, group: int) -> None:
        matching = self.devices.matching(step, "members", action.members)
        members = self.devices.having("receivers", group, matching)
        speakers = self.devices.by_turns(self.devices.having("senders", group, matching))
        name = self.groups.all[group].name
        real = self.appliances.triggered(name, action.members)
        one_and_other = (speakers or real) and (members or real) and len({*members, *speakers}) + len(real) > 1
        if not one_and_other:
            raise StepError(
                step,
                "members",
                f"{action.members}: a conference in {name} needs one that may send, and another that receives",
            )
        several = len(speakers) + len(real)
        talkers = several if action.talkers == ALL else action.talkers
        if talkers > several:
            raise StepError(step, "talkers", f"{talkers} are to speak at a time, and {several} may send")
        if talkers > MOST_TALKERS:
            raise StepError(step, "talkers", f"{talkers} may send; write at most {MOST_TALKERS}")
        last_ms = self.now_ms + int((len(members) - 1) * MS_PER_S / action.join)
        begin = last_ms + self.groups.settle_ms(group)
        end = begin + action.duration
        for place, device in enumerate(members):
            self._stay(step, device, group, self.now_ms + int(place * MS_PER_S / action.join), end + AFTER_MS)
        for number, at_ms in enumerate(range(begin, end, action.turn)):
            for place in range(talkers):
                turn, until_ms = (number * talkers + place) % several, min(end, at_ms + action.turn)
                # Appliances first: what they take to begin is then within the conference.
                if turn < len(real):
                    span = Span(begin_ms=at_ms, end_ms=until_ms)
                    self.appliances.talk(step, real[turn], group, action.stream, span)
                else:
                    self._talk(step, speakers[turn - len(real)], group, action.stream, at_ms, until_ms)
        self._appliances_hear(step, group, Span(begin_ms=begin, end_ms=end), action.members)
        self.now_ms = end + AFTER_MS

    def _ramp(self, step: int, action: RampStep, group: int) -> None:
        sender = self.devices.sender(step, "from", action.sender, group)
        joining = self.devices.several(step, "receivers", action.receivers, group, sender)
        first = self.now_ms + SETTLE_MS
        last = first + int((len(joining) - 1) * MS_PER_S / action.join)
        end = last + self.groups.settle_ms(group) + action.duration
        for place, device in enumerate(joining):
            self._stay(step, device, group, first + int(place * MS_PER_S / action.join), end)
        self._talk(step, sender, group, action.stream, self.now_ms, end + AFTER_MS)
        self._appliances_hear(step, group, Span(begin_ms=self.now_ms, end_ms=end))
        self.now_ms = end + AFTER_MS

    def _churn(self, step: int, action: ChurnStep, group: int) -> None:
        sender = self.devices.sender(step, "from", action.sender, group)
        coming = self.devices.several(step, "members", action.members, group, sender)
        seed = self.test.seed if action.seed is None else action.seed
        drawn = random.Random(f"{seed}-{step}")  # noqa: S311  (the same seed gives the same test)
        end = self.now_ms + action.duration
        for device in coming:
            at_ms = self.now_ms + drawn.randint(0, action.stay.most_ms)
            while at_ms < end:
                leave = at_ms + drawn.randint(action.stay.least_ms, action.stay.most_ms)
                self._stay(step, device, group, at_ms, min(end, leave))
                at_ms = leave + drawn.randint(action.stay.least_ms, action.stay.most_ms)
        self._talk(step, sender, group, action.stream, self.now_ms, end + AFTER_MS)
        self._appliances_hear(step, group, Span(begin_ms=self.now_ms, end_ms=end))
        self.now_ms = end + AFTER_MS

    def _impair(self, step: int, action: ImpairStep) -> None:
        span = Span(begin_ms=self.now_ms, end_ms=self.now_ms + action.duration)
        worse: dict[str, Any] = {"delay_ms": action.delay, "jitter_ms": action.jitter, "loss": action.loss}
        if action.site is not None:
            sites = sorted(site.name for site in self._lab.sites)
            if action.site not in sites:
                raise StepError(step, "site", f"no site is called {action.site}; {known_names(action.site, sites)}")
            self.wans.append(WorseWan(site=action.site, span=span, **worse))
        else:
            devices = frozenset(self.devices.matching(step, "on", action.on or "*"))
            inward, outward = action.direction != "out", action.direction != "in"
            self.impairments.append(WorseTime(devices=devices, inward=inward, outward=outward, span=span, **worse))

    def _stay(self, step: int, device: int, group: int, begin_ms: int, end_ms: int) -> None:
        self.stays.append(Stay(step=step, device=device, group=group, span=Span(begin_ms=begin_ms, end_ms=end_ms)))

    def _talk(self, step: int, device: int, group: int, stream: Stream, begin_ms: int, end_ms: int) -> None:  # noqa: PLR0917
        span = Span(begin_ms=begin_ms, end_ms=end_ms)
        self.talks.append(Talk(step=step, device=device, group=group, stream=stream, span=span))
