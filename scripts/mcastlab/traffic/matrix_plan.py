"""The plan in which all senders send and all receivers join, measure and leave again; and what is measured beside."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.sizes import largest_payload
from mcastlab.traffic.options import US_PER_S, stream
from mcastlab.traffic.participants import CARRIED_PPS
from mcastlab.traffic.payload import sweep_sizes
from mcastlab.traffic.plan import LATE_MS, LEAVE_LATENCY_MS, Membership, PlannedFlow, TrafficPlan, with_watches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.traffic.participants import TrafficSetup

SILENCE_MS: Final = 400
"""How long is sent before the first join, so that what is joined is a flow already being sent."""
AFTER_LEAVE_MS: Final = 600
"""How long silence is watched past the time that a leave may take."""
END_MS: Final = 150
"""For the last datagrams on their way."""
FEWEST_MEASURED: Final = 5
SWEEP_INTERVAL_US: Final = 3000
SWEEP_LATER_MS: Final = 200
SWEEPS: Final = 2
CARRIED_BY_SWEEPS: Final = 20000
"""Where routers would have to carry more datagrams for the search, fewer sizes are tried."""
RATE_STEPS: Final = 10
RATE_STEP_MS: Final = 300
RATE_GAP_MS: Final = 100


def matrix_plan(setting: TrafficSetup) -> TrafficPlan:
    """Return the plan; its times fit to how far clocks are apart and how long paths have to establish themselves."""
    # Groups join in two waves: those of the second show whether theirs leak to members of the first.
    addresses = sorted({group.address for group in setting.groups})
    waves = [addresses.index(group.address) % 2 for group in setting.groups]
    joins = [SILENCE_MS * (1 + wave) + setting.guard_ms for wave in waves]
    measured_from = max(joins, default=0) + setting.settle_ms
    sweeps = tuple(_sweeps(setting, measured_from + SWEEP_LATER_MS))
    least = ceil(FEWEST_MEASURED * setting.stream.interval_us / 1000)
    rates_from = max([measured_from + max(setting.options.measure_ms, least), *(flow.stop_ms for flow in sweeps)])
    rates = tuple(_rates(setting, rates_from))
    leave = max([rates_from, *(flow.stop_ms + RATE_GAP_MS for flow in rates)]) + setting.guard_ms + LATE_MS
    stop = _stop_ms(setting, leave)
    main = (
        setting.flow(group, sender, start_ms=0, stop_ms=stop)
        for group, of_group in enumerate(setting.roles)
        for sender in of_group.senders
    )
    memberships = (
        Membership(node=receiver, group=group, join_ms=joins[group], leave_ms=leave)
        for group, of_group in enumerate(setting.roles)
        for receiver in of_group.receivers
    )
    plan = TrafficPlan(
        groups=setting.groups,
        nodes=setting.nodes,
        flows=(*main, *sweeps, *rates),
        memberships=tuple(memberships),
        settle_ms=setting.settle_ms,
        late_ms=LATE_MS,
        guard_ms=setting.guard_ms,
        end_ms=stop + setting.guard_ms + END_MS,
        ttl=setting.options.ttl,
    )
    return with_watches(plan)


def _stop_ms(setting: TrafficSetup, leave_ms: int) -> int:
    """Return until when is sent past the last leave, so as to see what arrives after it."""
    return leave_ms + LEAVE_LATENCY_MS + AFTER_LEAVE_MS + setting.guard_ms


def _sweeps(setting: TrafficSetup, begin_ms: int) -> Iterator[PlannedFlow]:
    """Return what looks for the largest payload, for each pair of sides."""
    if setting.options.payload:
        searched = setting.one_a_path()
        carried, sizes = setting.carried(searched), sweep_sizes(setting.lab)
        if SWEEPS * len(sizes) * carried > CARRIED_BY_SWEEPS:
            sizes = sweep_sizes(setting.lab, few=True)
        for group, sender in searched:
            yield PlannedFlow(
                group=group,
                sender=sender,
                start_ms=begin_ms,
                interval_us=max(SWEEP_INTERVAL_US, US_PER_S * carried // CARRIED_PPS),
                burst=1,
                count=SWEEPS * len(sizes),
                sizes=sizes,
                kind="sweep",
            )


def _rates(setting: TrafficSetup, begin_ms: int) -> Iterator[PlannedFlow]:
    """Return the steps up to the rate asked for, one sender after the other, as each is to have the way for itself."""
    asked = setting.options.rate_pps
    if asked is None:
        return
    sizes = stream(setting.options.stream, largest_octets=largest_payload(setting.lab)).sizes[:1]
    for group, sender in setting.one_a_path():
        for step in range(1, RATE_STEPS + 1):
            pps = max(1, asked * step // RATE_STEPS)
            burst = max(1, round(pps / 1000))
            interval_us = max(1, round(US_PER_S * burst / pps))
            bursts = max(1, RATE_STEP_MS * 1000 // interval_us)
            yield PlannedFlow(
                group=group,
                sender=sender,
                start_ms=begin_ms,
                interval_us=interval_us,
                burst=burst,
                count=bursts * burst,
                sizes=sizes,
                kind="rate",
                asked_pps=pps,
            )
            begin_ms += RATE_STEP_MS + RATE_GAP_MS
