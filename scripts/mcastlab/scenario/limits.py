"""Whether what devices heard is within the limits that a test expects, and who was worst. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from mcastlab.scenario.results import GRADES, Grade, HeardStream, LimitResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mcastlab.follow.trace import FollowedJoin
    from mcastlab.lab.device_tests import DeviceTest, Expectation
    from mcastlab.lab.quantities import Limit
    from mcastlab.scenario.results import ProvenReception
    from mcastlab.traffic.results import Silence


FIGURES: Final = ("loss", "latency_p95", "jitter", "gap", "mos", "join", "leave")


def limits(test: DeviceTest, heard: Sequence[HeardStream], silences: Sequence[Silence]) -> Iterator[LimitResult]:
    """Return of each limit, in each step that it is about, whether it was kept, and who was worst."""
    for expectation in test.expect:
        for number, step in enumerate(test.steps, 1):
            rows = [row for row in heard if row.step == number]
            if expectation.step in {None, number} and (rows or expectation.step == number):
                yield from _of_step(expectation, number, step.verb, rows)
        if expectation.heard_by_others is not None:
            yield _silence(expectation.heard_by_others, expectation.step or len(test.steps), silences)


def _of_step(expectation: Expectation, number: int, verb: str, rows: Sequence[HeardStream]) -> Iterator[LimitResult]:
    for figure in FIGURES:
        limit: Limit | None = getattr(expectation, figure)
        of_row = _VALUES[figure]
        figures = [(value, row) for row in rows if (value := of_row(row)) is not None] if limit is not None else []
        if limit is None or (not figures and rows):
            continue
        worst = max(figures, key=lambda pair: pair[0] if limit.is_most else -pair[0], default=None)
        failing = sum(not limit.holds(value) for value, _ in figures)
        yield LimitResult(
            step=number,
            verb=verb,
            figure=figure,
            limit=str(limit),
            holds=bool(figures) and not failing,
            worst="nothing was heard" if worst is None else known_in_words(figure, *worst),
            device="nobody" if worst is None else worst[1].listener,
            failing=failing,
            measured=len(figures),
        )


def follow_limits(test: DeviceTest, followed: Sequence[FollowedJoin]) -> Iterator[LimitResult]:
    """Return of each limit of a follower's delay whether it was kept; a group that was there before has none."""
    taken = [(each.after_s * 1000, str(each.group)) for each in followed if each.after_s is not None]
    for expectation in test.expect:
        limit = expectation.follow
        if limit is not None:
            worst = max(taken, default=None)
            failing = sum(not limit.holds(value) for value, _ in taken)
            yield LimitResult(
                step=expectation.step or len(test.steps),
                verb="all steps",
                figure="follow",
                limit=str(limit),
                holds=worst is not None and not failing,
                worst="nothing was joined" if worst is None else in_words("follow", worst[0]),
                device="nobody" if worst is None else worst[1],
                failing=failing,
                measured=len(taken),
            )


def reception_limits(test: DeviceTest, receptions: Sequence[ProvenReception]) -> Iterator[LimitResult]:
    """Return of each grade that appliances are to reach at least, in each step, whether they do."""
    for expectation in test.expect:
        for number, step in enumerate(test.steps, 1):
            found = [each for each in receptions if each.step == number]
            wanted = expectation.reception
            if wanted is None or expectation.step not in {None, number} or not (found or expectation.step == number):
                continue
            least = GRADES.index(Grade(wanted))
            failing = [each for each in found if GRADES.index(each.grade) > least]
            worst = max(found, key=lambda each: GRADES.index(each.grade), default=None)
            yield LimitResult(
                step=number,
                verb=step.verb,
                figure="reception",
                limit=Grade(wanted).words,
                holds=worst is not None and not failing,
                worst="no appliance receives" if worst is None else f"{worst.grade.words} ({worst.why})",
                device="nobody" if worst is None else worst.device,
                failing=len(failing),
                measured=len(found),
            )


def _silence(limit: Limit, number: int, silences: Sequence[Silence]) -> LimitResult:
    worst = max(silences, key=lambda each: each.heard, default=None)
    failing = sum(not limit.holds(each.heard) for each in silences)
    return LimitResult(
        step=number,
        verb="all steps",
        figure="heard_by_others",
        limit=str(limit),
        holds=not failing,
        worst="nothing" if worst is None else f"{worst.heard} of {worst.group}",
        device="nobody" if worst is None else worst.host,
        failing=failing,
        measured=len(silences),
    )


_UNHEARD_MS: Final = float("inf")


_VALUES: Final[dict[str, Callable[[HeardStream], float | None]]] = {
    "loss": lambda row: row.loss,
    "latency_p95": lambda row: row.latency_p95_ms if row.latency_p95_ms is not None else row.latency_bound_ms,
    "jitter": lambda row: row.jitter_ms,
    "gap": lambda row: row.gap_ms,
    "mos": lambda row: None if row.mos is None else row.mos[0],
    "join": lambda row: _UNHEARD_MS if row.join_ms is None else row.join_ms,
    "leave": lambda row: row.leave_ms,
}


def known_in_words(figure: str, value: float, row: HeardStream) -> str:
    """Return a listener's figure as people read it: what is only bounded as a bound, and a score as a range then."""
    if figure == "latency_p95" and row.latency_p95_ms is None:
        digits = 0 if value >= 10 else 1  # noqa: PLR2004
        return f"< {in_words(figure, math.ceil(value * 10**digits) / 10**digits)}"
    if figure == "mos" and row.mos is not None:
        return score_in_words(row.mos)
    return in_words(figure, value)


def score_in_words(mos: tuple[float, float]) -> str:
    """Return a score as people read it: from its worse end to its better one, where it is not known better.

    >>> score_in_words((3.9, 4.41)), score_in_words((4.41, 4.41))
    ('3.90 to 4.41', '4.41')
    """
    low, high = (in_words("mos", each) for each in mos)
    return low if low == high else f"{low} to {high}"


def in_words(figure: str, value: float) -> str:
    """Return a figure as people read it.

    >>> in_words("loss", 0.123), in_words("mos", 4.41), in_words("join", float("inf")), in_words("gap", 40.2)
    ('12.3 %', '4.41', 'never', '40 ms')
    """
    if value == _UNHEARD_MS:
        return "never"
    if figure == "loss":
        return f"{100 * value:.3g} %"
    if figure == "mos":
        return f"{value:.2f}"
    return f"{value:.2g} ms" if value < 10 else f"{value:.0f} ms"  # noqa: PLR2004
