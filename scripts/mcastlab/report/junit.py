"""A verification as JUnit XML, as GitHub's actions and GitLab show it: a suite a check and one for the traffic.

Source: GitLab, Unit test reports; the XML that Jenkins' xUnit plugin publishes as ``junit-10.xsd``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from mcastlab.report.words import held, median_latency, percent
from mcastlab.text import printable
from mcastlab.traffic.results import SilenceKind
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mcastlab.traffic.results import Delivery, Silence, TrafficReport
    from mcastlab.verify.findings import CheckResult, Diagnosis, Finding
    from mcastlab.verify.report import VerificationReport


def as_junit(report: VerificationReport) -> str:
    """Return a verification as JUnit XML: a case a finding, a delivery and a silence; a failure holds its cause."""
    root = JUnitXml(f"mcastlab {report.lab}")
    for check in report.checks:
        cases = list(_of_check(report, check))
        # A check is as long as its suite; spread over the cases it still adds up.
        for case in cases:
            case.time = round(check.seconds / len(cases), 6)
        root.add_testsuite(_suite(report, f"{report.lab}.{check.key}", cases))
    if report.traffic is not None:
        root.add_testsuite(_suite(report, f"{report.lab}.traffic", _of_traffic(report.lab, report.traffic)))
    root.update_statistics()  # type: ignore[no-untyped-call]
    # The sum of what was skipped is no attribute of the root in the published schema.
    root._elem.attrib.pop("skipped", None)  # noqa: SLF001  (its library takes no None for a number)
    return str(root.tostring().decode())  # type: ignore[no-untyped-call]


def _suite(report: VerificationReport, name: str, cases: Iterable[TestCase]) -> TestSuite:
    suite = TestSuite(printable(name))
    suite.timestamp = report.started.strftime("%Y-%m-%dT%H:%M:%S")
    suite.hostname = report.lab
    suite.add_testcases(list(cases))
    return suite


def _case(suite: str, name: str, result: Sequence[Failure | Skipped] = ()) -> TestCase:
    case = TestCase(printable(name), classname=printable(suite), time=0.0)
    if result:
        case.result = list(result)
    return case


def _of_check(report: VerificationReport, check: CheckResult) -> Iterator[TestCase]:
    suite = f"{report.lab}.{check.key}"
    if not check.findings:
        yield _case(suite, check.title, _result_of(check.verdict, held(check), report.diagnoses, check))
    for finding in check.findings:
        yield _case(
            suite, _subject(finding), _result_of(finding.verdict, _said(finding), report.diagnoses, check, finding)
        )


def _result_of(
    verdict: Verdict, said: str, causes: Sequence[Diagnosis], check: CheckResult, finding: Finding | None = None
) -> tuple[Failure | Skipped, ...]:
    if verdict is Verdict.HOLDS:
        return ()
    if verdict is not Verdict.FAILS:
        return (Skipped(printable(check.reason or (verdict.value if finding is None else finding.seen))),)
    cause = cause_of(causes, check, finding)
    failure = Failure(printable(said.partition("\n")[0] if cause is None else cause.sentence), check.key)
    lines = [said, *(() if cause is None else (f"fix in {cause.fix_where}:", f"  {cause.fix}")), check.source]
    failure.text = printable("\n".join(lines))
    return (failure,)


def cause_of(causes: Sequence[Diagnosis], check: CheckResult, finding: Finding | None = None) -> Diagnosis | None:
    """Return the cause that explains a check, first the one that speaks of the finding's own subject."""
    explaining = [cause for cause in causes if check.key in cause.checks]
    of_subject = (cause for cause in explaining if finding is not None and finding.subject in cause.subjects)
    return next(of_subject, explaining[0] if explaining else None)


def _subject(finding: Finding) -> str:
    of_site = "" if finding.subject.site is None else f" of {finding.subject.site}"
    return f"{finding.subject.kind} {finding.subject.name}{of_site}: {finding.expected}"


def _said(finding: Finding) -> str:
    where = "" if finding.where is None else f"\nwhere: {finding.where}"
    return f"seen: {finding.seen}\nexpected: {finding.expected}{where}"


def _of_traffic(lab: str, traffic: TrafficReport) -> Iterator[TestCase]:
    suite = f"{lab}.traffic"
    for delivery in traffic.deliveries:
        name = f"{delivery.group} {delivery.address}: {delivery.sender} to {delivery.receiver}"
        yield _case(suite, name, () if delivery.holds else (_failure(_lost(delivery), "loss"),))
    for silence in traffic.silences:
        name = f"{silence.group} {silence.address}: {silence.host}, {silence.kind.value}, hears nothing"
        yield _case(suite, name, () if silence.holds else (_failure(_heard(silence), "leak"),))
    for payload in traffic.payloads:
        name = f"{payload.group}: {payload.budget_octets} octets from {payload.sender} to {payload.receiver} whole"
        told = f"at most {payload.largest_octets} octets arrive whole; computed are {payload.budget_octets}"
        yield _case(suite, name, () if payload.holds else (_failure(told, "payload"),))
    for rate in traffic.rates:
        name = f"{rate.group}: {rate.asked_pps} datagrams/s from {rate.sender} to {', '.join(rate.receivers)}"
        told = f"{rate.sustained_pps} datagrams/s of {rate.size_octets} octets arrive without loss"
        yield _case(suite, name, () if rate.holds else (_failure(told, "rate"),))


def _failure(text: str, kind: str) -> Failure:
    failure = Failure(printable(text), kind)
    failure.text = printable(text)
    return failure


def _lost(delivery: Delivery) -> str:
    latency = f", median {median_latency(delivery)} ms" if delivery.received else ""
    share = percent(delivery.lost, delivery.sent)
    return f"{delivery.lost} of {delivery.sent} datagrams lost ({share}), {delivery.path.value}{latency}"


def _heard(silence: Silence) -> str:
    return f"{silence.heard} datagrams of {silence.address} reached {silence.host}, which {_why(silence)}"


def _why(silence: Silence) -> str:
    return f"{silence.kind.value} it" if silence.kind is SilenceKind.NEVER_JOINED else silence.kind.value
