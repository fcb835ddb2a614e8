"""Two verifications side by side: what got better, what got worse, what is new and what is gone.

They are compared case by case; a case has the same id in every run, see `cases`.
"""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from mcastlab.lab.descriptions import models_in
from mcastlab.report.cases import cases
from mcastlab.report.pairs import summaries
from mcastlab.report.words import headline
from mcastlab.traffic.results import LatencyBound, Path
from mcastlab.verify.findings import Layer, Verdict
from mcastlab.verify.report import VerificationReport
from mcastlab_base.errors import BadInputError
from mcastlab_base.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.report.cases import ReportCase
    from mcastlab.report.pairs import Summary

_READ_VERSION: Final = VerificationReport.model_fields["schema_version"].default


class CaseChange(StrEnum):
    """What became of a case from the first run to the second."""

    WORSE = "worse"
    """It held and does not any more, or is new and fails."""
    BETTER = "better"
    """It failed or was not reached, and holds now."""
    NEW = "new"
    """The first run has no such case."""
    GONE = "gone"
    """The second run has no such case."""
    STILL_FAILING = "still_failing"
    UNCHANGED = "unchanged"


class ComparedCase(Frozen):
    """A case in both runs."""

    layer: Layer
    check: str
    name: str
    """What of the lab."""
    title: str
    change: CaseChange
    before: Verdict | None
    """Null where the first run has no such case."""
    after: Verdict | None
    """Null where the second run has no such case."""
    said: str
    """What was seen where it does not hold: in the second run, else in the first."""


class ComparedFlow(Frozen):
    """The figures of one group and way in both runs; null where they were not measured."""

    group: str
    path: Path
    loss_percent_before: float | None
    loss_percent_after: float | None
    latency_median_us_before: int | None
    latency_median_us_after: int | None
    latency_bound_before: LatencyBound | None = None
    """What is known of a latency that was not measured."""
    latency_bound_after: LatencyBound | None = None
    join_delay_ms_before: float | None
    join_delay_ms_after: float | None


class ComparedRun(Frozen):
    """One of the two runs."""

    file: str
    lab: str
    started: datetime
    verdict: Verdict
    headline: str
    versions: dict[str, str]


class Comparison(Frozen):
    """Two verifications side by side."""

    schema_version: int = 2
    before: ComparedRun
    after: ComparedRun
    holds: bool
    """Whether nothing got worse."""
    cases: tuple[ComparedCase, ...]
    """Those that changed or still fail, what got worse first."""
    unchanged: int
    """Cases that hold, or do not apply, in both runs."""
    flows: tuple[ComparedFlow, ...]
    diagnoses_new: tuple[str, ...]
    """Root causes that only the second run has, a sentence each."""
    diagnoses_gone: tuple[str, ...]

    def of(self, change: CaseChange) -> tuple[ComparedCase, ...]:
        """Return the cases that changed so."""
        return tuple(each for each in self.cases if each.change is change)


def read_report(text: str, file: str) -> VerificationReport:
    """Return a verification that was printed as JSON.

    Raises:
        BadInputError: it is none, or of another version.
    """
    hint = "verify --json, up --json and demo --json print such a report"
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{file}: no JSON: {error}", hint=hint) from None
    version = values.get("schema_version") if isinstance(values, dict) else None
    if version != _READ_VERSION:
        version_found = "it has none" if version is None else f"it has {version}"
        raise BadInputError(
            f"{file}: expected a verification of schema_version {_READ_VERSION}; {version_found}", hint=hint
        )
    try:
        return VerificationReport.model_validate(_without_computed(values, VerificationReport))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadInputError(f"{file}: {where}: {first['msg']}", hint=hint) from None


def _without_computed(values: Any, model: type[Frozen]) -> Any:
    """Return a model's values without those that it computes itself."""
    if isinstance(values, list):
        return [_without_computed(each, model) for each in values]
    if not isinstance(values, dict):
        return values
    below = {name: next(models_in(field.annotation), None) for name, field in model.model_fields.items()}
    return {
        name: each if (inner := below.get(name)) is None else _without_computed(each, inner)
        for name, each in values.items()
        if name not in model.model_computed_fields
    }


def compare(before: VerificationReport, after: VerificationReport, files: tuple[str, str]) -> Comparison:
    """Return two runs side by side; `files` is what they were read from."""
    found = tuple(_compared(before, after))
    order = list(CaseChange)
    changed = tuple(
        sorted((each for each in found if each.change is not CaseChange.UNCHANGED), key=lambda c: order.index(c.change))
    )
    sentences = tuple(tuple(each.sentence for each in run.diagnoses) for run in (before, after))
    return Comparison(
        before=_run(before, files[0]),
        after=_run(after, files[1]),
        holds=not any(each.change is CaseChange.WORSE for each in found),
        cases=changed,
        unchanged=len(found) - len(changed),
        flows=tuple(_flows(before, after)),
        diagnoses_new=tuple(each for each in sentences[1] if each not in sentences[0]),
        diagnoses_gone=tuple(each for each in sentences[0] if each not in sentences[1]),
    )


def _run(report: VerificationReport, file: str) -> ComparedRun:
    return ComparedRun(
        file=file,
        lab=report.lab,
        started=report.started,
        verdict=report.verdict,
        headline=headline(report),
        versions=report.versions,
    )


def _compared(before: VerificationReport, after: VerificationReport) -> Iterator[ComparedCase]:
    first, second = ({each.id: each for each in cases(run)} for run in (before, after))
    for key in dict.fromkeys((*second, *first)):
        yield _case(first.get(key), second.get(key))


def _case(before: ReportCase | None, after: ReportCase | None) -> ComparedCase:
    shown = after if after is not None else before
    assert shown is not None  # noqa: S101  (one of the runs has it)
    said = shown.said if shown.said or before is None else before.said
    return ComparedCase(
        layer=shown.layer,
        check=shown.check,
        name=shown.name,
        title=shown.title,
        change=_change(None if before is None else before.verdict, None if after is None else after.verdict),
        before=None if before is None else before.verdict,
        after=None if after is None else after.verdict,
        said=said,
    )


_BAD: Final = frozenset({Verdict.FAILS, Verdict.NOT_REACHED})


def _change(before: Verdict | None, after: Verdict | None) -> CaseChange:
    if after is None:
        return CaseChange.GONE
    if after in _BAD:
        return CaseChange.STILL_FAILING if before in _BAD else CaseChange.WORSE
    if before is None:
        return CaseChange.NEW
    return CaseChange.BETTER if before in _BAD else CaseChange.UNCHANGED


def _flows(before: VerificationReport, after: VerificationReport) -> Iterator[ComparedFlow]:
    first, second = (
        {} if run.traffic is None else {(row.group, row.path): row for row in summaries(run.traffic.deliveries)}
        for run in (before, after)
    )
    for group, path in dict.fromkeys((*second, *first)):
        then, now = first.get((group, path)), second.get((group, path))
        yield ComparedFlow(
            group=group,
            path=path,
            loss_percent_before=_loss(then),
            loss_percent_after=_loss(now),
            latency_median_us_before=None if then is None else then.median_us,
            latency_median_us_after=None if now is None else now.median_us,
            latency_bound_before=None if then is None else then.bound,
            latency_bound_after=None if now is None else now.bound,
            join_delay_ms_before=None if then is None else then.join_delay_ms,
            join_delay_ms_after=None if now is None else now.join_delay_ms,
        )


def _loss(row: Summary | None) -> float | None:
    return None if row is None or not row.sent else round(100 * row.lost / row.sent, 3)
