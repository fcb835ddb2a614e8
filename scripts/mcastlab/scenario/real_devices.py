"""From what hosts heard of an appliance's RTP to what each device heard of it. Pure.

Nothing of the appliance itself is known: its packets say by sequence number and timestamp what was sent and when, from
the first of them on that anybody heard. When one left is known by a listener in the appliance's own LAN, whose way
counts as none; where there is none, a delay is only bounded, by the time at which the appliance was asked to send.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.scenario.heard_streams import error_ms, impaired, known_ms
from mcastlab.scenario.measures import US_PER_MS, PacketTimes, reception, score
from mcastlab.scenario.results import HeardStream
from mcastlab.traffic.device_rtp import foreign_packets
from mcastlab.traffic.plan import LATE_MS
from mcastlab.traffic.rtp_times import places_of, ticks_after

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mcastlab.scenario.script import ApplianceTalk, Script, Stay
    from mcastlab.traffic.clocks import ClockBounds, ClockOffset
    from mcastlab.traffic.device_rtp import ForeignPackets
    from mcastlab.traffic.node_results import Found

NAMES: Final = {"G.711 mu-law": "g711u", "G.711 A-law": "g711a", "G.722": "g722", "L16": "l16", "MPEG-2 TS": "ts"}
"""Codecs as they are called in a test."""
_APART: Final = 1 << 40
"""Between the numbers of two sources: more than any has packets."""
_ENDING_MS: Final = 40
"""Before the end of a talk, at which the appliance may have stopped a moment earlier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardTalk:
    """What was heard of an appliance while it was to send: by node and number, when it came."""

    due_ms: dict[int, float]
    """When each packet was sent that somebody heard, or that lay between two such; from the first one on."""
    arrived_us: dict[int, dict[int, int]]
    gap_ms: dict[int, float]
    spurts: dict[int, int]
    stream: str
    sources: int

    @property
    def first_us(self) -> int:
        """When the first packet came anywhere, each by its own clock."""
        return min(min(of_node.values()) for of_node in self.arrived_us.values())


class RealDevices:
    """What the devices of a part heard of its appliances.

    Args:
        script: the part.
        found: what its nodes found.
        clocks: how far nodes' clocks are apart, from each to each.
        asked_ms: when each talk was asked for, from the part's begin by this machine's clock.
        buffer_ms: the jitter buffer.
    """

    def __init__(
        self,
        script: Script,
        found: Found,
        clocks: Mapping[tuple[int, int], ClockOffset | ClockBounds],
        asked_ms: Mapping[ApplianceTalk, float],
        *,
        buffer_ms: int,
    ) -> None:
        self._script, self._found, self._clocks = script, found, clocks
        self._asked_ms, self._buffer_ms = asked_ms, buffer_ms
        self._packets = list(foreign_packets(found.plan, found.by_node))

    def sent_to(self, appliance: int, group: int) -> bool:
        """Say whether anything of an appliance came by way of a group."""
        return bool(self._of(appliance, group))

    def answer(self, appliance: int, group: int) -> str:
        """Return how an appliance answered in a group, in words; empty where it did not."""
        address = self._script.appliances[appliance].address
        if self.sent_to(appliance, group):
            return "it sent to the group itself"
        reports = (each for answer in self._found.by_node.values() for each in answer.get("reports", ()))
        return "it reports in RTCP" if any(list(each[:2]) == [group, address] for each in reports) else ""

    def talk(self, talk: ApplianceTalk) -> HeardTalk | None:
        """Return what was heard of a talk; None where that is nothing."""
        begin_ms, end_ms = self._time_of(talk)
        found = [
            part
            for each in self._of(talk.appliance, talk.group)
            if (part := each.between(begin_ms * US_PER_MS, end_ms * US_PER_MS)) is not None
        ]
        return _heard_talk(found, talk.span.begin_ms) if found else None

    def rows(self) -> Iterator[HeardStream]:
        """Return what each device heard of each talk while it was a member."""
        for talk in self._script.awaited:
            heard = self.talk(talk)
            for stay in self._script.stays:
                node = self._script.devices[stay.device].node
                there = stay.step == talk.step and stay.group == talk.group and node in self._found.by_node
                itself = node == self._script.appliances[talk.appliance].node
                if there and not itself and (heard is not None or talk.within_ms is None):
                    yield self._row(talk, heard, stay)

    def shortest_latencies(self) -> Iterator[tuple[tuple[int, int], int]]:
        """Return the shortest raw latency from each program's host that heard itself to each listener."""
        for talk in self._script.awaited:
            own, heard = self._script.appliances[talk.appliance].node, self.talk(talk)
            if own is None or heard is None or own not in heard.arrived_us:
                continue
            left = heard.arrived_us[own]
            for node, arrived in heard.arrived_us.items():
                shared = arrived.keys() & left.keys()
                if node != own and shared:
                    apart_us = self._found.begins_apart_us(node, own)
                    yield (own, node), min(arrived[number] - left[number] for number in shared) + apart_us

    def _of(self, appliance: int, group: int) -> list[ForeignPackets]:
        address = self._script.appliances[appliance].address
        return [each for each in self._packets if each.source == address and each.group == group]

    def _time_of(self, talk: ApplianceTalk) -> tuple[float, float]:
        """Return from when to when packets of an appliance are of a talk, and not of one before or after it."""
        others = [
            each.span.begin_ms
            for each in self._script.awaited
            if (each.appliance, each.group) == (talk.appliance, talk.group) and each.span.begin_ms > talk.span.begin_ms
        ]
        begin_ms = talk.span.begin_ms - self._found.plan.guard_ms if talk.within_ms is None else 0
        return begin_ms, min(others, default=self._found.plan.end_ms)

    def _row(self, talk: ApplianceTalk, heard: HeardTalk | None, stay: Stay) -> HeardStream:
        script, device = self._script, stay.device
        node = script.devices[device].node
        due = {} if heard is None else heard.due_ms
        arrived = {} if heard is None else heard.arrived_us.get(node, {})
        packets = self._times(talk, due, arrived, heard)
        for worse in script.impairments:
            if worse.inward and device in worse.devices:
                packets = impaired(packets, worse, f"{script.seed}-{talk.appliance}-{device}")
        end_ms = talk.span.end_ms - _ENDING_MS
        if heard is not None and talk.within_ms is None:
            # One that begins late is heard until the listener leaves.
            late_ms = heard.first_us / US_PER_MS - talk.span.begin_ms
            end_ms = min(end_ms, round(stay.span.end_ms - LATE_MS - late_ms))
        found = reception(packets, due, joined_ms=0, end_ms=end_ms, buffer_ms=self._buffer_ms)
        least, most, off_ms = self._latency(talk, heard, node, found.latency_min_us)
        p95 = self._latency(talk, heard, node, found.latency_p95_us)[1]
        stream = talk.stream if heard is None else heard.stream
        scores = [
            each
            for latency in (most, least)
            if latency is not None
            and (each := score(stream, found, latency_ms=latency, buffer_ms=self._buffer_ms)) is not None
        ]
        nothing = found.join_ms is None
        return HeardStream(
            step=talk.step + 1,
            group=script.groups[talk.group].name,
            talker=script.appliances[talk.appliance].name,
            listener=script.devices[device].name,
            stream=stream,
            begin_ms=talk.span.begin_ms,
            end_ms=talk.span.end_ms,
            due=found.due,
            lost=found.lost,
            loss=found.lost / found.due if found.due else 1.0,
            join_ms=found.join_ms,
            latency_p95_ms=p95 if off_ms is not None else None,
            latency_error_ms=off_ms,
            # In the appliance's own LAN, from which the others' delays are counted, nothing is known of it.
            latency_bound_ms=None if off_ms is not None or not p95 else p95,
            jitter_ms=None if found.jitter_us is None else found.jitter_us / US_PER_MS,
            gap_ms=None if nothing or heard is None else heard.gap_ms.get(node),
            mos=(scores[0], scores[1]) if len(scores) > 1 else None,
            sources=None if heard is None else heard.sources,
            talk_spurts=None if nothing or heard is None else heard.spurts.get(node),
        )

    def _times(
        self, talk: ApplianceTalk, due: Mapping[int, float], arrived: Mapping[int, int], heard: HeardTalk | None
    ) -> dict[int, PacketTimes]:
        """Return when each packet came to a node: later than due by its own first one, and than it left."""
        if not arrived or heard is None:
            return {}
        node = next(each for each, of_node in heard.arrived_us.items() if of_node is arrived)
        first = min(arrived, key=arrived.__getitem__)
        left = self._left_us(talk, heard, node)
        found = {}
        for number, at_us in arrived.items():
            transit = at_us - arrived[first] - round((due[number] - due[first]) * US_PER_MS)
            latency = transit if left is None else at_us - left[number]
            found[number] = PacketTimes(due_ms=due[number], transit_us=transit, latency_us=latency)
        return found

    def _near(self, talk: ApplianceTalk, heard: HeardTalk) -> int | None:
        """Return a program's own host, where it hears itself, or a listener in the appliance's own LAN."""
        appliance = self._script.appliances[talk.appliance]
        if appliance.node in heard.arrived_us:
            return appliance.node
        site = appliance.site
        return next((node for node in heard.arrived_us if self._script.nodes[node].site == site), None)

    def _left_us(self, talk: ApplianceTalk, heard: HeardTalk, node: int) -> dict[int, int] | None:
        """Return when packets left, by a listener of the same LAN, in that one's time; None where there is none.

        What that one did not hear left as much later than its first one as its timestamp says.
        """
        near = self._near(talk, heard)
        if near is None:
            return None
        arrived = heard.arrived_us[near]
        first = min(arrived, key=arrived.__getitem__)
        apart_us = self._found.begins_apart_us(node, near)
        return {
            number: arrived.get(number, arrived[first] + round((due - heard.due_ms[first]) * US_PER_MS)) - apart_us
            for number, due in heard.due_ms.items()
        }

    def _latency(
        self, talk: ApplianceTalk, heard: HeardTalk | None, node: int, raw_us: int | None
    ) -> tuple[float | None, float | None, float | None]:
        """Return from what to what a latency is, and how far it may be off if it is measured."""
        if heard is None or raw_us is None:
            return None, None, None
        near = self._near(talk, heard)
        if near == node:
            return 0.0, 0.0, None
        if near is not None:
            offset = self._clocks.get((near, node))
            least, most = known_ms(raw_us, offset)
            return least, most, error_ms(offset)
        asked_ms, offset = self._asked_ms.get(talk), self._found.offsets.get(node)
        if asked_ms is None or offset is None:
            return None, None, None
        first = min(heard.arrived_us[node].values())
        return 0.0, (first + offset.error_us + raw_us) / US_PER_MS - asked_ms, None


def _heard_talk(found: Sequence[ForeignPackets], begin_ms: float) -> HeardTalk:
    by_source: dict[int, list[ForeignPackets]] = {}
    for each in sorted(found, key=lambda part: part.arrived_us[0]):
        by_source.setdefault(each.ssrc, []).append(each)
    due: dict[int, float] = {}
    arrived: dict[int, dict[int, int]] = {}
    first_us = found[0].arrived_us[0] if len(found) == 1 else min(each.arrived_us[0] for each in found)
    for place, parts in enumerate(by_source.values()):
        start = parts[0]
        stamps: dict[int, int] = {}
        for each in parts:
            of_node = arrived.setdefault(each.node, {})
            for number, stamp, at_us in zip(
                places_of(each.numbers, start.numbers[0]), each.stamps, each.arrived_us, strict=True
            ):
                key = number + place * _APART
                of_node.setdefault(key, at_us)
                stamps.setdefault(key, ticks_after(stamp, start.stamps[0]))
        at_ms = begin_ms + (start.arrived_us[0] - first_us) / US_PER_MS
        origin = min(stamps.values())
        due.update(_filled({key: at_ms + (stamp - origin) * 1000 / start.clock_hz for key, stamp in stamps.items()}))
    codecs = dict.fromkeys(name for each in found for name in each.codecs)
    return HeardTalk(
        due_ms=due,
        arrived_us=arrived,
        gap_ms={node: max(each.gap_ms for each in found if each.node == node) for node in arrived},
        spurts={node: sum(len(each.spurts) for each in found if each.node == node) for node in arrived},
        stream=", ".join(NAMES.get(name, name) for name in codecs),
        sources=len(by_source),
    )


def _filled(due: Mapping[int, float]) -> dict[int, float]:
    """Return when packets were due, with those between that nobody heard.

    >>> _filled({5: 100.0, 8: 160.0})
    {5: 100.0, 6: 120.0, 7: 140.0, 8: 160.0}
    """
    found: dict[int, float] = {}
    before: int | None = None
    for number in sorted(due):
        if before is not None:
            step = (due[number] - due[before]) / (number - before)
            found.update({lost: due[before] + (lost - before) * step for lost in range(before + 1, number)})
        found[number] = due[number]
        before = number
    return found
