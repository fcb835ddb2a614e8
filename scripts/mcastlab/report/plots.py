"""Latency and loss over time, one plot for each way; delays of joining and leaving. Values for the template."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from mcastlab.report.pairs import around
from mcastlab.report.words import US_PER_MS, bounded, loss, median, milliseconds, percent
from mcastlab.text import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mcastlab.traffic.results import Delivery, Path, Slice

WIDTH: Final = 460
HEIGHT: Final = 262
LEFT, RIGHT = 50, 440
LATENCY_TOP, LATENCY_BOTTOM = 12, 150
LOSS_TOP, LOSS_BOTTOM = 182, 218
IN_MS: Final = 100
"""Microseconds; what is quicker is drawn in microseconds."""
DELAYS_LEFT: Final = 116
DOTS_SHOWN: Final = 120
"""Of a row of delays; of more, every so many-th."""
ROUND: Final = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """An axis from 0 to a round number, laid over a length of the picture."""

    top: float
    ticks: tuple[float, ...]
    begin: float
    """Where 0 stands."""
    end: float
    """Where `top` stands; before `begin` where the picture's coordinates run the other way."""

    def at(self, value: float) -> float:
        """Return where a value stands, to a tenth of the picture's unit."""
        return round(self.begin + (self.end - self.begin) * value / self.top, 1)

    def marks(self) -> tuple[tuple[float, str], ...]:
        """Return where each tick stands, and its number."""
        return tuple((self.at(tick), f"{tick:g}") for tick in self.ticks)


def axis(largest: float, begin: float, end: float, *, steps: int = 4) -> Axis:
    """Return an axis with about so many steps of a round number, which holds the largest value.

    >>> axis(1.37, 0, 100).ticks
    (0.0, 0.5, 1.0, 1.5)
    >>> axis(0, 0, 100).top
    1.0
    """
    if not math.isfinite(largest) or largest <= 0:
        largest = 1.0
    rough = largest / steps
    magnitude = 10 ** math.floor(math.log10(rough))
    step = next(each * magnitude for each in ROUND if each * magnitude >= rough * (1 - 1e-9))
    number = math.ceil(largest / step - 1e-9)
    return Axis(
        top=number * step, ticks=tuple(round(step * index, 9) for index in range(number + 1)), begin=begin, end=end
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePlot:
    """Latency and loss of all deliveries that go one way, over time."""

    path: Path
    pairs: str
    label: str
    """For those who do not see it."""
    time: Axis
    latency: Axis
    unit: str
    """Of latency: ms, or µs where all is quicker than a tenth of a millisecond."""
    loss: Axis
    median: str
    """SVG path of the pairs' median; it breaks where nothing arrived."""
    band: str
    """SVG path around all pairs; empty for a single one."""
    bounded: str
    """What is known of a latency of which there is nothing to draw, as it is not measured; empty where it is."""
    bars: tuple[tuple[float, float, float, float, str], ...]
    """Of loss: x, y, width, height, and what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayRow:
    """Delays of all deliveries that go one way."""

    path: Path
    y: float
    dots: tuple[float, ...]
    median_x: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayPlot:
    """A row of dots for each way."""

    title: str
    axis: Axis
    rows: tuple[DelayRow, ...]
    height: float


def time_plots(deliveries: Iterable[Delivery]) -> tuple[TimePlot, ...]:
    """Return a plot for each way that has a timeline."""
    ways: dict[Path, list[Delivery]] = {}
    for delivery in deliveries:
        if delivery.timeline:
            ways.setdefault(delivery.path, []).append(delivery)
    return tuple(_time_plot(path, rows) for path, rows in ways.items())


def _time_plot(path: Path, rows: Sequence[Delivery]) -> TimePlot:
    width = _slice_width(rows[0].timeline)
    columns: dict[float, list[Slice]] = {}
    for row in rows:
        for part in _counted(row):
            # Senders need not begin at the same moment.
            columns.setdefault(round(part.at_ms / width) * width, []).append(part)
    times = sorted(columns)
    everything = [part.latency_median_us for row in rows for part in row.timeline if part.latency_median_us is not None]
    unit, divisor = ("ms", US_PER_MS) if max(everything, default=US_PER_MS) >= IN_MS else ("µs", 1)
    seen = {
        at: [part.latency_median_us / divisor for part in columns[at] if part.latency_median_us is not None]
        for at in times
    }
    time = axis((times[-1] + width) / 1000, LEFT, RIGHT, steps=5)
    latency = axis(max((max(each) for each in seen.values() if each), default=0), LATENCY_BOTTOM, LATENCY_TOP)
    share = axis(100, LOSS_BOTTOM, LOSS_TOP, steps=1)
    middles = [(time.at((at + width / 2) / 1000), seen[at]) for at in times]
    lost, sent = loss(rows)
    bound = None if everything else around(rows)
    return TimePlot(
        path=path,
        pairs=count(len(rows), "pair"),
        label=f"{path.words}: median {milliseconds(median(everything)) if bound is None else bounded(bound)} ms, "
        f"{percent(lost, sent)} lost",
        time=time,
        latency=latency,
        unit=unit,
        loss=share,
        median=_line([(x, latency.at(statistics.median(each)) if each else None) for x, each in middles]),
        band=_band(middles, latency) if len(rows) > 1 else "",
        bounded="" if bound is None else f"{bounded(bound)} ms",
        bars=tuple(_bar(at, width, columns[at], time, share) for at in times if any(part.lost for part in columns[at])),
    )


def _counted(row: Delivery) -> Iterator[Slice]:
    """Yield a delivery's slices without what was sent before its path stood: no figure of it counts that as lost."""
    before = max(0, sum(part.lost for part in row.timeline) - row.lost)
    for part in row.timeline:
        uncounted = min(part.lost, before)
        before -= uncounted
        yield part.model_copy(update={"sent": part.sent - uncounted, "lost": part.lost - uncounted})


def _slice_width(timeline: Sequence[Slice]) -> float:
    steps = [later.at_ms - earlier.at_ms for earlier, later in pairwise(timeline)]
    return min((step for step in steps if step > 0), default=1000.0)


def _line(points: Sequence[tuple[float, float | None]]) -> str:
    """Return an SVG path through the points, broken where one is missing; one alone is a short stroke."""
    path: list[str] = []
    drawing = False
    for x, y in points:
        if y is None:
            drawing = False
        else:
            path.append(f"L{x:g} {y:g}" if drawing else f"M{x:g} {y:g}h0.1")
            drawing = True
    return "".join(path)


def _band(middles: Sequence[tuple[float, Sequence[float]]], latency: Axis) -> str:
    """Return an SVG path around the smallest and largest value at each time, in as many pieces as there are gaps."""
    pieces: list[list[tuple[float, Sequence[float]]]] = [[]]
    for x, values in middles:
        if values:
            pieces[-1].append((x, values))
        elif pieces[-1]:
            pieces.append([])
    drawn = ""
    for piece in pieces:
        if len(piece) > 1:
            upper = [f"{x:g} {latency.at(max(values)):g}" for x, values in piece]
            lower = [f"{x:g} {latency.at(min(values)):g}" for x, values in reversed(piece)]
            drawn += f"M{'L'.join((*upper, *lower))}Z"
    return drawn


def _bar(
    at: float, width: float, parts: Sequence[Slice], time: Axis, share: Axis
) -> tuple[float, float, float, float, str]:
    lost, sent = sum(part.lost for part in parts), sum(part.sent for part in parts)
    x, to_x, y = time.at(at / 1000), time.at((at + width) / 1000), share.at(100 * lost / sent if sent else 0)
    # However little was lost, it is seen.
    y = min(y, LOSS_BOTTOM - 2)
    words = f"{percent(lost, sent)} lost at {at / 1000:g} s"
    return x, y, max(1.0, round(to_x - x - 1, 1)), round(LOSS_BOTTOM - y, 1), words


def delay_plots(deliveries: Sequence[Delivery]) -> tuple[DelayPlot, ...]:
    """Return how long joins and leaves took, where that was measured."""
    wanted: tuple[tuple[str, Callable[[Delivery], float | None]], ...] = (
        ("from the join to the first datagram", lambda each: each.join_delay_ms),
        ("from the leave to the last datagram", lambda each: each.leave_delay_ms),
    )
    return tuple(plot for title, value in wanted if (plot := _delay_plot(title, deliveries, value)) is not None)


def _delay_plot(
    title: str, deliveries: Sequence[Delivery], value: Callable[[Delivery], float | None]
) -> DelayPlot | None:
    ways: dict[Path, list[float]] = {}
    for delivery in deliveries:
        delay = value(delivery)
        if delay is not None:
            ways.setdefault(delivery.path, []).append(delay)
    if not ways:
        return None
    scale = axis(max(max(each) for each in ways.values()), DELAYS_LEFT, RIGHT, steps=4)
    rows: list[DelayRow] = []
    for index, (path, delays) in enumerate(ways.items()):
        ordered = sorted(delays)
        middle = statistics.median(ordered)
        shown = ordered[:: 1 + len(ordered) // DOTS_SHOWN]
        rows.append(
            DelayRow(
                path=path,
                y=20 + 30 * index,
                dots=tuple(scale.at(each) for each in (*shown, ordered[-1])),
                median_x=scale.at(middle),
                label=f"{path.words}: {ordered[0]:.0f} to {ordered[-1]:.0f} ms, median {middle:.0f} ms "
                f"of {count(len(ordered), 'join' if 'join' in title else 'leave')}",
            )
        )
    return DelayPlot(title=title, axis=scale, rows=tuple(rows), height=30 * len(rows) + 8)
