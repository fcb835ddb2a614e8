"""A node's part of a plan, as it is from the beginning."""

from __future__ import annotations

from typing import Any

from mcastlab.traffic.probe.figures import NS_PER_MS, NS_PER_US
from mcastlab.traffic.probe.flows import DAMAGING, Flow, RtpStream
from mcastlab.traffic.probe.record import Record
from mcastlab.traffic.probe.wire import MAGIC


class NodePart:
    """What a node is to do, by its own clock, and what it keeps of each flow."""

    def __init__(self, plan: dict[str, Any], node: int) -> None:
        self.plan, self.node, self.zero_ns = plan, node, plan["nodes"][node][1]
        self.tag = MAGIC << 32 | int(plan["run"], 16)
        streams = [RtpStream(row) for row in plan.get("media", [])]
        self.flows = [Flow(number, row, self.zero_ns, streams) for number, row in enumerate(plan["flows"])]
        self.stays: list[tuple[int, int, int]] = plan["memberships"].get(str(node), [])
        self.groups = {group for group, _, _ in self.stays}
        self.hears_itself = bool(plan.get("loop"))
        self.records = {
            flow.number: Record(flow)
            for flow in self.flows
            if flow.group in self.groups and (self.hears_itself or flow.sender != node)
        }
        # Of several that are sent as one source, the first one is it.
        self.by_ssrc = {flow.ssrc: flow for flow in reversed(self.flows) if flow.media is not None}
        self.damaging = any(fault.kind in DAMAGING for flow in self.flows for fault in flow.faults)
        self.is_brief, self.is_stamped = bool(plan.get("brief")), bool(plan.get("in_band"))
        self.with_reports: list[int] = plan.get("rtcp", [])
        self.errors: list[str] = []

    def at(self, ms: int) -> int:
        """Return a moment of the plan in nanoseconds of this node's clock."""
        return int(self.zero_ns + ms * NS_PER_MS)

    def us(self, time_ns: int) -> int:
        """Return a moment in microseconds from the plan's begin."""
        return int(time_ns - self.zero_ns) // NS_PER_US

    def address(self, group: int) -> tuple[str, int]:
        """Return the address and the port of a group."""
        address, port = self.plan["groups"][group]
        return address, port
