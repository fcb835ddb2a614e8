"""The ids of cases: the same in every run of one lab, whatever AWS, the run's name and the time were."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from report import report_samples
from verify.cases import CASES
from verify.sound import lab_of, sound

from mcastlab.report.cases import cases
from mcastlab.report.junit import as_junit
from mcastlab.verify.checks import run_checks

if TYPE_CHECKING:
    from verify.broken import Case

    from mcastlab.lab.model import Lab
    from mcastlab.verify.report import VerificationReport
    from mcastlab.verify.snapshot.lab import Snapshot


def report_of(snapshot: Snapshot) -> VerificationReport:
    found = run_checks(snapshot)
    return report_samples.report(snapshot.lab, results=found.results, diagnoses=found.diagnoses)


def ids(snapshot: Snapshot) -> list[tuple[str, str]]:
    return [each.id for each in cases(report_of(snapshot))]


SOUND = sound()
AWS_ID = re.compile(r"\b(?:i|eni|sg|rtb|tgw|vpc|vpn|subnet|cgw|igw|ami)-[\w-]+")


def test_no_id_holds_a_name_of_the_run_or_of_aws() -> None:
    every = ids(SOUND)
    assert len(every) == len(set(every))
    assert [name for _, name in every if AWS_ID.search(name) or SOUND.lab.name in name] == []


def test_a_run_under_another_name_has_the_same_ids() -> None:
    assert ids(sound(lab_of(name="run-7"))) == ids(SOUND)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_breaks_changes_no_id(case: Case) -> None:
    snapshot = case.change(SOUND)
    broken = ids(snapshot)
    assert len(broken) == len(set(broken))
    if snapshot.lab != SOUND.lab:  # a lab of its own
        return
    # Where AWS itself is not seen, the check as a whole is what is reported.
    assert {name for suite, name in set(broken) - set(ids(SOUND))} <= {"gateway"}


def test_groups_drawn_from_a_block_are_called_by_numbers(lab: Lab) -> None:
    report = report_samples.sound(lab)
    assert report.traffic is not None

    def drawn(*addresses: str) -> list[tuple[str, str]]:
        deliveries = tuple(
            each.model_copy(update={"address": address, "group": "calls"})
            for address in addresses
            for each in report.traffic.deliveries  # type: ignore[union-attr]
        )
        traffic = report.traffic.model_copy(update={"deliveries": deliveries})  # type: ignore[union-attr]
        return [each.id for each in cases(report.model_copy(update={"traffic": traffic}))]

    first = drawn("239.9.1.1", "239.9.7.7")
    assert first == drawn("239.9.200.3", "239.9.4.4")
    assert ("traffic.delivery", "calls 1: doppel-1 to phone-1") in first


def test_junit_differs_between_two_sound_runs_by_time_and_host_alone() -> None:
    def without_time(text: str) -> str:
        return re.sub(r' (?:time|timestamp|hostname)="[^"]*"', "", text)

    other = report_of(sound(lab_of(name="run-7"))).model_copy(update={"started": datetime(2027, 1, 1, tzinfo=UTC)})
    assert as_junit(other) != as_junit(report_of(SOUND))
    assert without_time(as_junit(other)) == without_time(as_junit(report_of(SOUND)))
