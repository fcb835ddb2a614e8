"""Losses that are a busy host's own and not the network's, distinguished by what the host itself has seen: pure.

A loss is never a host's without evidence of that host. Its kernel counts what it threw away as a receiver's queue was
full; the probe notes when it was kept from running, and what it sent late for that. A pause takes the datagrams of all
flows, so one in which a flow arrived whole has lost nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mcastlab.traffic.payload import computed_octets
from mcastlab.traffic.results import Stall, StallKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcastlab.lab.model import Lab
    from mcastlab.traffic.node_results import Found
    from mcastlab.traffic.plan import PlannedFlow

US_PER_MS: Final = 1000
PAUSE_MS: Final = 50
"""What is shorter costs no datagram."""
LONG_PAUSE_MS: Final = 200
"""A batch: the proof begins when three of them arrived whole."""
NEAR_MS: Final = 25
"""How far a datagram may have come from the time at which it was to come."""
LEAVE_MARGIN_MS: Final = 40
A_SEGMENTED_READ: Final = 64
"""Datagrams that the kernel counts as one where a sender sends bursts of one size. Source: linux/udp.h."""
BURST: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A datagram that did not arrive, and when it would have by the receiver's clock, from the plan's begin."""

    flow: int
    sequence: int
    at_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuses:
    """What hosts have lost themselves, and what was never sent, by receiver and flow."""

    stalls: tuple[Stall, ...] = ()
    stalled: Mapping[tuple[int, int], int] = field(default_factory=dict)
    unsent: Mapping[tuple[int, int], int] = field(default_factory=dict)


def excuses(found: Found, lab: Lab, round_number: int = 1) -> Excuses:
    """Return which losses of a run are not the network's.

    Of a search for the largest payload that found what the design computes, what was too large is no loss.
    """
    stalls: Counter[tuple[int, StallKind, int, int]] = Counter()
    stalled: Counter[tuple[int, int]] = Counter()
    unsent: Counter[tuple[int, int]] = Counter()
    for node in found.receivers:
        host = _Receiver(found, node, lab)
        for loss in host.losses():
            if not found.was_sent(loss.flow, loss.sequence):
                unsent[node, loss.flow] += 1
            elif (why := host.queue_full(loss) or host.paused(loss) or _sent_late(found, node, loss)) is not None:
                stalls[why] += 1
                stalled[node, loss.flow] += 1
    return Excuses(
        stalls=tuple(
            Stall(
                host=found.plan.nodes[node].name,
                kind=kind,
                at_ms=begin_us / US_PER_MS,
                duration_ms=(end_us - begin_us) / US_PER_MS,
                lost=number,
                round=round_number,
            )
            for (node, kind, begin_us, end_us), number in sorted(stalls.items())
        ),
        stalled=stalled,
        unsent=unsent,
    )


def was_busy(found: Found) -> bool:
    """Say whether a host was kept from its part for so long that paths may not have stood for that."""
    return any(
        end_us - begin_us >= LONG_PAUSE_MS * US_PER_MS
        for answer in found.by_node.values()
        for begin_us, end_us in answer["pauses"]
    )


class _Receiver:
    """A node that receives: what it lost, and what it knows of itself."""

    def __init__(self, found: Found, node: int, lab: Lab) -> None:
        self.node, self.plan, self._answer = node, found.plan, found.by_node[node]
        self._lab = lab
        self._rows = [row for row in found.rows(node) if found.plan.meets(node, found.plan.flows[row["flow"]])]
        self._pauses = [(begin, end) for begin, end in self._answer["pauses"] if end - begin >= PAUSE_MS * US_PER_MS]
        self._left = [[*each] for each in self._answer["dropped"]]
        self._lost = list(self._losses())
        self._real = {pause for pause in self._pauses if self._took_all(pause)}

    def losses(self) -> Iterator[Loss]:
        """Return what was lost."""
        return iter(self._lost)

    def _losses(self) -> Iterator[Loss]:
        for row in (*self._rows, *self._answer["sweeps"], *self._answer["rates"]):
            flow = self.plan.flows[row["flow"]]
            largest = self._searched_octets(flow, row["whole_octets"]) if "whole_octets" in row else max(flow.sizes)
            # Of what never came nobody knows when it would have.
            for first, last in row["holes"] if row.get("distinct") != 0 else ():
                for sequence in range(first, last + 1):
                    if flow.sizes[sequence % len(flow.sizes)] <= largest:
                        yield Loss(flow=row["flow"], sequence=sequence, at_ms=_due_ms(flow, sequence, row["shift_us"]))

    def _searched_octets(self, flow: PlannedFlow, whole_octets: int) -> int:
        """Return the largest payload that a search should have had arrive and did not; 0 if it found what it should."""
        budget = computed_octets(self._lab, self.plan.nodes[flow.sender], self.plan.nodes[self.node]) or 0
        return budget if 0 < whole_octets < budget else 0

    def queue_full(self, loss: Loss) -> tuple[int, StallKind, int, int] | None:
        """Return the time in which the kernel threw away this datagram as nobody had read those before."""
        flow = self.plan.flows[loss.flow]
        counted_as_one = A_SEGMENTED_READ if flow.burst >= BURST and len(flow.sizes) == 1 else 1
        for part in self._left:
            group, begin_us, end_us, number = part
            if number > 0 and group == flow.group and _within(loss.at_ms, begin_us, end_us):
                # What a host cannot take for long is its limit, and no stall.
                if flow.kind == "rate" and not any(begin < end_us and begin_us < end for begin, end in self._pauses):
                    return None
                part[3] = number - 1 / counted_as_one
                return self.node, StallKind.QUEUE_FULL, begin_us, end_us
        return None

    def paused(self, loss: Loss) -> tuple[int, StallKind, int, int] | None:
        """Return the pause of this receiver in which all that came to it was lost, this datagram too."""
        for begin_us, end_us in self._real:
            if self.plan.flows[loss.flow].kind != "rate" and _within(loss.at_ms, begin_us, end_us):
                return self.node, StallKind.RECEIVER_PAUSED, begin_us, end_us
        return None

    def _took_all(self, pause: tuple[int, int]) -> bool:
        """Say whether each flow that was measured throughout a pause lost something in it."""
        lossy = {loss.flow for loss in self._lost if _within(loss.at_ms, *pause)}
        begin_ms, end_ms = (us / US_PER_MS for us in pause)
        for row in self._rows:
            flow, (first, stop) = self.plan.flows[row["flow"]], row["window"]
            measured = stop > first and row["distinct"]
            from_ms, to_ms = (_due_ms(flow, sequence, row["shift_us"]) for sequence in (first, stop))
            often = flow.interval_us < pause[1] - pause[0] - 2 * NEAR_MS * US_PER_MS
            if measured and often and from_ms < begin_ms and end_ms < to_ms and row["flow"] not in lossy:
                return False
        return bool(lossy)


def _sent_late(found: Found, node: int, loss: Loss) -> tuple[int, StallKind, int, int] | None:
    """Return the pause of a sender for which this datagram left late: at once with others, or after the leave."""
    flow = found.plan.flows[loss.flow]
    for first, last, late_us in found.sent_row(loss.flow)["late"]:
        if first <= loss.sequence <= last:
            leaves = [each.leave_ms for each in found.plan.memberships if (each.node, each.group) == (node, flow.group)]
            too_late = any(-NEAR_MS < leave - loss.at_ms < late_us / US_PER_MS + LEAVE_MARGIN_MS for leave in leaves)
            if late_us >= PAUSE_MS * US_PER_MS or too_late:
                begin_us = int(_due_ms(flow, first, 0) * US_PER_MS)
                return flow.sender, StallKind.SENDER_PAUSED, begin_us, begin_us + late_us
    return None


def _due_ms(flow: PlannedFlow, sequence: int, shift_us: int) -> float:
    return flow.due_ms(sequence) + shift_us / US_PER_MS


def _within(at_ms: float, begin_us: float, end_us: float) -> bool:
    return begin_us / US_PER_MS - NEAR_MS <= at_ms <= end_us / US_PER_MS + NEAR_MS
