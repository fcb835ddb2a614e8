"""Two verifications side by side, as a page and as JUnit XML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.report.cases import ReportCase
from mcastlab.report.comparison import CaseChange
from mcastlab.report.junit import junit_of
from mcastlab.report.page import rendered
from mcastlab.report.terminal_compare import HEADINGS, verdict
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.report.comparison import Comparison


def comparison_page(found: Comparison) -> str:
    """Return two runs as one page."""
    return rendered(
        "compare.html.j2",
        found=found,
        headings={change: each[0] for change, each in HEADINGS.items()},
        verdict=verdict(found),
    )


def comparison_junit(found: Comparison) -> str:
    """Return what changed as JUnit XML: what got worse fails, what still fails is skipped."""
    return junit_of(_cases(found), found.after.lab, found.after.started)


def _cases(found: Comparison) -> Iterator[ReportCase]:
    for each in found.cases:
        worse, still = each.change is CaseChange.WORSE, each.change is CaseChange.STILL_FAILING
        yield ReportCase(
            layer=each.layer,
            check=each.check,
            name=each.name,
            verdict=Verdict.FAILS if worse else Verdict.NOT_REACHED if still else Verdict.HOLDS,
            title=each.title,
            said=each.said,
            message=each.said.partition("\n")[0],
        )
