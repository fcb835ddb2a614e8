"""What a node sends: flows, their reports, and announcements."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from mcastlab.traffic.probe.announcer import Announcer
from mcastlab.traffic.probe.sender import Sender

if TYPE_CHECKING:
    from mcastlab.traffic.probe.flows import Flow
    from mcastlab.traffic.probe.loop import EventLoop
    from mcastlab.traffic.probe.part import NodePart
    from mcastlab.traffic.probe.rtcp import Reports


class Outgoing:
    """Sends each flow and each announcement of a node at its time."""

    def __init__(self, part: NodePart, loop: EventLoop, reports: Reports) -> None:
        self.part, self.loop = part, loop
        self.senders: list[Sender] = []
        self.cpu_s: dict[int, list[float]] = {}
        """This process's time of CPU at the begin and the end of flows that measure a rate."""
        for flow in part.flows:
            if flow.sender == part.node:
                self._begin(flow, reports)
            if flow.kind == "rate" and (flow.sender == part.node or flow.number in part.records):
                loop.due(flow.start_ns, partial(self.mark_cpu, flow))
                loop.due(flow.stop_ns, partial(self.mark_cpu, flow))
        mine = [row for row in part.plan.get("announced", []) if row[0] == part.node]
        self.announcers = [Announcer(row, part.zero_ns, part.plan["ttl"]) for row in mine]
        for announcer in self.announcers:
            loop.due(announcer.start_ns, partial(self.announce, announcer))
            loop.due(announcer.stop_ns, announcer.end)

    def _begin(self, flow: Flow, reports: Reports) -> None:
        part = self.part
        address, ttl = part.address(flow.group), part.plan["ttl"]
        sender = Sender(flow, address, part.tag, ttl, loop=part.hears_itself, is_stamping=part.is_stamped)
        self.senders.append(sender)
        self.loop.due(flow.start_ns, partial(self.send, sender))
        if flow.media is not None and flow.group in part.with_reports:
            reports.begin(sender)

    def send(self, sender: Sender) -> None:
        """Send what a flow has due, until its end."""
        next_ns = sender.send_due(time.time_ns())
        for due_ns, packet in sender.postponed:
            self.loop.due(due_ns, partial(sender.send_postponed, packet))
        sender.postponed.clear()
        if next_ns:
            self.loop.due(next_ns, partial(self.send, sender))

    def announce(self, announcer: Announcer) -> None:
        """Announce a session, and again later."""
        now_ns = time.time_ns()
        if now_ns < announcer.stop_ns:
            announcer.send(now_ns)
            self.loop.due(announcer.next_ns(now_ns), partial(self.announce, announcer))

    def mark_cpu(self, flow: Flow) -> None:
        """Note this process's time of CPU."""
        self.cpu_s.setdefault(flow.number, []).append(time.process_time())

    def end(self) -> None:
        """Delete what was announced."""
        for announcer in self.announcers:
            announcer.end()
