"""Tables that fit the terminal they are printed on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from mcastlab.report.words import SIGNS, median_latency, percent, printable
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

    from mcastlab.report.pairs import Matrix
    from mcastlab.traffic.results import Delivery

CELL_WIDTH: Final = 8
LOSSY_SHOWN: Final = 6
"""Receivers; of more, their number is told."""
_GAPS: Final = 2


def plain_table(*headings: str) -> Table:
    """Return a table without lines; a heading that ends in ``>`` stands at the right."""
    table = Table(box=SIMPLE, pad_edge=False, padding=(0, 1), show_edge=False)
    for heading in headings:
        table.add_column(
            heading.removesuffix(" >"), justify="right" if heading.endswith(">") else "left", overflow="fold"
        )
    return table


def sign(*, holds: bool) -> Text:
    """Return the sign of what holds or fails."""
    verdict = Verdict.HOLDS if holds else Verdict.FAILS
    return Text(SIGNS[verdict], style="green" if holds else "bold red")


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
    told = f" {median_latency(delivery)}" if delivery.holds else f" {percent(delivery.lost, delivery.sent)}"
    return sign(holds=delivery.holds).append(told, style="not bold default" if delivery.holds else "")


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
        told = [
            f"{printable(name)} (from {number} of {len(matrix.senders)})"
            for name, number in lossy.most_common(LOSSY_SHOWN)
        ]
        more = f" and {len(lossy) - LOSSY_SHOWN} more" if len(lossy) > LOSSY_SHOWN else ""
        table.add_row("lost at", Text(", ".join(told) + more, style="red"))
    return table
