"""From what hosts found to what each device heard of each stream. Pure."""

from __future__ import annotations

import random
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from mcastlab.scenario.measures import PacketTimes, reception, score
from mcastlab.scenario.results import HeardStream
from mcastlab.scenario.spans import Span
from mcastlab.traffic.clocks import ClockBounds, ClockOffset
from mcastlab.traffic.flow_faults import Fault
from mcastlab.traffic.node_results import NEVER
from mcastlab.traffic.plan import LATE_MS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mcastlab.scenario.script import Script, WorseTime
    from mcastlab.traffic.node_results import Found

SHORTEST_MS: Final = 250
"""A listener that is there for less has nothing to measure."""
US_PER_MS: Final = 1000
_SAME: Final = ClockOffset(us=0, error_us=0)


class Listening:
    """What each device heard in a part of a test.

    Args:
        script: the part.
        found: what its nodes found.
        clocks: how far nodes' clocks are apart, by what flowed between them in any part.
        buffer_ms: the jitter buffer.
    """

    def __init__(
        self,
        script: Script,
        found: Found,
        clocks: Mapping[tuple[int, int], ClockOffset | ClockBounds],
        *,
        buffer_ms: int,
    ) -> None:
        self._script, self._found, self._clocks, self._buffer_ms = script, found, clocks, buffer_ms
        self._kept: dict[tuple[int, int], dict[int, PacketTimes]] = {}
        self._dues: dict[int, dict[int, float]] = {}
        self._same: dict[object, dict[str, Any]] = {}

    def rows(self) -> Iterator[HeardStream]:
        """Return what each device heard of each stream to a group while it was a member."""
        by_group: dict[int, list[int]] = {}
        for flow, talk in enumerate(self._script.spoken):
            by_group.setdefault(talk.group, []).append(flow)
        for stay in self._script.stays:
            for present in self._script.present(stay.device, stay.span):
                for flow in by_group.get(stay.group, ()):
                    talk = self._script.spoken[flow]
                    begin, end = max(present.begin_ms, talk.span.begin_ms), talk.span.end_ms
                    if end > present.end_ms - LATE_MS:
                        # What is due then may come after the listener has left.
                        end = min(present.end_ms, end) - LATE_MS
                    node = self._script.devices[stay.device].node
                    known = node in self._found.by_node and self._found.plan.flows[flow].sender in self._found.by_node
                    if talk.device != stay.device and end - begin >= SHORTEST_MS and known:
                        span = Span(begin_ms=begin, end_ms=end)
                        yield self._heard(
                            stay.device,
                            flow,
                            span,
                            # Who was there before heard it from its begin on, whenever it came.
                            joined_ms=present.begin_ms if present.begin_ms > talk.span.begin_ms else 0,
                            left=present.end_ms == stay.span.end_ms,
                        )

    def _heard(self, device: int, flow: int, span: Span, *, joined_ms: int, left: bool) -> HeardStream:
        """Return what a device heard; those on one host that were there at the same time heard the same."""
        name, _talk = self._script.devices[device].name, self._script.spoken[flow]
        worse = tuple(self._impairments(device, span)) if self._script.impairments else ()
        key = (self._script.devices[device].node, flow, span, joined_ms, left, device if worse else None)
        if key not in self._same:
            self._same[key] = self._measured(device, flow, span, worse, joined_ms=joined_ms, left=left)
        return HeardStream(listener=name, **self._same[key])

    def _measured(
        self,
        device: int,
        flow: int,
        span: Span,
        worse: Sequence[WorseTime],
        *,
        joined_ms: int,
        left: bool,
    ) -> dict[str, Any]:
        """Return what was heard, by its fields, but for the listener's name."""
        script, plan = self._script, self._found.plan
        node, planned, talk = script.devices[device].node, plan.flows[flow], script.spoken[flow]
        packets = self._packets(node, flow)
        for impairment in worse:
            packets = impaired(packets, impairment, f"{script.seed}-{flow}-{device}")
        found = reception(packets, self._due(flow), joined_ms=joined_ms, end_ms=span.end_ms, buffer_ms=self._buffer_ms)
        offset = _SAME if node == planned.sender else self._clocks.get((planned.sender, node))
        least, most = known_ms(found.latency_min_us, offset)
        scores = [
            each
            for latency in (most, least)
            if latency is not None
            and (each := score(talk.stream, found, latency_ms=latency, buffer_ms=self._buffer_ms)) is not None
        ]
        p95 = known_ms(found.latency_p95_us, offset)[1]
        measured = isinstance(offset, ClockOffset)
        leave_us = self._leaves.get((node, flow), NEVER) if left else NEVER
        return {
            "step": talk.step + 1,
            "group": script.groups[talk.group].name,
            "talker": script.devices[talk.device].name,
            "stream": talk.stream,
            "begin_ms": span.begin_ms,
            "end_ms": span.end_ms,
            "due": found.due,
            "lost": found.lost,
            "loss": found.lost / found.due if found.due else 1.0,
            "join_ms": found.join_ms,
            "leave_ms": leave_us / US_PER_MS if leave_us >= 0 else None,
            "latency_p95_ms": p95 if measured else None,
            "latency_error_ms": error_ms(offset) if measured and p95 is not None else None,
            "latency_bound_ms": None if measured else p95,
            "jitter_ms": None if found.jitter_us is None else found.jitter_us / US_PER_MS,
            "gap_ms": found.gap_ms,
            "mos": (scores[0], scores[1]) if len(scores) > 1 else None,
            "holes": found.holes,
        }

    def _impairments(self, device: int, span: Span) -> Iterator[WorseTime]:
        """Return what makes a stream worse after a device received it; its sender did what is done before."""
        for each in self._script.impairments:
            if each.inward and device in each.devices and each.span.end_ms > span.begin_ms:
                yield each

    def _due(self, flow: int) -> dict[int, float]:
        if flow not in self._dues:
            planned = self._found.plan.flows[flow]
            dues = {sequence: planned.due_ms(sequence) for sequence in range(planned.count)}
            away = [each for each in planned.faults if each.kind == Fault.VANISH]
            self._dues[flow] = {
                sequence: due_ms
                for sequence, due_ms in dues.items()
                if not any(each.begin_ms <= due_ms < each.end_ms for each in away)
            }
        return self._dues[flow]

    def _packets(self, node: int, flow: int) -> dict[int, PacketTimes]:
        if (node, flow) not in self._kept:
            planned, arrived = self._found.plan.flows[flow], self._found.by_node[node]["arrived_us"].get(flow, ())
            self._kept[node, flow] = {
                sequence: PacketTimes(
                    due_ms=planned.due_ms(sequence), transit_us=arrived[sequence], latency_us=latency_us
                )
                for sequence, latency_us in self._found.packet_us(node, flow)
            }
        return self._kept[node, flow]

    @cached_property
    def _leaves(self) -> dict[tuple[int, int], int]:
        return {
            (node, row["flow"]): row["leave_delay_us"]
            for node in self._found.receivers
            for row in self._found.rows(node)
        }


def known_ms(raw_us: int | None, offset: ClockOffset | ClockBounds | None) -> tuple[float | None, float | None]:
    """Return from what to what a latency is, by how far two clocks are apart: both the same where it is measured."""
    if raw_us is None or offset is None:
        return None, None
    if isinstance(offset, ClockOffset):
        return (raw_us - offset.us) / US_PER_MS, (raw_us - offset.us) / US_PER_MS
    return max(0, raw_us - offset.most_us) / US_PER_MS, (raw_us - offset.least_us) / US_PER_MS


def error_ms(offset: ClockOffset | ClockBounds | None) -> float | None:
    """Return how far a latency may be off that was measured by two clocks; None where it is not measured."""
    return offset.error_us / US_PER_MS if isinstance(offset, ClockOffset) else None


def impaired(packets: dict[int, PacketTimes], worse: WorseTime, seed: str) -> dict[int, PacketTimes]:
    """Return packets as they come through an impairment, the same each time for the same seed."""
    drawn = random.Random(seed)  # noqa: S311  (the same seed gives the same test)
    found = {}
    for sequence, each in packets.items():
        lost, share = drawn.random() < worse.loss, drawn.random()
        if not worse.span.begin_ms <= each.due_ms < worse.span.end_ms:
            found[sequence] = each
        elif not lost:
            later_us = round((worse.delay_ms + share * worse.jitter_ms) * US_PER_MS)
            found[sequence] = PacketTimes(
                due_ms=each.due_ms,
                transit_us=each.transit_us + later_us,
                latency_us=each.latency_us + later_us,
            )
    return found
