"""What the nodes of one run found, as they report it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcastlab.traffic.clocks import ClockOffset
    from mcastlab.traffic.plan import TrafficPlan
    from mcastlab.traffic.time_services import ServedClock

_NOTHING_SENT: Final[dict[str, Any]] = {
    "sent": 0,
    "errors": 0,
    "began_late_us": 0,
    "late": (),
    "failed": (),
    "left_us": (),
}
NEVER: Final = -(1 << 31)
"""What stands in the probe's times for a packet that did not arrive, or was not sent."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A run: its plan, what each node found by its place in the plan, and what is known of each one's clock."""

    plan: TrafficPlan
    by_node: Mapping[int, dict[str, Any]]
    offsets: Mapping[int, ClockOffset]
    """How far each clock is ahead of ours."""
    served: Mapping[int, ServedClock] = field(default_factory=dict)
    """What time services tell, where there are any."""

    def rows(self, node: int) -> Iterator[dict[str, Any]]:
        """Return what a node received, one entry a flow."""
        columns = self.by_node[node]["received"]
        for values in zip(*columns.values(), strict=True):
            row = dict(zip(columns, values, strict=True))
            yield row if self.plan.flows[row["flow"]].media is None else {**row, **self._raw(node, row)}

    def packet_us(self, node: int, flow: int) -> Iterator[tuple[int, int]]:
        """Return of each packet of a stream in RTP that arrived its sequence number and its raw latency.

        Nothing of its sender travels in a packet: when it left is joined with when it arrived here. Raw is the
        receiver's clock less the sender's. Packets that carry the time of their sampling tell that from then on.
        """
        delays_us = self.by_node[node].get("delay_us", {}).get(flow)
        if delays_us is not None:
            yield from ((sequence, us) for sequence, us in enumerate(delays_us) if us != NEVER)
            return
        left, arrived = self.sent_row(flow).get("left_us", ()), self.by_node[node].get("arrived_us", {}).get(flow, ())
        apart_us = self.begins_apart_us(node, self.plan.flows[flow].sender)
        # Without its sender's answer a packet counts as sent when it was due.
        for sequence, us in enumerate(arrived):
            late_us = left[sequence] if sequence < len(left) else 0
            if NEVER not in {us, late_us}:
                yield sequence, us - late_us + apart_us

    def begins_apart_us(self, node: int, other: int) -> int:
        """Return how much later the plan begins by one node's clock than by another's: what each was given."""
        return self.offsets[node].us - self.offsets[other].us if {node, other} <= set(self.offsets) else 0

    def usual_delay_us(self, node: int, flow: int) -> int:
        """Return what a stream's packets in RTP are sent later than due as a rule, by a receiver's clock; 0 of others.

        Of these the receiver tells how much later than due they came; of others, than sent.
        """
        left = [us for us in self.sent_row(flow).get("left_us", ()) if us != NEVER]
        return round(median(left)) - self.begins_apart_us(node, self.plan.flows[flow].sender) if left else 0

    def _raw(self, node: int, row: Mapping[str, Any]) -> dict[str, int]:
        """Return the raw latencies of a stream in RTP, joined."""
        first, end = row["window"]
        found = sorted(us for sequence, us in self.packet_us(node, row["flow"]) if first <= sequence < end)
        if not found:
            return {}
        shares = {"raw_min_us": 0.0, "raw_median_us": 0.5, "raw_p95_us": 0.95, "raw_max_us": 1.0}
        return {key: found[round(share * (len(found) - 1))] for key, share in shares.items()}

    def sent(self, flow: int) -> tuple[int, int]:
        """Return how many datagrams of a flow left its sender, and how many it could not send."""
        row = self.sent_row(flow)
        return int(row["sent"]), int(row["errors"])

    def sent_row(self, flow: int) -> Mapping[str, Any]:
        """Return what a flow's sender reported of it."""
        return self._sent.get(flow, _NOTHING_SENT)

    def was_sent(self, flow: int, sequence: int) -> bool:
        """Say whether a datagram left its sender."""
        row = self.sent_row(flow)
        return sequence < row["sent"] + row["errors"] and not any(a <= sequence <= b for a, b, _ in row["failed"])

    @cached_property
    def _sent(self) -> dict[int, Mapping[str, Any]]:
        return {row["flow"]: row for answer in self.by_node.values() for row in answer["sent"]}

    @property
    def receivers(self) -> tuple[int, ...]:
        """The nodes that were members of something."""
        return tuple(sorted({each.node for each in self.plan.memberships} & set(self.by_node)))
