"""What GitHub's runners take from the output of a step.

Source: GitHub, Workflow commands for GitHub Actions, Setting an error message; actions/toolkit, command.ts, escaping.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.checks.finding import Severity
from mcastlab.report.words import applied
from mcastlab.text import printable
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mcastlab.lab.checks.finding import DesignFinding
    from mcastlab.report.cases import ReportCase
    from mcastlab.verify.findings import Diagnosis
    from mcastlab.verify.report import VerificationReport

OF_LAB_FILE: Final = "lab file"
MOST: Final = 10
"""Annotations of one kind that GitHub shows of a step."""


def annotations_of(report: VerificationReport, lab_file: str) -> Iterator[str]:
    """Yield an error for each root cause, and a warning for one that breaks only later; with the lab file if it is one.

    Args:
        report: the verification.
        lab_file: the lab file's path in the repository.
    """
    for each in report.diagnoses:
        file = lab_file if each.fix_where == OF_LAB_FILE else ""
        kind = "warning" if each.flows_still else "error"
        yield annotation(kind, _text(each), title=f"{report.lab}: {each.key}", file=file)


def _text(found: Diagnosis) -> str:
    command = "" if found.apply is None else f"\nor: {applied(found)}"
    return f"{found.sentence}\nfix in {found.fix_where}:\n{found.fix}{command}"


def case_annotations(found: Iterable[ReportCase], lab: str) -> Iterator[str]:
    """Yield an error for each case that fails, the first few of many."""
    failing = [case for case in found if case.verdict is Verdict.FAILS]
    for case in failing[:MOST]:
        yield annotation("error", case.message, title=f"{lab}: {case.suite}, {case.name}")
    if len(failing) > MOST:
        yield annotation("error", f"{len(failing) - MOST} more fail", title=lab)


def design_annotations(
    findings: Iterable[DesignFinding], lab_file: str, line_of: Callable[[str], int | None]
) -> Iterator[str]:
    """Yield an error or a warning for each finding of a design check, with its line in the lab file."""
    for each in findings:
        if each.severity is not Severity.NOTE:
            text = f"{each.path}: {each.text}\n{each.hint}"
            yield annotation(
                each.severity.value, text, title=each.check, file=lab_file, line=str(line_of(each.path) or "")
            )


def annotation(kind: str, text: str, **properties: str) -> str:
    r"""Return a workflow command.

    >>> annotation("error", "50 % lost:\nlook", title="demo: bgp, vpn")
    '::error title=demo%3A bgp%2C vpn::50 %25 lost:%0Alook'
    """
    fields = ",".join(
        f"{name}={_data(value).replace(':', '%3A').replace(',', '%2C')}" for name, value in properties.items() if value
    )
    return f"::{kind}{' ' if fields else ''}{fields}::{_data(text)}"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\n", "%0A")
