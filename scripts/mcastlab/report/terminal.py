"""A verification on a terminal: causes first, then the ladder, then the traffic. Any width; 80 columns show all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from mcastlab.report.terminal_traffic import traffic_tables
from mcastlab.report.words import SIGNS, headline, held
from mcastlab.text import printable
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from mcastlab.verify.findings import CheckResult, Diagnosis, Finding
    from mcastlab.verify.report import VerificationReport

STYLES: Final = {
    Verdict.HOLDS: "green",
    Verdict.FAILS: "bold red",
    Verdict.NOT_APPLICABLE: "dim",
    Verdict.NOT_REACHED: "dim",
}
FINDINGS_SHOWN: Final = 5
"""Failing findings of a check; of more, their number is told."""


def show(console: Console, report: VerificationReport, *, brief: bool = False) -> None:
    """Print a verification for people; `brief` leaves out the checks that hold and the matrices.

    The first line is the first cause, or the verdict where there is none.
    """
    for part in _parts(report, brief=brief):
        console.print(part, crop=False, highlight=False)


def _parts(report: VerificationReport, *, brief: bool) -> Iterator[RenderableType]:
    for cause in report.diagnoses:
        yield from _cause(cause)
        yield ""
    failed = report.verdict is Verdict.FAILS
    sign = Text(f"{SIGNS[report.verdict]} ", style=STYLES[report.verdict])
    yield sign.append(f"{printable(report.lab)} {'does not hold' if failed else 'holds'}: ").append(
        f"{headline(report)}; {report.duration_s:.1f} s", style="not bold default"
    )
    if not brief or failed:
        yield ""
        yield ladder(report, brief=brief)
    if report.traffic is not None:
        yield ""
        yield from traffic_tables(report.traffic, brief=brief)
    for note in report.notes:
        yield _hanging("note: ", Text(printable(note), style="dim"))


def _cause(cause: Diagnosis) -> Iterator[RenderableType]:
    later = cause.flows_still
    sign = Text("! ", style="bold yellow") if later else Text(f"{SIGNS[Verdict.FAILS]} ", style=STYLES[Verdict.FAILS])
    sentence = Text(printable(cause.sentence), style="bold")
    if later:
        sentence.append(" (packets still flow)", style="not bold yellow")
    yield _hanging(sign, sentence)
    yield Padding(Text(f"fix in {printable(cause.fix_where)}:", style="dim"), (0, 0, 0, 2))
    for line in printable(cause.fix).splitlines():
        yield Verbatim(f"    {line}")


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A line that is never wrapped: it is there to be copied."""

    line: str

    def __rich_console__(self, console: Console, _options: ConsoleOptions) -> RenderResult:
        yield Segment(self.line, console.get_style("cyan"))
        yield Segment.line()


def _hanging(sign: Text | str, text: Text) -> Table:
    table = Table.grid(expand=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(sign, text)
    return table


def ladder(report: VerificationReport, *, brief: bool = False) -> Table:
    """Return a report's checks, or only those that fail; see `ladder_of`."""
    return ladder_of([check for check in report.checks if not brief or check.verdict is Verdict.FAILS])


def ladder_of(checks: Sequence[CheckResult]) -> Table:
    """Return checks, each with its sign; below one that fails what it saw."""
    table = Table.grid(padding=(0, 1), expand=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for check in checks:
        style = STYLES[check.verdict]
        dimmed = "" if check.verdict in {Verdict.HOLDS, Verdict.FAILS} else "dim"
        table.add_row(
            Text(SIGNS[check.verdict], style=style),
            Text(printable(check.title), style=dimmed),
            Text(printable(held(check)), style=style),
        )
        for line in _failures(check):
            table.add_row("", *line)
    return table


def _failures(check: CheckResult) -> Iterator[tuple[Text, Text]]:
    failing = [finding for finding in check.findings if finding.verdict is Verdict.FAILS]
    for finding in failing[:FINDINGS_SHOWN]:
        yield Text(f"  {_subject(finding)}", style="dim"), _seen(finding)
    if len(failing) > FINDINGS_SHOWN:
        yield Text(f"  and {len(failing) - FINDINGS_SHOWN} more", style="dim"), Text("")


def _subject(finding: Finding) -> str:
    of_site = "" if finding.subject.site is None else f" ({finding.subject.site})"
    return printable(f"{finding.subject.kind} {finding.subject.name}{of_site}")


def _seen(finding: Finding) -> Text:
    return Text(printable(finding.seen)).append(f"\nexpected: {printable(finding.expected)}", style="dim")
