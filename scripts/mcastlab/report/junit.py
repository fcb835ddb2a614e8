"""A verification as JUnit XML, as GitHub's actions, GitLab and Jenkins show it: a suite a check, ids that stay.

Source: GitLab, Unit test reports; the XML that Jenkins' xUnit plugin publishes as ``junit-10.xsd``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from mcastlab.report.cases import by_suite, cases, traffic_cases
from mcastlab.text import printable
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mcastlab.report.cases import ReportCase
    from mcastlab.traffic.results import TrafficReport
    from mcastlab.verify.report import VerificationReport

PROGRAM = "mcastlab"


def as_junit(report: VerificationReport) -> str:
    """Return a verification as JUnit XML; a failure holds its root cause and the fix."""
    return junit_of(cases(report), report.lab, report.started)


def traffic_junit(traffic: TrafficReport, lab: str, started: datetime) -> str:
    """Return traffic as JUnit XML."""
    return junit_of(traffic_cases(traffic), lab, started)


def junit_of(found: Iterable[ReportCase], lab: str, started: datetime) -> str:
    """Return cases as JUnit XML. The lab's name is the suites' host name, so that no id holds it."""
    root = JUnitXml(PROGRAM)
    for name, members in by_suite(found).items():
        suite = TestSuite(printable(name))
        suite.timestamp = started.strftime("%Y-%m-%dT%H:%M:%S")
        suite.hostname = lab
        suite.add_testcases([_element(case) for case in members])
        root.add_testsuite(suite)
    root.update_statistics()  # type: ignore[no-untyped-call]
    # The sum of what was skipped is no attribute of the root in the published schema.
    root._elem.attrib.pop("skipped", None)  # noqa: SLF001  (its library takes no None for a number)
    return str(root.tostring().decode())  # type: ignore[no-untyped-call]


def _element(case: ReportCase) -> TestCase:
    element = TestCase(printable(case.name), classname=printable(f"{PROGRAM}.{case.suite}"), time=case.seconds)
    if case.verdict is Verdict.FAILS:
        failure = Failure(printable(case.message), case.check)
        failure.text = printable("\n".join(filter(None, (case.said, case.fix, case.source))))
        element.result = [failure]
    elif case.verdict is not Verdict.HOLDS:
        element.result = [Skipped(printable(case.said or case.verdict.words))]
    return element
