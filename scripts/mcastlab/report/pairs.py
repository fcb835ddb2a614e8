"""Deliveries put together: for each group who sent, who received, and what became of each pair."""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcastlab.report.words import loss, median
from mcastlab.traffic.results import LatencyBound, Path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mcastlab.traffic.results import Delivery


def in_order(name: str) -> tuple[tuple[str, int], ...]:
    """Return what puts names with numbers in their order.

    >>> sorted(["doppel-10", "phone-1", "doppel-9"], key=in_order)
    ['doppel-9', 'doppel-10', 'phone-1']
    """
    return tuple((text, int(number or 0)) for text, number in re.findall(r"(\D+|^)(\d*)", name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All deliveries of one group that go one way. Times by the median over those of its pairs that measured them."""

    group: str
    address: str
    path: Path
    senders: int
    receivers: int
    lost: int
    sent: int
    """Datagrams, counted at each receiver."""
    median_us: int | None
    p95_us: int | None
    bound: LatencyBound | None
    """Between what the medians of all its pairs lie, where none of them is measured."""
    join_delay_ms: float | None
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """One group's senders and receivers, both in the order of their names, numbers as numbers."""

    group: str
    address: str
    port: int
    senders: tuple[str, ...]
    receivers: tuple[str, ...]
    cells: Mapping[tuple[str, str], Delivery]
    """By sender and receiver; a pair that was not tried is missing."""

    @property
    def holds(self) -> bool:
        """Whether every pair got every datagram."""
        return all(delivery.holds for delivery in self.cells.values())


def summaries(deliveries: Iterable[Delivery]) -> tuple[Summary, ...]:
    """Return a row for each group and way."""
    gathered: dict[tuple[str, str, Path], list[Delivery]] = {}
    for delivery in deliveries:
        gathered.setdefault((delivery.group, delivery.address, delivery.path), []).append(delivery)
    ways = list(Path)
    groups = list(dict.fromkeys(key[:2] for key in gathered))
    ordered = sorted(gathered, key=lambda key: (groups.index(key[:2]), ways.index(key[2])))
    return tuple(_summary(*key, gathered[key]) for key in ordered)


def _summary(group: str, address: str, path: Path, rows: Sequence[Delivery]) -> Summary:
    lost, sent = loss(rows)
    latencies = [row.latency for row in rows if row.latency is not None]
    joins = [row.join_delay_ms for row in rows if row.join_delay_ms is not None]
    return Summary(
        group=group,
        address=address,
        path=path,
        senders=len({row.sender for row in rows}),
        receivers=len({row.receiver for row in rows}),
        lost=lost,
        sent=sent,
        median_us=median([latency.median_us for latency in latencies]),
        p95_us=median([latency.p95_us for latency in latencies]),
        bound=None if latencies else around(rows),
        join_delay_ms=statistics.median(joins) if joins else None,
        holds=all(row.holds for row in rows),
    )


def around(rows: Iterable[Delivery]) -> LatencyBound | None:
    """Return between what all latencies lie that are bounded, not measured; None if there is none."""
    bounds = [row.bound for row in rows if row.bound is not None]
    if not bounds:
        return None
    return LatencyBound(
        lower_ms=min(bound.lower_ms for bound in bounds), upper_ms=max(bound.upper_ms for bound in bounds)
    )


def matrices(deliveries: Iterable[Delivery]) -> tuple[Matrix, ...]:
    """Return a matrix for each group."""
    gathered: dict[tuple[str, str, int], list[Delivery]] = {}
    for delivery in deliveries:
        gathered.setdefault((delivery.group, delivery.address, delivery.port), []).append(delivery)
    return tuple(_matrix(*key, rows) for key, rows in gathered.items())


def _matrix(group: str, address: str, port: int, rows: Sequence[Delivery]) -> Matrix:
    return Matrix(
        group=group,
        address=address,
        port=port,
        senders=tuple(sorted({row.sender for row in rows}, key=in_order)),
        receivers=tuple(sorted({row.receiver for row in rows}, key=in_order)),
        cells={(row.sender, row.receiver): row for row in rows},
    )
