"""What all reports share: a sign for each verdict, and numbers as people read them."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, Final

from mcastlab.text import count
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mcastlab.traffic.results import Delivery, LatencyBound
    from mcastlab.verify.findings import CheckResult, Diagnosis
    from mcastlab.verify.report import VerificationReport

SIGNS: Final = {Verdict.HOLDS: "✓", Verdict.FAILS: "✗", Verdict.NOT_APPLICABLE: "-", Verdict.NOT_REACHED: "·"}
"""Beside every colour, for those who do not see it."""

US_PER_MS: Final = 1000
WORTH_SHOWING: Final = 20
"""The lower bound is shown from so small a part of the upper on; a median is always a little past the least."""
_WORST: Final = (Verdict.FAILS, Verdict.HOLDS, Verdict.NOT_REACHED, Verdict.NOT_APPLICABLE)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the one that speaks for all: a failure, else what holds, else that nothing was looked at."""
    return min(verdicts, key=_WORST.index, default=Verdict.NOT_APPLICABLE)


def percent(part: int, whole: int) -> str:
    """Return a share: small ones never round to nothing, large ones never to all.

    >>> percent(0, 500), percent(1, 50000), percent(49999, 50000), percent(70, 500)
    ('0 %', '<0.1 %', '>99.9 %', '14 %')
    """
    if whole == 0:
        return "-"
    share = 100 * part / whole
    if part and share < 0.1:  # noqa: PLR2004
        return "<0.1 %"
    if part < whole and share > 99.9:  # noqa: PLR2004
        return ">99.9 %"
    return f"{share:.0f} %" if share == round(share) else f"{share:.1f} %"


def milliseconds(microseconds: int | None) -> str:
    """Return a time in milliseconds with three digits that count.

    >>> milliseconds(182), milliseconds(14200), milliseconds(None)
    ('0.18', '14.2', '-')
    """
    if microseconds is None:
        return "-"
    value = microseconds / US_PER_MS
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"  # noqa: PLR2004


def bounded(bound: LatencyBound) -> str:
    """Return what is known of a latency that was not measured, in milliseconds; no digit claims more.

    >>> from mcastlab.traffic.results import LatencyBound
    >>> bounded(LatencyBound(lower_ms=0, upper_ms=241.2)), bounded(LatencyBound(lower_ms=61.29, upper_ms=241.2))
    ('< 242', '61.2 to 242')
    """
    upper, lower = _rounded(bound.upper_ms, math.ceil), _rounded(bound.lower_ms, math.floor)
    return f"{lower} to {upper}" if bound.lower_ms * WORTH_SHOWING > bound.upper_ms else f"< {upper}"


def _rounded(ms: float, to_whole: Callable[[float], int]) -> str:
    digits = 2 if ms < 10 else 1 if ms < 100 else 0  # noqa: PLR2004
    return f"{to_whole(ms * 10**digits) / 10**digits:.{digits}f}"


def median_latency(delivery: Delivery) -> str:
    """Return a delivery's median latency in milliseconds where it was measured, or its bound as a bound."""
    return known_latency(None if delivery.latency is None else delivery.latency.median_us, delivery.bound)


def known_latency(median_us: int | None, bound: LatencyBound | None) -> str:
    """Return a latency in milliseconds where it was measured, or its bound as a bound; `-` where nothing is known.

    >>> known_latency(1500, None), known_latency(None, None)
    ('1.50', '-')
    """
    return milliseconds(median_us) if bound is None else bounded(bound)


def median(values: Sequence[int]) -> int | None:
    """Return the middle one, or what lies between the two in the middle; None of none."""
    return int(statistics.median(values)) if values else None


def failing(failed: int, of: str) -> str:
    """Return how many of some fail.

    >>> failing(1, "15 checks"), failing(2, "3")
    ('1 of 15 checks fails', '2 of 3 fail')
    """
    return f"{failed} of {of} {'fails' if failed == 1 else 'fail'}"


def held(check: CheckResult) -> str:
    """Return what became of a check in a few words."""
    if check.reason is not None and check.verdict in {Verdict.NOT_REACHED, Verdict.NOT_APPLICABLE}:
        return f"{check.verdict.words}: {check.reason}"
    failed = sum(finding.verdict is Verdict.FAILS for finding in check.findings)
    looked = sum(finding.verdict in {Verdict.FAILS, Verdict.HOLDS} for finding in check.findings)
    if not looked:
        return check.reason or check.verdict.words
    return failing(failed, str(looked)) if failed else f"{looked} of {looked} hold"


def applied(found: Diagnosis) -> str:
    """Return the command that applies a fix, and as a comment how many lines of configuration that takes."""
    lines = [line for line in found.fix.splitlines() if line.strip()]
    # A line with others below it is where they stand.
    leaves = [line for line, after in zip(lines, (*lines[1:], ""), strict=True) if _indent(after) <= _indent(line)]
    return f"{found.apply}  # {count(len(leaves), 'line')}"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def headline(report: VerificationReport) -> str:
    """Return the verdict in one sentence."""
    checks = [check for check in report.checks if check.verdict in {Verdict.HOLDS, Verdict.FAILS}]
    failed = sum(check.verdict is Verdict.FAILS for check in checks)
    said = (
        failing(failed, count(len(checks), "check"))
        if failed
        else f"{count(len(checks), 'check')} hold{'s' if len(checks) == 1 else ''}"
    )
    if report.traffic is None:
        return f"{said}; traffic was not sent"
    deliveries = report.traffic.deliveries
    whole = sum(delivery.holds for delivery in deliveries)
    return f"{said}; {whole} of {count(len(deliveries), 'delivery', 'deliveries')} whole"


def loss(deliveries: Iterable[Delivery]) -> tuple[int, int]:
    """Return the datagrams lost and sent, by receiver."""
    lost = sent = 0
    for delivery in deliveries:
        lost, sent = lost + delivery.lost, sent + delivery.sent
    return lost, sent
