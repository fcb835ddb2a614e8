"""What a run reports: what it sent, what it received, and what disturbed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcastlab.traffic.probe.figures import NS_PER_MS, NS_PER_US, columns, packed

if TYPE_CHECKING:
    from mcastlab.traffic.probe.loop import EventLoop
    from mcastlab.traffic.probe.outgoing import Outgoing
    from mcastlab.traffic.probe.part import NodePart
    from mcastlab.traffic.probe.receiver import Receiver
    from mcastlab.traffic.probe.record import Record
    from mcastlab.traffic.probe.sender import Sender
    from mcastlab.traffic.probe.silences import Silences

SLICED_FLOWS = 60
# What is reported at most of pauses: the longest.
PAUSES = 100


class Findings:
    """What a node found, once its part has ended."""

    def __init__(self, part: NodePart, receiver: Receiver, silences: Silences) -> None:
        self.part, self.receiver, self.silences = part, receiver, silences
        self.edges_ns = part.plan["settle_ms"] * NS_PER_MS, part.plan["late_ms"] * NS_PER_MS
        """What of a membership's begin and of its end is not measured."""
        for record in part.records.values():
            record.settle()

    def of_run(self, loop: EventLoop, outgoing: Outgoing) -> dict[str, Any]:
        """Return all of it."""
        part, receiver, silences, streams = self.part, self.receiver, self.silences, self.receiver.streams
        joined_ns, marks = receiver.joined_ns, outgoing.cpu_s.items()
        longest = sorted(loop.pauses_ns, key=lambda each: each[0] - each[1])[:PAUSES]
        return {
            "errors": part.errors,
            "pauses": [[part.us(begin_ns), part.us(end_ns)] for begin_ns, end_ns in longest],
            "dropped": receiver.dropped,
            "joins": len(joined_ns),
            "joins_took_ms": (max(joined_ns) - min(joined_ns)) // NS_PER_MS if joined_ns else 0,
            "sent": [self.sent(sender) for sender in outgoing.senders],
            **self.of_flows(),
            "reports": [[*key, number] for key, number in receiver.reports.heard.items()],
            "foreign": [[*key, *stream.row()] for key, stream in (streams.foreign or {}).items()],
            "periods": {
                group: [[part.us(begin_ns), part.us(end_ns)] for begin_ns, end_ns in periods]
                for group, periods in receiver.periods.items()
            },
            "cpu_s": {number: after - before for number, (before, *rest) in marks for after in rest[:1]},
            "silences": None if silences.blind else [heard for _, _, _, heard in silences.silences],
        }

    def sent(self, sender: Sender) -> dict[str, Any]:
        """Return what was sent of a flow."""
        return {
            "flow": sender.flow.number,
            "sent": sender.sent - sender.errors,
            "errors": sender.errors,
            "error": sender.error,
            "began_late_us": max(0, sender.began_ns - sender.flow.start_ns) // NS_PER_US,
            "late_max_us": sender.late_ns // NS_PER_US,
            "late": sender.late,
            "failed": sender.failed,
            "took_us": sender.took_ns // NS_PER_US,
            "datagrams_a_call": sender.at_once,
            "left_us": packed(sender.left_us),
        }

    def of_flows(self) -> dict[str, Any]:
        """Return what was received, by the kinds of flows."""
        records, is_brief, periods = self.part.records, self.part.is_brief, self.receiver.periods
        by_kind: dict[str, list[Record]] = {"main": [], "sweep": [], "rate": []}
        for record in records.values():
            by_kind.setdefault(record.flow.kind, []).append(record)
        main = by_kind["main"]
        stands_ns = {
            (record.flow.group, record.flow.sender): record.stands_ns(periods[record.flow.group])
            for record in main
            if record.flow.group in periods and not is_brief
        }
        return {
            "received": columns([self.received(record) for record in main]),
            "slices": {
                record.flow.number: record.slices(*self.shown(record))
                for record in (main if len(main) <= SLICED_FLOWS and not is_brief else ())
            },
            "sweeps": [
                {
                    "flow": record.flow.number,
                    "whole_octets": record.sizes_whole(stands_ns.get((record.flow.group, record.flow.sender), 0)),
                    "shift_us": record.usual_shift_us(),
                    "holes": record.holes([range(record.flow.count)]),
                }
                for record in by_kind["sweep"]
            ],
            "rates": [
                {
                    "flow": record.flow.number,
                    "distinct": sum(record.seen),
                    "duplicates": len(record.again),
                    "shift_us": record.usual_shift_us(),
                    "holes": record.holes([range(record.flow.count)]),
                }
                for record in by_kind["rate"]
            ],
            "arrived_us": {
                number: packed(record.arrived_us) for number, record in records.items() if record.flow.media is not None
            },
            "delay_us": {number: packed(each.delay_us) for number, each in records.items() if each.delay_us},
        }

    def received(self, record: Record) -> dict[str, Any]:
        """Return what was received of a flow, and how long it went on after the last leave."""
        periods, blind = self.receiver.periods.get(record.flow.group, []), self.silences.blind
        heard_ns = self.silences.heard_ns.get(record.flow.number, 0)
        delay_us = max(0, heard_ns - periods[-1][1]) // NS_PER_US if periods else 0
        is_brief = self.part.is_brief and record.flow.media
        found = record.brief() if is_brief else record.summary(periods, *self.edges_ns)
        return {**found, "leave_delay_us": -1 if blind or not found["distinct"] else delay_us}

    def shown(self, record: Record) -> tuple[int, int]:
        """Return the sequence numbers between which a flow is shown over time: from the first settling to the end."""
        periods = self.receiver.periods.get(record.flow.group, [])
        windows = [record.window(*period, *self.edges_ns) for period in periods]
        return (windows[0].start, windows[-1].stop) if windows else (0, 0)
