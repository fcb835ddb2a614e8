"""A verification on a terminal: root causes, then a line a layer, then the traffic; 80 columns show all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from mcastlab.report.layers import explanations, layers, unexplained
from mcastlab.report.terminal_traffic import traffic_tables
from mcastlab.report.words import SIGNS, applied, headline, held
from mcastlab.text import printable
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from mcastlab.report.layers import Explanation
    from mcastlab.verify.findings import CheckResult, Finding
    from mcastlab.verify.report import VerificationReport

STYLES: Final = {
    Verdict.HOLDS: "green",
    Verdict.FAILS: "bold red",
    Verdict.NOT_APPLICABLE: "dim",
    Verdict.NOT_REACHED: "dim",
}
LAYER_WIDTH: Final = 11
FINDINGS_SHOWN: Final = 5
"""Failing findings of a check; of more, their number is shown."""


def show(console: Console, report: VerificationReport, *, verbose: bool = False) -> None:
    """Print a verification for people: a line a layer and the traffic; `verbose` prints every check and figure.

    The first line is the first root cause, or the verdict where there is none.
    """
    for part in _parts(report, verbose=verbose):
        console.print(part, crop=False, highlight=False)


def _parts(report: VerificationReport, *, verbose: bool) -> Iterator[RenderableType]:
    for each in explanations(report):
        yield from _explained(each)
        yield ""
    failed = report.verdict is Verdict.FAILS
    sign = Text(f"{SIGNS[report.verdict]} ", style=STYLES[report.verdict])
    yield sign.append(f"{printable(report.lab)} {'does not hold' if failed else 'holds'}: ").append(
        f"{headline(report)}; {report.duration_s:.1f} s", style="not bold default"
    )
    yield ""
    yield check_table(report.checks) if verbose else layer_table(report.checks, unexplained(report))
    if report.traffic is not None:
        yield ""
        yield from traffic_tables(report.traffic, brief=not verbose)
    for note in report.notes:
        yield _hanging("note: ", Text(printable(note), style="dim"))
    if failed and not verbose:
        yield Text("-v prints every check and what it saw", style="dim")


def _explained(found: Explanation) -> Iterator[RenderableType]:
    diagnosis, later = found.diagnosis, found.diagnosis.flows_still
    sign = Text("! ", style="bold yellow") if later else Text(f"{SIGNS[Verdict.FAILS]} ", style=STYLES[Verdict.FAILS])
    sentence = Text(printable(diagnosis.sentence), style="bold")
    if later:
        sentence.append(" (packets still flow)", style="not bold yellow")
    yield _hanging(sign, sentence)
    if found.share:
        yield Padding(Text(found.share, style="dim"), (0, 0, 0, 2))
    yield Padding(Text(f"fix in {printable(diagnosis.fix_where)}:", style="dim"), (0, 0, 0, 2))
    for line in printable(diagnosis.fix).splitlines():
        yield Verbatim(f"    {line}")
    if diagnosis.apply is not None:
        yield Padding(Text("or have it applied:", style="dim"), (0, 0, 0, 2))
        yield Verbatim(f"    {applied(diagnosis)}")


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


def layer_table(checks: Sequence[CheckResult], explain: Collection[str]) -> Table:
    """Return a line a layer; below one that fails its failing checks, and what those saw that are to be explained."""
    table = Table.grid(padding=(0, 1), expand=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for layer in layers(checks):
        style = STYLES[layer.verdict]
        name = Text(f"{layer.name:<{LAYER_WIDTH}}").append(layer.about, style="dim")
        table.add_row(Text(SIGNS[layer.verdict], style=style), name, Text(layer.held, style=style))
        for check in layer.failing:
            table.add_row("", Text(f"  {printable(check.title)}"), Text(held(check), style="red"))
            for line in _failures(check) if check.key in explain else ():
                table.add_row("", *line)
    return table


def check_table(checks: Sequence[CheckResult]) -> Table:
    """Return checks, each with its sign, and all that each of them saw."""
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
        for finding in check.findings:
            seen = _seen(finding) if finding.verdict is Verdict.FAILS else Text(printable(finding.seen), style="dim")
            table.add_row("", Text(f"  {SIGNS[finding.verdict]} {_subject(finding)}", style="dim"), seen)
    return table


def _failures(check: CheckResult) -> Iterator[tuple[Text, Text]]:
    failing = [finding for finding in check.findings if finding.verdict is Verdict.FAILS]
    for finding in failing[:FINDINGS_SHOWN]:
        yield Text(f"  {_subject(finding)}", style="dim"), _seen(finding)
    if len(failing) > FINDINGS_SHOWN:
        yield Text(f"  and {len(failing) - FINDINGS_SHOWN} more", style="dim"), Text("")


def _subject(finding: Finding) -> str:
    of_site = "" if finding.subject.site is None else f" ({finding.subject.site})"
    return printable(f"{finding.subject.words} {finding.subject.name}{of_site}")


def _seen(finding: Finding) -> Text:
    return Text(printable(finding.seen)).append(f"\nexpected: {printable(finding.expected)}", style="dim")
