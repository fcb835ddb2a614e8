"""A lab's traffic from greeting to report: paths that do not stand at first are tried again, for longer."""

from __future__ import annotations

import time
from itertools import count
from typing import TYPE_CHECKING, Final

from mcastlab.traffic.analysis import deliveries, payloads, rates, silences, stands
from mcastlab.traffic.fleet import Fleet
from mcastlab.traffic.matrix_plan import matrix_plan
from mcastlab.traffic.participants import nodes_of, setting_of
from mcastlab.traffic.results import Absent, TrafficReport
from mcastlab.traffic.stalls import excuses, was_busy
from mcastlab_base.errors import BadInputError, LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcastlab.lab.model import Lab
    from mcastlab.ports import Shell
    from mcastlab.traffic.options import Options
    from mcastlab.traffic.plan import TrafficPlan
    from mcastlab.traffic.results import Stall

ON_THE_WAY_MS: Final = 100
"""The longest that a datagram is expected to take."""
LONGER: Final = 3
LATER: Final = 1.5
MOST_ROUNDS: Final = 4
"""Rounds in which a host was busy are played again, up to so many in all."""


def run_matrix(
    lab: Lab, shells: Mapping[str, Shell], options: Options, *, progress: Callable[[str], None]
) -> TrafficReport:
    """Play a lab's traffic and return what was found; the hosts are left as they were.

    Args:
        lab: the lab.
        shells: a shell on each host and device, by name.
        options: what to play.
        progress: receives what is under way.

    Raises:
        BadInputError: what is asked for has no flow in this lab.
        RefusedError: no host can be reached, or none is left that sends or that receives.
        TimedOutError: the same, as commands did not end in time.
    """
    fleet = Fleet(shells)
    names = [node.name for node in nodes_of(lab, options.site)]
    if options.alone:
        progress("ending what an earlier run left on the hosts")
        fleet.clear(names)
    progress(f"greeting {len(names)} hosts and devices")
    fleet.greet(names)
    began, settle_ms = time.monotonic(), options.settle_ms
    stalled: list[Stall] = []
    for number in count(1):
        guard_ms = 2 * fleet.apart_ms + ON_THE_WAY_MS
        setting = setting_of(lab, options, guard_ms=guard_ms, settle_ms=settle_ms, absent=fleet.absent)
        plan = matrix_plan(setting)
        if not plan.flows or not plan.memberships:
            for error in fleet.absent.values():
                raise error
            raise BadInputError("no flow is left: nobody sends to anybody that receives", hint="name other groups")
        progress(_summary(plan, settle_ms))
        away = len(fleet.absent)
        try:
            found = fleet.found(plan)
        except LabError:
            if len(fleet.absent) == away:
                raise
            # Without the one that failed on the way.
            continue
        excused = excuses(found, lab, number)
        stalled += excused.stalls
        if excused.stalls:
            progress(f"busy: {excused.stalls[0]}")
        stood, waited_s = stands(found), time.monotonic() - began
        longer_ms = settle_ms if stood else int(settle_ms * LONGER)
        in_time = not stood and is_tried_again(options, number, waited_s, longer_ms)
        busy = number < MOST_ROUNDS and (excused.stalls or (not stood and was_busy(found)))
        if not in_time and not busy:
            break
        # A host that began late may have had no time left to measure in.
        fleet.lead_s *= LATER
        settle_ms = longer_ms if in_time else settle_ms
    return TrafficReport(
        stream=setting.stream.what,
        deliveries=tuple(deliveries(found, excused)),
        silences=tuple(silences(found)),
        payloads=tuple(payloads(found, lab, excused)),
        rates=tuple(rates(found)),
        stalls=tuple(stalled),
        absent=tuple(Absent(host=host, why=error.text) for host, error in fleet.absent.items()),
    )


def is_tried_again(options: Options, rounds: int, waited_s: float, longer_ms: int) -> bool:
    """Say whether paths that do not stand get another round, of so long a time to establish themselves.

    They get one at least: on a busy machine the first may take all the time there is, and a path that needs more than
    its own few seconds, as after a router was replaced, would count as broken.

    >>> from mcastlab.traffic.options import Options
    >>> [is_tried_again(Options(), rounds, 19.0, 7200) for rounds in (1, 2)]
    [True, False]
    """
    gone_s = waited_s if rounds > 1 else 0.0
    return gone_s + longer_ms / 1000 <= options.establish_within_s


def _summary(plan: TrafficPlan, settle_ms: int) -> str:
    measured = [flow for flow in plan.flows if flow.kind == "main"]
    return (
        f"{len(measured)} flows to {len(plan.groups)} groups, {len(plan.memberships)} memberships, "
        f"{plan.end_ms / 1000:.1f} s; paths have {settle_ms / 1000:.1f} s to establish themselves"
    )
