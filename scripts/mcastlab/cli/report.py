"""Outcomes as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE
from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcastlab.traffic.flows import Outcome

US_PER_MS: Final = 1000


def outcomes_report(outcomes: Sequence[Outcome]) -> Group:
    """Return a table for each trial, a row for each receiver and each bystander; 80 columns are enough."""
    return Group(*(_table(outcome) for outcome in outcomes))


def _table(outcome: Outcome) -> Table:
    trial = outcome.trial
    established = (
        "no whole batch arrived"
        if outcome.established_after_s is None
        else f"path established after {outcome.established_after_s:.1f} s"
    )
    title = f"{trial.direction}: {trial.sender} sends {outcome.sent} to {trial.group.address}, {established}"
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE, pad_edge=False, padding=(0, 1))
    table.add_column("arrives at", no_wrap=True, min_width=24)
    for heading in ("received", "lost", "ms min / median / max"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for reception in outcome.receptions:
        lost = outcome.lost(reception)
        table.add_row(
            reception.receiver,
            str(reception.received),
            str(lost),
            _latency(reception.latency_min_us, reception.latency_median_us, reception.latency_max_us),
            _verdict(holds=outcome.sent > 0 and lost == 0, fails="lost"),
        )
    for bystander, heard in outcome.heard_unjoined:
        table.add_row(f"{bystander}, did not join", str(heard), "", "", _verdict(holds=heard == 0, fails="leaked"))
    return table


def _latency(*values: int | None) -> str:
    return " / ".join("-" if value is None else f"{value / US_PER_MS:.2f}" for value in values)


def _verdict(*, holds: bool, fails: str) -> Text:
    return Text("holds", style="green") if holds else Text(fails, style="bold red")
