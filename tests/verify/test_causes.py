"""Each break gives its own cause and no other, whatever falls with it; two breaks give both."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verify.broken import SNAPSHOT, Case
from verify.cases import CASES
from verify.cases_filters import FILTERS
from verify.cases_upper import ENDS, MULTICAST, UNEXPLAINED

from mcastlab.verify.checks import CHECKS, run_checks
from mcastlab.verify.checks.check import CheckKey, above
from mcastlab.verify.checks.diagnosis import RootCause
from mcastlab.verify.engine import verdict_of
from mcastlab.verify.findings import Verdict


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_break_gives_its_cause_and_no_other(case: Case) -> None:
    snapshot = case.change(SNAPSHOT)
    found = run_checks(snapshot)
    results, causes = found.results, found.diagnoses
    assert tuple(cause.key for cause in causes) == case.keys, causes
    fails = {result.key for result in results if result.verdict is Verdict.FAILS}
    assert set(case.checks) - fails == set(), fails
    reported = f"{causes[0].sentence} {causes[0].fix}"
    assert [word for word in case.words if word not in reported] == [], reported
    assert {cause.flows_still for cause in causes} == {case.later} or len(case.keys) > 1
    assert verdict_of(results, causes) is Verdict.FAILS


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_cause_speaks_of_something_and_repairs_it_somewhere(case: Case) -> None:
    snapshot = case.change(SNAPSHOT)
    for cause in run_checks(snapshot).diagnoses:
        assert cause.subjects
        assert cause.checks
        assert cause.fix
        assert cause.fix_where
        assert {subject.site for subject in cause.subjects} <= {None, *(site.name for site in snapshot.lab.sites)}


def test_every_check_fails_by_some_case_and_every_root_cause_has_one() -> None:
    assert {check.key for check in CHECKS} - {key for case in CASES for key in case.checks} == set()
    assert set(RootCause) - {key for case in CASES for key in case.keys} == set()


@pytest.mark.parametrize("key", CheckKey)
def test_what_falls_with_a_check_stands_behind_it_and_ends_with_the_traffic(key: CheckKey) -> None:
    fallen = above(key)
    assert fallen[0] is key
    assert len(set(fallen)) == len(fallen)
    assert (fallen[-1] is CheckKey.TRAFFIC) == (key is not CheckKey.THROUGHPUT)
    # Nothing falls with what falls with it, and whoever falls takes all of its own along.
    assert [each for each in fallen[1:] if key in above(each)] == []
    assert [each for each in fallen if set(above(each)) - set(fallen)] == []


def one_of(cases: tuple[Case, ...]) -> st.SearchStrategy[Case]:
    return st.sampled_from([case for case in cases if len(case.keys) == 1 and case.keys[0] != "domain_wrong"])


@given(one_of(FILTERS), one_of(MULTICAST), one_of(ENDS))
def test_breaks_at_once_give_all_of_their_causes_and_always_the_same(one: Case, two: Case, three: Case) -> None:
    snapshot = three.change(two.change(one.change(SNAPSHOT)))
    found = run_checks(snapshot).diagnoses
    assert found == run_checks(snapshot).diagnoses
    assert {one.keys[0], two.keys[0], three.keys[0]} <= {cause.key for cause in found}
    for first, second in pairwise(found):
        assert first.flows_still <= second.flows_still


def test_what_no_rule_knows_is_reported_lowest_first_and_once() -> None:
    snapshot = SNAPSHOT
    for case in UNEXPLAINED[:2]:
        snapshot = case.change(snapshot)
    causes = run_checks(snapshot).diagnoses
    assert [cause.key for cause in causes] == ["unexplained_vpn_tunnels"]
