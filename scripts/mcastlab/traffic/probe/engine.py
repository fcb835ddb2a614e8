"""A run: a node's part of a plan, from its begin to its end."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from mcastlab.traffic.probe.findings import Findings
from mcastlab.traffic.probe.loop import EventLoop
from mcastlab.traffic.probe.outgoing import Outgoing
from mcastlab.traffic.probe.part import NodePart
from mcastlab.traffic.probe.receiver import Receiver
from mcastlab.traffic.probe.rtcp import Reports
from mcastlab.traffic.probe.rtp_streams import RtpStreams
from mcastlab.traffic.probe.serving import heed
from mcastlab.traffic.probe.silences import Silences

if TYPE_CHECKING:
    import socket


class Engine:
    """What carries out a part, in one loop."""

    def __init__(self, plan: dict[str, Any], node: int) -> None:
        part = self.part = NodePart(plan, node)
        loop = self.loop = EventLoop(part.zero_ns, part.at(plan["end_ms"]))
        self.streams, self.reports = RtpStreams(part, loop), Reports(part, loop)
        self.receiver = Receiver(part, loop, self.streams, self.reports)
        for group, join_ms, leave_ms in part.stays:
            loop.due(part.at(join_ms), partial(self.receiver.join, group))
            loop.due(part.at(leave_ms), partial(self.leave, group, part.at(leave_ms)))
        self.silences = Silences(part, loop, self.receiver)
        self.outgoing = Outgoing(part, loop, self.reports)

    def leave(self, group: int, due_ns: int) -> None:
        """End a membership that was to end at a time."""
        left_ns = self.receiver.leave(group)
        if left_ns:
            self.silences.postpone(group, due_ns, left_ns)

    def run(self, listener: socket.socket) -> dict[str, Any]:
        """Carry out the plan to its end, or until asked to stop, and return what was found."""
        self.loop.read(listener, partial(self.heed, listener))
        now_ns = time.time_ns()
        self.receiver.begin()
        self.loop.run(now_ns)
        self.receiver.end()
        self.outgoing.end()
        return Findings(self.part, self.receiver, self.silences).of_run(self.loop, self.outgoing)

    def heed(self, listener: socket.socket) -> None:
        """Do what a caller asks for."""
        if heed(listener) == b"stop":
            self.loop.stop()
