"""Carry out a test on a lab's hosts, and judge what they found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.sizes import largest_payload
from mcastlab.scenario.judge import Listening, follow_limits, limits
from mcastlab.scenario.results import DeviceLane, DeviceTestReport, PlayedStep
from mcastlab.scenario.script import joined
from mcastlab.text import count
from mcastlab.traffic.analysis import silences
from mcastlab.traffic.fleet import Fleet
from mcastlab.traffic.found import Found
from mcastlab.traffic.plan import with_watches
from mcastlab.traffic.results import Absent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mcastlab.follow.trace import FollowTrace
    from mcastlab.lab.device_tests import DeviceTest
    from mcastlab.lab.model import Lab
    from mcastlab.ports import Shell
    from mcastlab.scenario.script import Script, Span, Stay, Talk

TTL: Final = 16
MOST_LANES: Final = 60
"""Of more devices, those of a host share a lane."""
ON_THE_WAY_MS: Final = 100
"""The longest that a datagram is expected to take."""


def play(
    test: DeviceTest, script: Script, lab: Lab, shells: Mapping[str, Shell], *, progress: Callable[[str], None]
) -> DeviceTestReport:
    """Carry out a test and return what came of it; the hosts are left as they were.

    Args:
        test: the test.
        script: what each device does in it.
        lab: the lab.
        shells: a shell on each host and device, by name.
        progress: what is told while it runs.

    Raises:
        RefusedError: a host cannot be reached, or the probe failed there.
        TimedOutError: the same, as commands did not end in time.
    """
    fleet = Fleet(shells)
    names = [node.name for node in script.nodes]
    progress(f"greeting {count(len(names), 'host')}")
    fleet.greet(names)
    for error in fleet.absent.values():
        raise error
    guard_ms = 2 * fleet.apart_ms + ON_THE_WAY_MS
    plan = with_watches(script.traffic(largest_octets=largest_payload(lab), guard_ms=guard_ms, ttl=TTL))
    played = f"{count(len(test.steps), 'step')}, {count(len(plan.flows), 'stream')}"
    progress(f"{played}, {count(len(script.devices), 'device')}, {plan.end_ms / 1000:.0f} s")
    found = Found(
        plan=plan,
        by_node=fleet.carry_out(plan),
        offsets={number: fleet.offsets[plan.nodes[number].name] for number in plan.busy},
    )
    heard = tuple(Listening(script, found, buffer_ms=test.jitter_buffer).rows())
    heard_by_others = tuple(silences(found))
    return DeviceTestReport(
        name=test.name,
        lab=lab.name,
        seed=test.seed,
        devices=len(script.devices),
        steps=tuple(
            PlayedStep(number=number, verb=step.verb, begin_ms=period.begin_ms, end_ms=period.end_ms)
            for number, (step, period) in enumerate(zip(test.steps, script.periods, strict=True), 1)
        ),
        heard=heard,
        limits=tuple(limits(test, heard, heard_by_others)),
        lanes=tuple(lanes(script)),
        silences=heard_by_others,
        absent=tuple(Absent(host=host, why=error.text) for host, error in fleet.absent.items()),
    )


def with_followed(report: DeviceTestReport, test: DeviceTest, followed: FollowTrace | None) -> DeviceTestReport:
    """Return what came of a test, with what a follower did meanwhile and whether that kept the test's limits."""
    kept = tuple(follow_limits(test, () if followed is None else followed.joins))
    return report.model_copy(update={"followed": followed, "limits": (*report.limits, *kept)})


def lanes(script: Script) -> Iterator[DeviceLane]:
    """Return what each device did over time, or each host where devices are many."""
    many = len(script.devices) > MOST_LANES
    names = [script.nodes[device.node].name if many else device.name for device in script.devices]
    devices: dict[str, list[str]] = {}
    for name, device in zip(names, script.devices, strict=True):
        devices.setdefault(name, []).append(device.name)
    stays, talks = (_spans(names, actions) for actions in (script.stays, script.spoken))
    for name, of_name in devices.items():
        yield DeviceLane(name=name, devices=tuple(of_name), joined=stays.get(name, ()), talking=talks.get(name, ()))


def _spans(names: Sequence[str], actions: Sequence[Stay | Talk]) -> dict[str, tuple[tuple[int, int], ...]]:
    found: dict[str, list[Span]] = {}
    for each in actions:
        found.setdefault(names[each.device], []).append(each.span)
    return {name: tuple((span.begin_ms, span.end_ms) for span in joined(spans)) for name, spans in found.items()}
