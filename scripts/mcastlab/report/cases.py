"""A verification as cases whose ids never change between runs: no id of AWS, no name of a run, no time is in them.

A case is what one check says of one part of the lab, or a flow of the traffic; parts have their names in the lab file.
JUnit XML is made of them, and two runs are compared by them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.report.words import held, median_latency, percent
from mcastlab.traffic.results import SilenceKind
from mcastlab.verify.findings import Layer, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mcastlab.traffic.results import Delivery, Silence, TrafficReport
    from mcastlab.verify.findings import CheckResult, Diagnosis, Finding
    from mcastlab.verify.report import VerificationReport

UNNAMED: Final = frozenset({"security_group", "route_table"})
"""Kinds of parts that have their names from AWS: what is expected of them names them."""
_WORST: Final = (Verdict.FAILS, Verdict.NOT_REACHED, Verdict.HOLDS, Verdict.NOT_APPLICABLE)
TRAFFIC: Final = "traffic"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCase:
    """One thing that holds or does not."""

    layer: Layer
    check: str
    """The check's key; of traffic what was looked at: `presence`, `delivery`, `silence`, `payload` or `rate`."""
    name: str
    """What of the lab; unique within the check."""
    verdict: Verdict
    title: str
    said: str = ""
    """What was seen, where it does not hold: a line, and more lines."""
    message: str = ""
    """The root cause in a sentence, or the first line of what was seen."""
    fix: str = ""
    source: str = ""
    seconds: float = 0.0

    @property
    def suite(self) -> str:
        """Its layer and check: ``multicast.reverse_paths``."""
        return f"{self.layer}.{self.check}"

    @property
    def id(self) -> tuple[str, str]:
        """What it is called in every run."""
        return self.suite, self.name


def cases(report: VerificationReport) -> tuple[ReportCase, ...]:
    """Return the cases of a verification, in its order."""
    found = [case for check in report.checks for case in _of_check(report, check)]
    if report.traffic is not None:
        found += traffic_cases(report.traffic)
    return tuple(found)


def _of_check(report: VerificationReport, check: CheckResult) -> Iterator[ReportCase]:
    findings = check.findings
    if check.key == TRAFFIC and report.traffic is not None:
        # The flows are cases of their own.
        findings = tuple(each for each in findings if each.subject.kind == "gateway")
        if not findings:
            return
    gathered: dict[str, list[Finding]] = {}
    for finding in findings:
        gathered.setdefault(_name(finding, report.lab), []).append(finding)
    if not gathered:
        yield _case(report, check, "the lab", ())
    for name, rows in gathered.items():
        # A check is as long as its suite; spread over the cases it still adds up.
        yield _case(report, check, name, rows, check.seconds / len(gathered))


def _case(
    report: VerificationReport, check: CheckResult, name: str, findings: Sequence[Finding], seconds: float = 0.0
) -> ReportCase:
    verdict = min((each.verdict for each in findings), key=_WORST.index, default=check.verdict)
    bad = [each for each in findings if each.verdict is verdict]
    why = "\n".join(map(_said, bad)) if verdict is Verdict.FAILS else check.reason or (bad[0].seen if bad else "")
    diagnosis = diagnosis_of(report.diagnoses, check, bad[0] if bad else None) if verdict is Verdict.FAILS else None
    said = "" if verdict is Verdict.HOLDS else why or held(check)
    return ReportCase(
        layer=check.layer,
        check=check.key,
        name=name,
        verdict=verdict,
        title=check.title,
        said=said,
        message=said.partition("\n")[0] if diagnosis is None else diagnosis.sentence,
        fix="" if diagnosis is None else f"fix in {diagnosis.fix_where}:\n  {diagnosis.fix}",
        source=check.source,
        seconds=round(seconds, 6),
    )


def diagnosis_of(
    diagnoses: Sequence[Diagnosis], check: CheckResult, finding: Finding | None = None
) -> Diagnosis | None:
    """Return the first diagnosis that explains a check, or a finding of it."""
    return next(iter(explaining(diagnoses, check, finding)), None)


def explaining(
    diagnoses: Sequence[Diagnosis], check: CheckResult, finding: Finding | None = None
) -> Sequence[Diagnosis]:
    """Return the diagnoses that explain a finding: those of its own subject, else those of its site, else any."""
    any_of = [each for each in diagnoses if check.key in each.checks]
    if finding is None:
        return any_of
    of_subject = [each for each in any_of if finding.subject in each.subjects]
    of_site = [each for each in any_of if {finding.subject.site, None} & {subject.site for subject in each.subjects}]
    return of_subject or of_site or any_of


def _name(finding: Finding, lab: str) -> str:
    subject = finding.subject
    kind = subject.words
    if subject.kind in UNNAMED:
        return f"{kind}: {without_lab(finding.expected, lab)}"
    own = "" if subject.name == lab else f" {without_lab(subject.name, lab)}"
    return f"{kind}{own}" + ("" if subject.site is None else f" of {subject.site}")


def without_lab(text: str, lab: str) -> str:
    """Return a text without the lab's own name before the names of its parts: a run may give it another one.

    >>> without_lab("ci-7/aws-router: GRE passes", "ci-7"), without_lab("ci-7-Network", "ci-7")
    ('aws-router: GRE passes', 'Network')
    """
    return re.sub(rf"(?<![\w./-]){re.escape(lab)}[/-](?=\w)", "", text)


def _said(finding: Finding) -> str:
    where = "" if finding.where is None else f"\nwhere: {finding.where}"
    return f"seen: {finding.seen}\nexpected: {finding.expected}{where}"


def traffic_cases(traffic: TrafficReport) -> Iterator[ReportCase]:
    """Yield the cases of traffic: who is absent, each delivery, silence, payload and rate."""
    places = _places(traffic)
    for absent in traffic.absent:
        yield _flow("presence", absent.host, "Every host and device takes part", holds=False, said=absent.why)
    for each in traffic.deliveries:
        name = f"{places[each.group, each.address]}: {each.sender} to {each.receiver}"
        yield _flow("delivery", name, "Every datagram arrives", holds=each.holds, said=lost(each))
    for silence in traffic.silences:
        name = f"{places.get((silence.group, silence.address), silence.group)}: {silence.host}, {silence.kind.words}"
        yield _flow(
            "silence", name, "Nothing arrives where nobody asks for it", holds=silence.holds, said=_heard(silence)
        )
    for payload in traffic.payloads:
        text = f"at most {payload.largest_octets} octets arrive whole; computed are {payload.budget_octets}"
        name = f"{payload.group}: {payload.sender} to {payload.receiver}"
        yield _flow("payload", name, "The largest payload of the design arrives whole", holds=payload.holds, said=text)
    for rate in traffic.rates:
        text = f"{rate.sustained_pps} datagrams/s of {rate.size_octets} octets arrive without loss"
        text += f"; asked were {rate.asked_pps}"
        name = f"{rate.group}: {rate.sender} to {', '.join(rate.receivers)}"
        yield _flow("rate", name, "The rate is sustained", holds=rate.holds, said=text)


def _places(traffic: TrafficReport) -> dict[tuple[str, str], str]:
    """Return what each group is called: those drawn from a block, whose addresses differ each time, by a number."""
    drawn: dict[str, list[str]] = {}
    for each in traffic.deliveries:
        addresses = drawn.setdefault(each.group, [])
        if each.address not in addresses:
            addresses.append(each.address)
    return {
        (group, address): group if len(addresses) == 1 else f"{group} {number}"
        for group, addresses in drawn.items()
        for number, address in enumerate(addresses, start=1)
    }


def _flow(check: str, name: str, title: str, *, holds: bool, said: str) -> ReportCase:
    return ReportCase(
        layer=Layer.TRAFFIC,
        check=check,
        name=name,
        verdict=Verdict.HOLDS if holds else Verdict.FAILS,
        title=title,
        said="" if holds else said,
        message="" if holds else said,
    )


def lost(delivery: Delivery) -> str:
    """Return what was lost of a delivery, and its latency."""
    latency = f", median {median_latency(delivery)} ms" if delivery.received else ""
    share = percent(delivery.lost, delivery.sent)
    return f"{delivery.lost} of {delivery.sent} datagrams lost ({share}), {delivery.path.words}{latency}"


def _heard(silence: Silence) -> str:
    never = silence.kind is SilenceKind.NEVER_JOINED
    why = f"{silence.kind.words} it" if never else silence.kind.words
    return f"{silence.heard} datagrams of {silence.address} reached {silence.host}, which {why}"


def by_suite(found: Iterable[ReportCase]) -> dict[str, list[ReportCase]]:
    """Return cases by layer and check, in their order."""
    suites: dict[str, list[ReportCase]] = {}
    for case in found:
        suites.setdefault(case.suite, []).append(case)
    return suites
