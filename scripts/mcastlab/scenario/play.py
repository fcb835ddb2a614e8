"""Carry out a test on a lab's hosts, and judge what they found."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.sizes import largest_payload
from mcastlab.scenario.heard_streams import Listening
from mcastlab.scenario.limits import follow_limits, limits, reception_limits
from mcastlab.scenario.live import live_progress
from mcastlab.scenario.planned_devices import device_count
from mcastlab.scenario.real_devices import RealDevices
from mcastlab.scenario.results import DeviceLane, DeviceTestReport, PlayedStep
from mcastlab.scenario.script_parts import Timeline, parts_of
from mcastlab.scenario.side_actions import SideActions, proven
from mcastlab.scenario.spans import joined
from mcastlab.scenario.triggers import with_addresses
from mcastlab.text import count
from mcastlab.traffic.analysis import shortest_latencies, silences
from mcastlab.traffic.clocks import between
from mcastlab.traffic.fleet import Fleet
from mcastlab.traffic.options import TTL
from mcastlab.traffic.plan import with_watches
from mcastlab.traffic.results import Absent
from mcastlab_base.errors import BadInputError, TimedOutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mcastlab.follow.trace import FollowTrace
    from mcastlab.lab.device_tests import DeviceTest
    from mcastlab.lab.model import Lab
    from mcastlab.ports import Shell
    from mcastlab.scenario.results import HeardStream, ProvenReception
    from mcastlab.scenario.script import Script
    from mcastlab.scenario.script_parts import ScriptPart
    from mcastlab.scenario.side_actions import Sessions, WanImpairer
    from mcastlab.scenario.spans import Span
    from mcastlab.traffic.clocks import ClockBounds, ClockOffset
    from mcastlab.traffic.node_results import Found

MOST_LANES: Final = 60
"""Of more devices, those of a host share a lane."""
ON_THE_WAY_MS: Final = 100
"""The longest that a datagram is expected to take."""


def play(
    test: DeviceTest,
    script: Script,
    lab: Lab,
    shells: Mapping[str, Shell],
    *,
    progress: Callable[[str], None],
    sessions: Sessions | None = None,
    tell: Callable[[str], None] | None = None,
    impair: WanImpairer | None = None,
) -> DeviceTestReport:
    """Carry out a test and return what came of it; the hosts are left as they were.

    Args:
        test: the test.
        script: what each device does in it.
        lab: the lab.
        shells: a shell on each host and device, by name.
        progress: what is reported while it runs.
        sessions: opens a session on a remote site's router, to see what appliances are members of.
        tell: tells a person what to do; like `progress` without it.
        impair: impairs sites' ways to the internet.

    Raises:
        BadInputError: the test impairs one, and nothing here can.
        RefusedError: a host cannot be reached, or the probe failed there, or a trigger.
        TimedOutError: the same, as commands did not end in time; or an appliance sent nothing in time.
    """
    if script.wans and impair is None:
        site = script.wans[0].site
        why = f"the test impairs the way to the internet of {site}, which the twin alone can"
        raise BadInputError(why, hint="write on: in place of site:, which a test does by itself")
    fleet = Fleet(shells)
    names = [node.name for node in script.nodes]
    progress(f"greeting {count(len(names), 'host')}")
    fleet.greet(names)
    for error in fleet.absent.values():
        raise error
    script = with_addresses(script, shells)
    played: list[_PlayedPart] = []
    for part in parts_of(script):
        live = live_progress(test, script, progress, lead_s=fleet.lead_s - part.begin_ms / 1000)
        # Of a part that waits for somebody it is not known when what happens.
        with nullcontext() if part.script.within_ms else live:
            actions = SideActions(lab, part.script, sessions, tell or progress, impair, shells=shells)
            played.append(_carry_out(part, fleet, lab, actions, progress=progress))
    waits: list[tuple[int, int]] = []
    heard: list[HeardStream] = []
    receptions: list[ProvenReception] = []
    clocks = clocks_of(
        [each.found for each in played],
        [
            latency
            for each in played
            for latency in RealDevices(each.part.script, each.found, {}, {}, buffer_ms=0).shortest_latencies()
        ],
    )
    for each in played:
        real = RealDevices(each.part.script, each.found, clocks, each.actions.asked_ms, buffer_ms=test.jitter_buffer)
        waits += _waited(each, real)
        listening = Listening(each.part.script, each.found, clocks, buffer_ms=test.jitter_buffer)
        rows = (*listening.rows(), *real.rows())
        time, begin_ms = Timeline(waits=tuple(waits)), each.part.begin_ms
        moved = bool(waits or begin_ms)
        heard += (_moved(row, time, begin_ms) for row in rows) if moved else rows
        receptions += proven(each.part.script, each.actions, real.answer)
    time = Timeline(waits=tuple(waits))
    heard_by_others = tuple(silence for each in played for silence in silences(each.found))
    return DeviceTestReport(
        name=test.name,
        lab=lab.name,
        seed=test.seed,
        devices=device_count(script),
        steps=tuple(
            PlayedStep(number=number, verb=step.verb, begin_ms=period.begin_ms, end_ms=period.end_ms)
            for number, (step, period) in enumerate(zip(test.steps, map(time.span, script.periods), strict=True), 1)
        ),
        heard=tuple(heard),
        limits=(*limits(test, heard, heard_by_others), *reception_limits(test, receptions)),
        receptions=tuple(receptions),
        lanes=tuple(lanes(script, time)),
        silences=heard_by_others,
        absent=tuple(Absent(host=host, why=error.text) for host, error in fleet.absent.items()),
    )


@dataclass(frozen=True, kw_only=True)
class _PlayedPart:
    part: ScriptPart
    found: Found
    actions: SideActions


def _carry_out(
    part: ScriptPart,
    fleet: Fleet,
    lab: Lab,
    actions: SideActions,
    *,
    progress: Callable[[str], None],
) -> _PlayedPart:
    """Carry out a part.

    Raises:
        TimedOutError: an appliance that was awaited sent nothing in time.
    """
    script = part.script
    guard_ms = 2 * fleet.apart_ms + ON_THE_WAY_MS
    plan = with_watches(script.traffic(largest_octets=largest_payload(lab), guard_ms=guard_ms, ttl=TTL))
    played = f"{count(len(script.periods), 'step')}, {count(len(plan.flows), 'stream')}"
    progress(f"{played}, {count(len(script.devices), 'device')}, {plan.end_ms / 1000:.0f} s")
    try:
        found = fleet.found(plan, actions if actions.needed else None)
        actions.end()
    finally:
        actions.close()
    for talk in script.awaited:
        if talk.within_ms is not None and not RealDevices(script, found, {}, {}, buffer_ms=0).sent_to(
            talk.appliance, talk.group
        ):
            appliance, group = script.appliances[talk.appliance], script.groups[talk.group]
            step = f"step {talk.step + 1} ({'page' if appliance.node is None else 'run'})"
            raise TimedOutError(
                f"{step}: nothing that {appliance.name} sent to {group.name} was heard in {talk.within_ms / 1000:g} s",
                hint=f"does it send RTP to {group.address}:{group.port}? within: in the test file gives it longer",
            )
    return _PlayedPart(part=part, found=found, actions=actions)


def _waited(played: _PlayedPart, real: RealDevices) -> Iterator[tuple[int, int]]:
    """Return at what times of the script was waited, and for how long: until the first began of those at one time."""
    waits: dict[int, int] = {}
    for talk in played.part.script.awaited:
        if talk.within_ms is not None and (heard := real.talk(talk)) is not None:
            late_ms, at_ms = max(0, round(heard.first_us / 1000) - talk.span.begin_ms), talk.span.begin_ms
            waits[at_ms] = min(late_ms, waits.get(at_ms, late_ms))
    for at_ms, late_ms in waits.items():
        yield at_ms + played.part.begin_ms, late_ms


def clocks_of(
    found: Sequence[Found], more: Iterable[tuple[tuple[int, int], int]] = ()
) -> dict[tuple[int, int], ClockOffset | ClockBounds]:
    """Return how far nodes' clocks are apart, by what flowed between them in any part, `more` by programs."""
    shortest: dict[tuple[int, int], int] = {}
    for each in found:
        for pair, raw_us in shortest_latencies(each).items():
            shortest[pair] = min(raw_us, shortest.get(pair, raw_us))
    for pair, raw_us in more:
        shortest[pair] = min(raw_us, shortest.get(pair, raw_us))
    return between(
        shortest,
        {node: offset for each in found for node, offset in each.offsets.items()},
        {node: clock for each in found for node, clock in each.served.items()},
    )


def _moved(row: HeardStream, time: Timeline, begin_ms: int) -> HeardStream:
    return replace(row, begin_ms=time.at(row.begin_ms + begin_ms), end_ms=time.at(row.end_ms + begin_ms))


def with_followed(report: DeviceTestReport, test: DeviceTest, followed: FollowTrace | None) -> DeviceTestReport:
    """Return what came of a test, with what a follower did meanwhile and whether that kept the test's limits."""
    kept = tuple(follow_limits(test, () if followed is None else followed.joins))
    return report.model_copy(update={"followed": followed, "limits": (*report.limits, *kept)})


def lanes(script: Script, time: Timeline) -> Iterator[DeviceLane]:
    """Return what each device did over time, or each host where devices are many, and what appliances did."""
    many = len(script.devices) > MOST_LANES
    names = [script.nodes[device.node].name if many else device.name for device in script.devices]
    real = [appliance.name for appliance in script.appliances]
    devices: dict[str, list[str]] = {}
    for name, device in zip(names, script.devices, strict=True):
        devices.setdefault(name, []).append(device.name)
    for name in real:
        devices.setdefault(name, [name])
    staying = [(names[each.device], each.span) for each in script.stays]
    stays = _spans([*staying, *((real[each.appliance], each.span) for each in script.receiving)], time)
    talking = [(names[each.device], each.span) for each in script.spoken]
    talks = _spans([*talking, *((real[each.appliance], each.span) for each in script.awaited)], time)
    for name, of_name in devices.items():
        yield DeviceLane(name=name, devices=tuple(of_name), joined=stays.get(name, ()), talking=talks.get(name, ()))


def _spans(actions: Iterable[tuple[str, Span]], time: Timeline) -> dict[str, tuple[tuple[int, int], ...]]:
    found: dict[str, list[Span]] = {}
    for name, span in actions:
        found.setdefault(name, []).append(time.span(span))
    return {name: tuple((span.begin_ms, span.end_ms) for span in joined(spans)) for name, spans in found.items()}
