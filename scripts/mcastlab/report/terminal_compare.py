"""Two verifications side by side on a terminal: what got worse first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from mcastlab.report.comparison import CaseChange
from mcastlab.report.tables import plain_table
from mcastlab.report.words import SIGNS, known_latency
from mcastlab.text import printable
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, RenderableType

    from mcastlab.report.comparison import ComparedCase, Comparison

HEADINGS: Final = {
    CaseChange.WORSE: ("got worse", "bold red"),
    CaseChange.BETTER: ("got better", "green"),
    CaseChange.NEW: ("new", ""),
    CaseChange.GONE: ("gone", "yellow"),
    CaseChange.STILL_FAILING: ("still failing", "red"),
}
SHOWN: Final = 20
"""Cases of a kind; of more, their number is shown."""


def show_comparison(console: Console, found: Comparison) -> None:
    """Print two runs for people."""
    for part in _parts(found):
        console.print(part, crop=False, highlight=False)


def _parts(found: Comparison) -> Iterator[RenderableType]:
    yield _runs(found)
    for heading, sentences in (("new cause", found.diagnoses_new), ("cause gone", found.diagnoses_gone)):
        for sentence in sentences:
            yield Text(f"\n{heading}: {printable(sentence)}")
    for change, (heading, style) in HEADINGS.items():
        if cases := found.of(change):
            yield ""
            yield Text(f"{len(cases)} {heading}", style=style)
            yield from _cases(cases)
    if found.flows:
        yield ""
        yield _flows(found)
    yield ""
    yield Text(verdict(found), style="bold green" if found.holds else "bold red")


def verdict(found: Comparison) -> str:
    """Return what came of it in one sentence."""
    counts = [f"{len(cases)} {HEADINGS[change][0]}" for change in HEADINGS if (cases := found.of(change))]
    sign = SIGNS[Verdict.HOLDS if found.holds else Verdict.FAILS]
    return f"{sign} {', '.join((*counts, f'{found.unchanged} unchanged'))}"


def _runs(found: Comparison) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, run in (("before", found.before), ("after", found.after)):
        table.add_row(
            Text(name, style="dim"),
            Text(f"{SIGNS[run.verdict]} {printable(run.lab)}"),
            Text(f"{run.started:%Y-%m-%d %H:%M:%S} UTC"),
            Text(printable(run.headline)),
        )
    return table


def _cases(cases: tuple[ComparedCase, ...]) -> Iterator[RenderableType]:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for each in cases[:SHOWN]:
        said = Text(printable(each.said.partition("\n")[0].removeprefix("seen: ")), style="dim")
        table.add_row(
            f"  {each.layer}.{each.check}", Text(printable(each.name)).append("\n" if said else "").append(said)
        )
    yield table
    if len(cases) > SHOWN:
        yield Text(f"  and {len(cases) - SHOWN} more", style="dim")


def _flows(found: Comparison) -> Table:
    table = plain_table("group", "way", "lost % >", "ms median >", "join ms >")
    for each in found.flows:
        table.add_row(
            printable(each.group),
            each.path.words,
            _pair(_figure(each.loss_percent_before), _figure(each.loss_percent_after)),
            _pair(
                known_latency(each.latency_median_us_before, each.latency_bound_before),
                known_latency(each.latency_median_us_after, each.latency_bound_after),
            ),
            _pair(_figure(each.join_delay_ms_before, 0), _figure(each.join_delay_ms_after, 0)),
        )
    return table


def _pair(before: str, after: str) -> str:
    return f"{before} > {after}"


def _figure(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{value:.{digits}f}" if value else "0"
