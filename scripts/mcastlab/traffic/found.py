"""What the nodes of one run found, as they told it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcastlab.traffic.clocks import ClockOffset
    from mcastlab.traffic.plan import TrafficPlan

_NOTHING_SENT: Final[dict[str, Any]] = {"sent": 0, "errors": 0, "began_late_us": 0, "late": (), "failed": ()}


@dataclass(frozen=True, kw_only=True)
class Found:
    """A run: its plan, what each node found by its place in the plan, and how far each clock is ahead of ours."""

    plan: TrafficPlan
    by_node: Mapping[int, dict[str, Any]]
    offsets: Mapping[int, ClockOffset]

    def rows(self, node: int) -> Iterator[dict[str, Any]]:
        """Return what a node received, one entry a flow."""
        columns = self.by_node[node]["received"]
        for values in zip(*columns.values(), strict=True):
            yield dict(zip(columns, values, strict=True))

    def sent(self, flow: int) -> tuple[int, int]:
        """Return how many datagrams of a flow left its sender, and how many it could not send."""
        row = self.sent_row(flow)
        return int(row["sent"]), int(row["errors"])

    def sent_row(self, flow: int) -> Mapping[str, Any]:
        """Return what a flow's sender told of it."""
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
