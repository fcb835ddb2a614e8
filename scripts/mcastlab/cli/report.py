"""Outcomes as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcastlab.traffic.flows import Outcome

US_PER_MS: Final = 1000


def outcomes_table(outcomes: Sequence[Outcome]) -> Table:
    """Return a table with a row for each receiver and each bystander of the trials."""
    table = Table(title="Multicast, measured", title_justify="left", title_style="bold", expand=False)
    for heading in ("direction", "from", "group", "to"):
        table.add_column(heading, no_wrap=True)
    for heading in ("sent", "received", "lost", "latency ms min / median / max"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for outcome in outcomes:
        trial = outcome.trial
        start = (str(trial.direction), trial.sender, str(trial.group.address))
        for reception in outcome.receptions:
            lost = outcome.lost(reception)
            table.add_row(
                *start,
                reception.receiver,
                str(outcome.sent),
                str(reception.received),
                str(lost),
                _latency(reception.latency_min_us, reception.latency_median_us, reception.latency_max_us),
                _verdict(holds=outcome.sent > 0 and lost == 0, fails="lost"),
            )
        for bystander, heard in outcome.heard_unjoined:
            table.add_row(
                *start,
                f"{bystander} (did not join)",
                str(outcome.sent),
                str(heard),
                "",
                "",
                _verdict(holds=heard == 0, fails="leaked"),
            )
    return table


def _latency(*values: int | None) -> str:
    return " / ".join("-" if value is None else f"{value / US_PER_MS:.2f}" for value in values)


def _verdict(*, holds: bool, fails: str) -> Text:
    return Text("holds", style="green") if holds else Text(fails, style="bold red")
