"""A test of devices on a terminal and as JUnit XML: a row a step, what was not as expected first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from mcastlab.report.cases import ReportCase
from mcastlab.report.junit import junit_of
from mcastlab.report.over_time import HEIGHT, curves, sample
from mcastlab.report.page import rendered
from mcastlab.report.swim_lanes import NAMES, WIDTH, swim_lanes
from mcastlab.report.tables import plain_table
from mcastlab.report.terminal_traffic import sign
from mcastlab.report.words import bounded
from mcastlab.scenario.limits import in_words, score_in_words
from mcastlab.scenario.results import Grade
from mcastlab.text import count, printable
from mcastlab.traffic.results import LatencyBound
from mcastlab.verify.findings import Layer, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from rich.console import RenderableType

    from mcastlab.follow.trace import FollowTrace
    from mcastlab.scenario.results import DeviceTestReport, HeardStream, PlayedStep

WORST_SHOWN: Final = 10
"""Pairs of a talker and a listener; of more, their number is shown."""


def scenario_tables(report: DeviceTestReport) -> Iterator[RenderableType]:
    """Return a test as tables for 80 columns and more."""
    yield Text(f"test {printable(report.name)}: {count(report.devices, 'device')}, seed {report.seed}", style="bold")
    for absent in report.absent:
        yield Text(f"{printable(absent.host)} took no part: {printable(absent.why)}", style="bold red")
    yield _steps(report)
    yield from _latency_error(report)
    if any(row.sources is not None for row in report.heard):
        yield _sent_by_appliances(report)
    if report.receptions:
        yield _receptions(report)
    failing = [limit for limit in report.limits if not limit.holds]
    for limit in failing:
        yield Text.assemble(sign(holds=False), " ", printable(limit.sentence))
    if failing:
        yield _worst(report)
    if report.followed is not None:
        yield Text("\n".join(_followed(report.followed)))
    if report.limits:
        yield Text(f"{len(report.limits) - len(failing)} of {count(len(report.limits), 'limit')} kept")


def _followed(trace: FollowTrace) -> Iterator[str]:
    """Return what a follower did, a line a group."""
    for each in trace.joins:
        after = "before the test" if each.after_s is None else f"{each.after_s:.2f} s after it was seen to be wanted"
        yield f"{each.group} joined {after} ({', '.join(each.by) or 'nobody wants it any more'})"
    yield from (f"not followed: {printable(each)}" for each in trace.refused)


def _latency_error(report: DeviceTestReport) -> Iterator[RenderableType]:
    """Tell how far the latencies are to be trusted."""
    errors = [row.latency_error_ms for row in report.heard if row.latency_error_ms is not None]
    if errors:
        yield Text(f"clocks: measured latencies are right to {max(errors):.2g} ms", style="dim")


def _steps(report: DeviceTestReport) -> RenderableType:
    table = plain_table(
        "step", "", "streams >", "heard by >", "loss >", "ms p95 >", "join ms >", "gap ms >", "MOS >", ""
    )
    for step in report.steps:
        rows = [row for row in report.heard if row.step == step.number]
        if rows:
            limits = [limit for limit in report.limits if limit.step == step.number]
            table.add_row(*_figures(step, rows), sign(holds=all(limit.holds for limit in limits)))
        else:
            table.add_row(str(step.number), step.verb)
    return table


def _figures(step: PlayedStep, rows: list[HeardStream]) -> tuple[str, ...]:
    lost, due = sum(row.lost for row in rows), sum(row.due for row in rows)
    return (
        str(step.number),
        step.verb,
        str(len({(row.talker, row.begin_ms) for row in rows})),
        str(len({row.listener for row in rows})),
        in_words("loss", lost / due if due else 1.0),
        _latency(rows),
        "never" if any(row.join_ms is None for row in rows) else _most(rows, lambda row: row.join_ms),
        _most(rows, lambda row: row.gap_ms),
        _scores(rows),
    )


def _sent_by_appliances(report: DeviceTestReport) -> RenderableType:
    table = plain_table("appliance", "step >", "codec", "sources >", "talk spurts >", "loss >", "jitter ms >", "MOS >")
    by_step: dict[tuple[int, str], list[HeardStream]] = {}
    for row in report.heard:
        if row.sources is not None:
            by_step.setdefault((row.step, row.talker), []).append(row)
    for (step, name), rows in by_step.items():
        lost, due = sum(row.lost for row in rows), sum(row.due for row in rows)
        table.add_row(
            printable(name),
            str(step),
            ", ".join(dict.fromkeys(printable(row.stream) for row in rows)),
            str(max(row.sources or 0 for row in rows)),
            _most(rows, lambda row: row.talk_spurts),
            in_words("loss", lost / due if due else 1.0),
            _most(rows, lambda row: row.jitter_ms),
            _scores(rows),
        )
    return table


def _receptions(report: DeviceTestReport) -> RenderableType:
    table = plain_table("appliance", "step >", "group", "received", "why")
    for each in report.receptions:
        table.add_row(printable(each.device), str(each.step), each.group, each.grade.words, printable(each.why))
    return table


def _most(rows: Iterable[HeardStream], figure: Callable[[HeardStream], float | None]) -> str:
    values = [value for row in rows if (value := figure(row)) is not None]
    return f"{max(values):.2g}" if values and max(values) < 10 else f"{max(values):.0f}" if values else "-"  # noqa: PLR2004


def _latency(rows: Iterable[HeardStream]) -> str:
    """Return the largest delay in milliseconds, as a bound where the largest that is known is only one."""
    measured = max((row.latency_p95_ms for row in rows if row.latency_p95_ms is not None), default=None)
    bound = max((row.latency_bound_ms for row in rows if row.latency_bound_ms is not None), default=None)
    if bound is not None and (measured is None or bound > measured):
        return bounded(LatencyBound(lower_ms=0, upper_ms=bound))
    return _most(rows, lambda row: row.latency_p95_ms)


def _scores(rows: Iterable[HeardStream]) -> str:
    """Return the worst score, and the better end of what it may be."""
    worst = min((row.mos for row in rows if row.mos is not None), default=None)
    if worst is None:
        return "-"
    return score_in_words(worst)


def _worst(report: DeviceTestReport) -> RenderableType:
    table = plain_table("worst pairs", "step >", "loss >", "join ms >", "gap ms >", "MOS >")
    for row in _ordered(report)[:WORST_SHOWN]:
        table.add_row(
            f"{printable(row.talker)} to {printable(row.listener)} ({printable(row.group)})",
            str(row.step),
            in_words("loss", row.loss),
            "never" if row.join_ms is None else f"{row.join_ms:.0f}",
            "-" if row.gap_ms is None else f"{row.gap_ms:.0f}",
            _scores([row]),
        )
    return table


def scenario_page(report: DeviceTestReport, started: datetime, pair: tuple[str, str] | None = None) -> str:
    """Return a test as one page: lanes of devices over time, limits, the worst pairs, and what one of them heard.

    Args:
        report: what came of the test.
        started: when it began.
        pair: the talker and the listener whose sound the page holds; without it, the worst pair that heard any.
    """
    ordered = _ordered(report)
    chosen = [row for row in ordered if pair is not None and (row.talker, row.listener) == pair]
    return rendered(
        "device_test.html.j2",
        more_style="lanes.css",
        report=report,
        started=started,
        lanes=swim_lanes(report),
        width=WIDTH,
        curves=curves(report),
        curve_height=HEIGHT,
        names_width=NAMES,
        sample=sample((*chosen, *ordered)),
        worst=ordered[:WORST_SHOWN],
        words=in_words,
        score=score_in_words,
    )


def _ordered(report: DeviceTestReport) -> list[HeardStream]:
    """Return what was heard, the worst first."""
    return sorted(report.heard, key=lambda row: (-row.loss, row.mos or (5.0, 5.0)))


def scenario_junit(report: DeviceTestReport, started: datetime) -> str:
    """Return a test as JUnit XML: a case a limit of a step, called the same in every run."""
    return junit_of(_cases(report), report.lab, started)


def _cases(report: DeviceTestReport) -> Iterator[ReportCase]:
    for each in report.receptions:
        yield ReportCase(
            layer=Layer.TRAFFIC,
            check=f"test-{report.name}",
            name=f"step {each.step}: reception of {each.group} by {each.device}",
            # How good a grade has to be is an expectation's affair.
            verdict=Verdict.NOT_REACHED if each.grade is Grade.NONE else Verdict.HOLDS,
            title=f"{each.device} received {each.group}: {each.grade.words}",
            said=f"{each.grade.words}: {each.why}",
            message=f"{each.grade.words}: {each.why}",
        )
    seen: dict[str, int] = {}
    for limit in report.limits:
        name = f"step {limit.step} {limit.verb}: {limit.figure} {limit.limit}"
        seen[name] = seen.get(name, 0) + 1
        yield ReportCase(
            layer=Layer.TRAFFIC,
            check=f"test-{report.name}",
            name=name if seen[name] == 1 else f"{name} ({seen[name]})",
            verdict=Verdict.HOLDS if limit.holds else Verdict.FAILS,
            title=limit.sentence,
            said="" if limit.holds else limit.sentence,
            message="" if limit.holds else limit.sentence,
        )
