"""A sound lab holds, check by check, without a diagnosis; nothing observed is reported as such and breaks nothing."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
import yaml
from documents import LABS
from verify import sound as samples
from verify.cases_followed import WANTED, led_to_oslo, reported_by, running, wanted_by_host, wanted_by_oslo, with_block
from verify.sound import with_lines, with_router

from mcastlab.lab.document import parse
from mcastlab.verify.checks import run_checks
from mcastlab.verify.checks.check import CheckKey
from mcastlab.verify.findings import Verdict
from mcastlab.verify.snapshot.aws import ObservedAws
from mcastlab.verify.snapshot.hosts import ObservedHost
from mcastlab.verify.snapshot.lab import Snapshot, Unseen
from mcastlab.verify.snapshot.routers import ObservedRouter

SOUND_LABS = (
    "minimal",
    "three_sites",
    "three_zones",
    "static_bridging",
    "behind_nat",
    "gcm",
    "ten_sites",
    "two_subnets",
)


@pytest.mark.parametrize("name", ["own", *SOUND_LABS])
def test_every_check_of_a_sound_lab_holds_and_it_has_no_cause(name: str) -> None:
    document = samples.DOCUMENT if name == "own" else (LABS / f"{name}.yaml").read_text(encoding="utf-8")
    snapshot = samples.sound(parse(yaml.safe_load(document), name))
    results = run_checks(snapshot).results
    assert [
        (result.key, finding.expected, finding.seen)
        for result in results
        for finding in result.findings
        if finding.verdict is not Verdict.HOLDS
    ] == []
    assert {result.verdict for result in results} == {Verdict.HOLDS}
    # None of them has a block of groups.
    assert CheckKey.FOLLOWED not in {result.key for result in results}
    assert run_checks(snapshot).diagnoses == ()


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(Snapshot(lab=samples.lab_of()), id="nothing"),
        pytest.param(Snapshot(lab=samples.lab_of(), cloud=ObservedAws()), id="an empty account"),
        pytest.param(
            Snapshot(
                lab=samples.lab_of(),
                cloud=ObservedAws(account="1"),
                routers={"harbour/aws-router": ObservedRouter(name="harbour/aws-router")},
                hosts={"buoy-1": ObservedHost(name="buoy-1")},
                unseen=(Unseen(what="aws", why="refused"), Unseen(what="harbour/oslo-router", why="no route to it")),
            ),
            id="views without contents",
        ),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_what_cannot_be_seen_is_no_traceback_and_does_not_hold(seen: Snapshot, known: bool) -> None:  # noqa: FBT001
    snapshot = replace(seen, facts=samples.sound().facts if known else None)
    found = run_checks(snapshot)
    results, causes = found.results, found.diagnoses
    assert {result.verdict for result in results} & {Verdict.FAILS, Verdict.NOT_REACHED}
    assert causes == run_checks(snapshot).diagnoses


def test_a_site_alone_is_looked_at_alone() -> None:
    whole = samples.sound()
    other = whole.lab.sites[1].name
    routers = {name: view for name, view in whole.routers.items() if view.site != other}
    hosts = {name: view for name, view in whole.hosts.items() if view.site != other}
    snapshot = Snapshot(
        lab=whole.lab,
        facts=whole.facts,
        cloud=whole.cloud,
        routers=routers,
        hosts=hosts,
        only=whole.lab.sites[0].name,
    )
    results = run_checks(snapshot).results
    assert {result.verdict for result in results} == {Verdict.HOLDS}
    assert run_checks(snapshot).diagnoses == ()


def test_block_holds_where_it_is_followed_and_is_reported_as_not_followed_elsewhere() -> None:
    followed, alone = with_block(running()), with_block()
    assert {result.verdict for result in run_checks(followed).results} == {Verdict.HOLDS}
    (reported,) = (result for result in run_checks(alone).results if result.verdict is not Verdict.HOLDS)
    assert reported.verdict is Verdict.NOT_APPLICABLE
    assert reported.reason is not None
    assert reported.reason.startswith("not followed: nobody runs ./scripts/lab follow")
    assert run_checks(alone).diagnoses == ()


def test_joined_group_and_what_discovery_joins_are_no_fault() -> None:
    joined = with_router(
        wanted_by_oslo(with_block(running("239.9.7.7"))),
        "aws",
        with_lines(" ip igmp join-group 239.40.0.1", " ip igmp join-group 239.40.0.1\n ip igmp join-group 239.9.7.7"),
    )
    assert run_checks(joined).diagnoses == ()
    # Nobody there wants it any more, which the rendezvous point has not heard of yet.
    assert run_checks(led_to_oslo(with_block())).diagnoses == ()
    # SSDP, and what somebody else's device in the LAN wants.
    discovering = wanted_by_host(with_block(running()), IPv4Address("239.255.255.250"))
    assert run_checks(reported_by(discovering, "172.20.5.99")).diagnoses == ()


@pytest.mark.parametrize(("expires_s", "wanted"), [(None, True), (200, True), (3, True), (2, False), (0, False)])
def test_group_is_not_wanted_while_its_router_only_asks_for_others(expires_s: int | None, wanted: bool) -> None:  # noqa: FBT001
    left = reported_by(wanted_by_oslo(with_block()), "172.20.5.20", WANTED, expires_s=expires_s)
    assert [found.key for found in run_checks(left).diagnoses] == ["not_followed"] * wanted
