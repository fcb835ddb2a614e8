"""A verification to be pasted into a ticket: Markdown that is as legible where nobody renders it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.report.layers import explanations, layers, unexplained
from mcastlab.report.pairs import summaries
from mcastlab.report.words import SIGNS, applied, bounded, headline, held, milliseconds, percent
from mcastlab.text import printable
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.report.layers import Explanation
    from mcastlab.traffic.results import TrafficReport
    from mcastlab.verify.report import VerificationReport


def summary(report: VerificationReport) -> str:
    """Return what was found: verdict, root causes with their fixes, what fails, traffic, versions."""
    return printable("\n".join(_lines(report))) + "\n"


def _lines(report: VerificationReport) -> Iterator[str]:
    failed = report.verdict is Verdict.FAILS
    yield f"**{SIGNS[report.verdict]} {report.lab} {'does not hold' if failed else 'holds'}**: {headline(report)}"
    yield ""
    yield f"mcastlab, {report.started:%Y-%m-%d %H:%M:%S} UTC, took {report.duration_s:.1f} s"
    for number, each in enumerate(explanations(report), start=1):
        yield ""
        yield from _explained(number, each)
    yield ""
    yield "| layer | | |"
    yield "|---|---|---|"
    explain = unexplained(report)
    for layer in layers(report.checks):
        yield f"| {SIGNS[layer.verdict]} {layer.name} | {layer.about} | {layer.held} |"
        for check in layer.failing:
            yield f"| | {_cell(check.title)} | {held(check)} |"
            for finding in check.findings if check.key in explain else ():
                if finding.verdict is Verdict.FAILS:
                    yield f"| | {_cell(finding.expected)} | {_cell(finding.seen)} |"
    if report.traffic is not None:
        yield ""
        yield from _traffic(report.traffic)
    yield ""
    yield f"Versions: {', '.join(f'{name} {version}' for name, version in report.versions.items())}"
    for note in report.notes:
        yield f"Note: {note}"


def _explained(number: int, found: Explanation) -> Iterator[str]:
    diagnosis = found.diagnosis
    share = f"{found.share[0].upper()}{found.share[1:]}. " if found.share else ""
    still = "Packets still flow. " if diagnosis.flows_still else ""
    yield f"{number}. {diagnosis.sentence}."
    yield f"   {still}{share}Fix in {diagnosis.fix_where}:"
    yield ""
    yield from (f"       {line}" for line in diagnosis.fix.splitlines())
    if diagnosis.apply is not None:
        yield ""
        yield "   or have it applied:"
        yield ""
        yield f"       {applied(diagnosis)}"


def _traffic(traffic: TrafficReport) -> Iterator[str]:
    yield "| | group | way | pairs | lost | ms median / p95 | join ms |"
    yield "|---|---|---|---|---|---|---|"
    for row in summaries(traffic.deliveries):
        sign = SIGNS[Verdict.HOLDS if row.holds else Verdict.FAILS]
        took = (
            f"{milliseconds(row.median_us)} / {milliseconds(row.p95_us)}" if row.bound is None else bounded(row.bound)
        )
        join = "-" if row.join_delay_ms is None else f"{row.join_delay_ms:.0f}"
        pairs, share = f"{row.senders} to {row.receivers}", percent(row.lost, row.sent)
        yield f"| {sign} | {_cell(row.group)} {row.address} | {row.path.words} | {pairs} | {share} | {took} | {join} |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
