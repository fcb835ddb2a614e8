"""Traffic on a terminal: a row for each group and way, a matrix of senders and receivers where it fits."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from mcastlab.report.pairs import Matrix, matrices, summaries
from mcastlab.report.tables import plain_table
from mcastlab.report.words import SIGNS, bounded, median_latency, milliseconds, percent
from mcastlab.text import count, printable
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from mcastlab.traffic.results import Delivery, Silence, Stall, TrafficReport

MATRICES_SHOWN: Final = 4
CELL_WIDTH: Final = 8
LOSSY_SHOWN: Final = 6
"""Receivers; of more, their number is shown."""
_GAPS: Final = 2
ROWS_SHOWN: Final = 12
"""Of groups and of what is wrong; of more, their number is shown."""
PAYLOADS_SHOWN: Final = 8
"""Of more ways, those that carry what they should are shown by their number."""


def traffic_tables(traffic: TrafficReport, *, brief: bool = False) -> Iterator[RenderableType]:
    """Return the traffic as tables for 80 columns and more; `brief` leaves out what holds but for the summary."""
    yield Text(f"traffic: {printable(traffic.profile)}, {printable(traffic.stream)}", style="bold")
    yield _summary(traffic)
    yield from _absent(traffic)
    for matrix in _shown(traffic):
        if not (brief and matrix.holds):
            yield ""
            yield FittingMatrix(matrix)
    if not brief:
        yield ""
        yield from _clocks(traffic.deliveries)
    yield from _stalls(traffic.stalls)
    if not (brief and all(silence.holds for silence in traffic.silences)):
        yield from _silences(traffic.silences)
    yield from _numbers(traffic, brief=brief)


def _summary(traffic: TrafficReport) -> Table:
    table = plain_table("group", "way", "pairs >", "lost >", "ms median / p95 >", "join ms >", "")
    rows = summaries(traffic.deliveries)
    # What fails is reported whatever is left out.
    chosen = sorted(rows, key=lambda row: row.holds)[:ROWS_SHOWN]
    for row in rows:
        if row not in chosen:
            continue
        table.add_row(
            f"{printable(row.group)} {row.address}",
            row.path.words,
            f"{row.senders}>{row.receivers}",
            percent(row.lost, row.sent),
            f"{milliseconds(row.median_us)} / {milliseconds(row.p95_us)}" if row.bound is None else bounded(row.bound),
            "-" if row.join_delay_ms is None else f"{row.join_delay_ms:.0f}",
            sign(holds=row.holds),
        )
    if len(rows) > len(chosen):
        table.add_rest(f"and {len(rows) - len(chosen)} more, which hold")
    return table


def _absent(traffic: TrafficReport) -> Iterator[RenderableType]:
    yield from (stated(f"absent: {printable(each.why)}", holds=False) for each in traffic.absent[:ROWS_SHOWN])
    yield from _more(traffic.absent)


def _clocks(deliveries: tuple[Delivery, ...]) -> Iterator[RenderableType]:
    """Tell how far the one-way latencies are to be trusted."""
    known = [each.latency for each in deliveries if each.latency is not None]
    if known:
        apart = milliseconds(max(abs(each.clock_offset_us) for each in known))
        error = milliseconds(max(each.clock_error_us for each in known))
        yield Text(f"clocks: measured offsets of up to {apart} ms are taken off, right to {error} ms", style="dim")
    compared = [each for each in known if each.clock_references]
    if compared:
        followed = ", ".join(sorted({reference for each in compared for reference in each.clock_references}))
        yield Text(
            f"clocks: those of {count(len(compared), 'pair')} between which nothing flows back are compared by their "
            f"time services ({printable(followed)})",
            style="dim",
        )
    unmeasured = sum(each.bound is not None for each in deliveries)
    if unmeasured:
        yield Text(
            f"latency: a bound for {count(unmeasured, 'pair')} between which nothing flows back: it cannot be measured",
            style="dim",
        )


def _stalls(stalls: tuple[Stall, ...]) -> Iterator[RenderableType]:
    """Tell what was lost for want of processor time: it counts against no path."""
    if stalls:
        lost = count(sum(stall.lost for stall in stalls), "datagram")
        yield Text(f"busy: hosts themselves lost {lost}; they count against no path, and such a round is played again:")
    for stall in stalls[:ROWS_SHOWN]:
        yield Text(f"    round {stall.round}: {printable(str(stall))}", style="dim")
    yield from _more(stalls)


def _shown(traffic: TrafficReport) -> tuple[Matrix, ...]:
    """Return the matrices that are worth their lines: of few groups all, of many those that fail."""
    found = matrices(traffic.deliveries)
    if len(found) > MATRICES_SHOWN:
        found = tuple(matrix for matrix in found if not matrix.holds)
    return found[:MATRICES_SHOWN]


def _silences(silences: tuple[Silence, ...]) -> Iterator[RenderableType]:
    if not silences:
        return
    leaks = [silence for silence in silences if not silence.holds]
    kinds = ", ".join(f"{number} {kind}" for kind, number in Counter(each.kind.words for each in silences).items())
    heard = f"{len(leaks)} of {count(len(silences), 'place')} heard something" if leaks else "nothing heard"
    yield stated(f"silence: {heard} ({kinds})", holds=not leaks)
    for leak in leaks[:ROWS_SHOWN]:
        yield Text(
            f"    {printable(leak.host)} ({leak.kind.words}) heard {count(leak.heard, 'datagram')} of "
            f"{printable(leak.group)} {leak.address}"
        )
    yield from _more(leaks)


def _more(rows: Sequence[object]) -> Iterator[Text]:
    """Tell how many rows are not shown."""
    if len(rows) > ROWS_SHOWN:
        yield Text(f"    and {len(rows) - ROWS_SHOWN} more", style="dim")


def _numbers(traffic: TrafficReport, *, brief: bool) -> Iterator[RenderableType]:
    shown = tuple(payload for payload in traffic.payloads if not (brief and payload.holds))
    if len(shown) > PAYLOADS_SHOWN:
        whole = [payload for payload in shown if payload.holds]
        shown = tuple(payload for payload in shown if not payload.holds)
        if whole:
            yield stated(f"payload: {count(len(whole), 'way')} carry the computed size whole", holds=True)
        if len(shown) > ROWS_SHOWN:
            yield stated(
                f"payload: {count(len(shown), 'way')} carry less than the computed size, these among them", holds=False
            )
            shown = shown[:ROWS_SHOWN]
    for payload in shown:
        yield stated(
            f"payload: {payload.largest_octets} octets whole {payload.path.words} (computed {payload.budget_octets}), "
            f"{printable(payload.sender)} to {printable(payload.receiver)}",
            holds=payload.holds,
        )
    for rate in traffic.rates:
        yield stated(
            f"rate: {rate.sustained_pps} of {rate.asked_pps} datagrams/s of {rate.size_octets} octets without loss "
            f"{rate.path.words}, {printable(rate.sender)} to {count(len(rate.receivers), 'receiver')}; "
            f"CPU {rate.sender_cpu_percent:.0f} % and {rate.receiver_cpu_percent:.0f} %",
            holds=rate.holds,
        )


def sign(*, holds: bool) -> Text:
    """Return the sign of what holds or fails."""
    verdict = Verdict.HOLDS if holds else Verdict.FAILS
    return Text(SIGNS[verdict], style="green" if holds else "bold red")


def stated(text: str, *, holds: bool) -> Text:
    """Return a line with the sign of what holds or fails before it."""
    return sign(holds=holds).append(f" {text}", style="not bold default")


@dataclass(frozen=True, slots=True)
class FittingMatrix:
    """Senders down, receivers across: with numbers where they fit, with signs alone where they do not."""

    matrix: Matrix

    def __rich_measure__(self, _console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(options.max_width, options.max_width)

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        matrix = self.matrix
        yield Text(f"{printable(matrix.group)} {matrix.address} port {matrix.port}: loss, or median ms", style="bold")
        first = max(len("from / to"), *map(len, matrix.senders))
        columns = [max(CELL_WIDTH, len(name)) for name in matrix.receivers]
        if first + sum(width + _GAPS for width in columns) <= options.max_width:
            yield _with_numbers(matrix)
        else:
            yield _signs(matrix, first, options.max_width)


def _with_numbers(matrix: Matrix) -> Table:
    table = plain_table("from / to", *(f"{printable(name)} >" for name in matrix.receivers))
    for sender in matrix.senders:
        cells = (matrix.cells.get((sender, receiver)) for receiver in matrix.receivers)
        table.add_row(printable(sender), *map(_number, cells))
    return table


def _number(delivery: Delivery | None) -> Text:
    if delivery is None:
        return Text("")
    figure = f" {median_latency(delivery)}" if delivery.holds else f" {percent(delivery.lost, delivery.sent)}"
    return sign(holds=delivery.holds).append(figure, style="not bold default" if delivery.holds else "")


def _signs(matrix: Matrix, first: int, width: int) -> Table:
    """A sign a receiver in the matrix's order, and by name those that something is lost at."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, min_width=first)
    table.add_column(overflow="fold", max_width=max(20, width - first - 1))
    lossy: Counter[str] = Counter()
    for sender in matrix.senders:
        row = Text()
        for receiver in matrix.receivers:
            delivery = matrix.cells.get((sender, receiver))
            row.append_text(Text(" ") if delivery is None else sign(holds=delivery.holds))
            if delivery is not None and not delivery.holds:
                lossy[receiver] += 1
        table.add_row(printable(sender), row)
    if lossy:
        receivers = [
            f"{printable(name)} (from {number} of {len(matrix.senders)})"
            for name, number in lossy.most_common(LOSSY_SHOWN)
        ]
        more = f" and {len(lossy) - LOSSY_SHOWN} more" if len(lossy) > LOSSY_SHOWN else ""
        table.add_row("lost at", Text(", ".join(receivers) + more, style="red"))
    return table
