"""What devices do in a test, as timed values: who speaks, who is a member, and what is made worse meanwhile.

Times are milliseconds from the test's begin. Devices are named by their place; many of them stand on one host.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mcastlab.scenario.spans import Span, joined
from mcastlab.traffic.flow_faults import Fault, FlowFault
from mcastlab.traffic.media import IN_BAND_OCTETS, media
from mcastlab.traffic.plan import MemberReturn, Membership, PlannedFlow, TrafficNode, TrafficPlan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.model import Group
    from mcastlab.lab.types import Stream

END_MS = 300
"""For the last datagrams on their way."""


@dataclass(frozen=True, slots=True)
class TestDevice:
    """A device, and the place of the host that it runs on among the nodes."""

    __test__ = False

    name: str
    node: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A device sends a stream to a group."""

    step: int
    device: int
    group: int
    stream: Stream
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class TestAppliance:
    """A real device, or a program on a host, that is measured by those around it."""

    __test__ = False

    name: str
    address: str
    site: str
    """Its site; empty of a program on a host in the VPC."""
    trigger: str | None
    """The command that has it send: on this machine, or of a program on its host."""
    confirm: str | None = None
    node: int | None = None
    """Of a program the place of its host among the nodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplianceTalk:
    """An appliance is to send to a group, once a person or its trigger has it do so."""

    step: int
    appliance: int
    group: int
    stream: Stream
    span: Span
    within_ms: int | None
    """How long it has until it begins, while the test waits; None where the test goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplianceStay:
    """An appliance is a member of a group to which something is sent meanwhile."""

    step: int
    appliance: int
    group: int
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A device is a member of a group."""

    step: int
    device: int
    group: int
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class WorseTime:
    """What some devices send or receive is worse for a time."""

    devices: frozenset[int]
    inward: bool
    outward: bool
    span: Span
    delay_ms: int
    jitter_ms: int
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorseWan:
    """A site's way to the internet is worse for a time, each way."""

    site: str
    span: Span
    delay_ms: int
    jitter_ms: int
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFault:
    """Devices do something wrong for a time."""

    kind: Fault
    devices: frozenset[int]
    span: Span


@dataclass(frozen=True, kw_only=True)
class Script:
    """Everything that happens in a test."""

    seed: int
    nodes: tuple[TrafficNode, ...]
    devices: tuple[TestDevice, ...]
    groups: tuple[Group, ...]
    followed: tuple[Group, ...] = ()
    """Those of them that nobody lists, and a follower joins."""
    talks: tuple[Talk, ...]
    stays: tuple[Stay, ...]
    impairments: tuple[WorseTime, ...]
    faults: tuple[DeviceFault, ...]
    periods: tuple[Span, ...]
    """One a step."""
    in_band: bool = False
    """Whether packets carry the time of their sampling."""
    wans: tuple[WorseWan, ...] = ()
    """What is done to sites' ways to the internet, where that can be done."""
    appliances: tuple[TestAppliance, ...] = ()
    awaited: tuple[ApplianceTalk, ...] = ()
    """What appliances are to send."""
    receiving: tuple[ApplianceStay, ...] = ()
    """What appliances may hear."""

    def present(self, device: int, span: Span) -> tuple[Span, ...]:
        """Return the parts of a time in which a device is there."""
        return span.without(each.span for each in self.faults if each.kind.is_absence and device in each.devices)

    @cached_property
    def spoken(self) -> tuple[Talk, ...]:
        """What is sent: each of it is a flow of its own, and a source of its own, which a reboot ends."""
        return tuple(
            Talk(step=talk.step, device=talk.device, group=talk.group, stream=talk.stream, span=span)
            for talk in self.talks
            for span in talk.span.without(
                each.span for each in self.faults if each.kind is Fault.REBOOT and talk.device in each.devices
            )
        )

    def traffic(self, *, largest_octets: int, guard_ms: int, ttl: int) -> TrafficPlan:
        """Return the plan that the probe carries out on the hosts."""
        flows = tuple(self._flow(number, talk, largest_octets) for number, talk in enumerate(self.spoken))
        end_ms = max(period.end_ms for period in self.periods)
        return TrafficPlan(
            groups=self.groups,
            nodes=self.nodes,
            flows=flows,
            memberships=tuple(self._memberships()),
            returns=self._returns(),
            settle_ms=0,
            guard_ms=guard_ms,
            end_ms=end_ms + guard_ms + END_MS + self.within_ms,
            ttl=ttl,
            loop=True,
            foreign=bool(self.appliances),
            awaited=next(
                (
                    (self.appliances[each.appliance].address, each.span.end_ms - each.span.begin_ms + END_MS)
                    for each in self.awaited
                    if each.within_ms is not None
                ),
                None,
            ),
            in_band=self.in_band,
            brief=True,
        )

    @property
    def within_ms(self) -> int:
        """How long it may take longer than planned, as something is awaited."""
        return max((each.within_ms or 0 for each in self.awaited), default=0)

    def _flow(self, number: int, talk: Talk, largest_octets: int) -> PlannedFlow:
        sent = media(talk.stream, largest_octets - (IN_BAND_OCTETS if self.in_band else 0))
        return PlannedFlow(
            group=talk.group,
            sender=self.devices[talk.device].node,
            start_ms=talk.span.begin_ms,
            interval_us=sent.interval_us,
            burst=1,
            count=max(1, sent.count_until((talk.span.end_ms - talk.span.begin_ms) * 1000)),
            sizes=(sent.largest_octets,),
            media=sent,
            faults=tuple(self._faults_of(number, talk)),
            source=self._source(number, talk),
        )

    def _faults_of(self, number: int, talk: Talk) -> Iterator[FlowFault]:
        """Return what is wrong with what a device sends."""
        for fault in self.faults:
            if talk.device in fault.devices and fault.kind is not Fault.SAME_SSRC:
                yield FlowFault(kind=fault.kind.value, begin_ms=fault.span.begin_ms, end_ms=fault.span.end_ms)
        for worse in self.impairments:
            if worse.outward and talk.device in worse.devices and worse.span.begin_ms < talk.span.end_ms:
                yield FlowFault(
                    kind="impair",
                    begin_ms=worse.span.begin_ms,
                    end_ms=worse.span.end_ms,
                    loss=worse.loss,
                    delay_ms=worse.delay_ms,
                    jitter_ms=worse.jitter_ms,
                    seed=f"{self.seed}-{number}",
                )

    def _source(self, number: int, talk: Talk) -> int:
        """Return as which flow's source a device sends: as its own, or as that of the first of those that share one."""
        for fault in self.faults:
            if fault.kind is Fault.SAME_SSRC and talk.device in fault.devices and fault.span.meets(talk.span):
                return next(
                    place
                    for place, each in enumerate(self.spoken)
                    if each.device in fault.devices and each.group == talk.group and fault.span.meets(each.span)
                )
        return number

    def _returns(self) -> tuple[MemberReturn, ...]:
        """Return when hosts report again of groups of which a device is a member that has rebooted by then."""
        found = {
            MemberReturn(node=self.devices[stay.device].node, group=stay.group, at_ms=fault.span.end_ms)
            for fault in self.faults
            for stay in self.stays
            if fault.kind is Fault.REBOOT
            and stay.device in fault.devices
            and stay.span.begin_ms < fault.span.end_ms < stay.span.end_ms
        }
        return tuple(sorted(found, key=lambda each: (each.at_ms, each.node, each.group)))

    def _memberships(self) -> Iterator[Membership]:
        """Return the memberships of hosts: of each group as long as one of a host's devices is a member."""
        by_host: dict[tuple[int, int], list[Span]] = {}
        for stay in self.stays:
            by_host.setdefault((self.devices[stay.device].node, stay.group), []).append(stay.span)
        for (node, group), spans in by_host.items():
            for span in joined(spans):
                leave_ms = span.end_ms + self.within_ms
                yield Membership(node=node, group=group, join_ms=span.begin_ms, leave_ms=leave_ms)
