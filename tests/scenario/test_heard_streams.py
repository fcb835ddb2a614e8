"""What each device heard of a stream, by what its host found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from scenario.test_real_devices import script as script_of

from mcastlab.scenario.heard_streams import Listening
from mcastlab.traffic.clocks import ClockOffset
from mcastlab.traffic.node_results import NEVER, Found
from mcastlab.traffic.plan import LATE_MS


@pytest.mark.parametrize("latency_ms", [1, 150, 240])
def test_what_was_on_its_way_when_a_listener_left_is_not_lost(latency_ms: int) -> None:
    whole = script_of("- page: {from: phones-1, to: paging, for: 4s}")
    (stay, *_), (talk,) = whole.stays, whole.spoken
    leave_ms = talk.span.end_ms - 2000
    script = replace(whole, stays=(replace(stay, span=replace(stay.span, end_ms=leave_ms)),))
    plan = script.traffic(largest_octets=1352, guard_ms=100, ttl=16)
    (flow,) = plan.flows
    arrived = [
        latency_ms * 1000 if flow.due_ms(sequence) + latency_ms < leave_ms else NEVER for sequence in range(flow.count)
    ]
    nothing: dict[str, Any] = {"received": {}, "sent": []}
    by_node = {flow.sender: nothing, script.devices[stay.device].node: {**nothing, "arrived_us": {0: arrived}}}
    found = Found(plan=plan, by_node=by_node, offsets=dict.fromkeys(by_node, ClockOffset(us=0, error_us=0)))
    (row,) = Listening(script, found, {}, buffer_ms=60).rows()
    assert (row.lost, row.end_ms) == (0, leave_ms - LATE_MS)
    assert row.due > 0
