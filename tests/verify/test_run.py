"""A whole verification: traffic where nothing is known to stop it, and where its datagrams stop if nobody knows why."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest
from verify.broken import SNAPSHOT, looks_back, vpn_down
from verify.sound import with_host, with_router

from mcastlab.ios.show.multicast import MrouteCount
from mcastlab.traffic.results import Delivery, Path, Silence, SilenceKind, TrafficReport
from mcastlab.verify import engine
from mcastlab.verify.checks import run_checks
from mcastlab.verify.findings import Verdict
from mcastlab.verify.observe.lab import Sources
from mcastlab.verify.traffic import traffic_result, where_it_stops
from mcastlab_base.errors import TimedOutError
from mcastlab_base.waiting import ManualWaitClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.facts import Facts
    from mcastlab.verify.report import VerificationReport
    from mcastlab.verify.snapshot.lab import Snapshot
    from mcastlab.verify.snapshot.routers import ObservedRouter


def delivery(*, received: int = 100, path: Path = Path.TO_SITE) -> Delivery:
    there, back = ("buoy-1", "oslo-phone") if path is Path.TO_SITE else ("oslo-phone", "buoy-1")
    return Delivery(
        group="paging",
        address="239.40.0.1",
        port=5004,
        sender=there,
        receiver=back,
        path=path,
        site="oslo",
        sent=100,
        received=received,
        stalled=0,
        duplicates=0,
        reordered=0,
        latency=None,
        bound=None,
        jitter_us=None,
        established_after_s=0.1 if received else None,
        join_delay_ms=None,
        leave_delay_ms=None,
    )


def traffic(*deliveries: Delivery, heard: int = 0) -> TrafficReport:
    silent = Silence(group="paging", address="239.40.0.1", host="buoy-2", kind=SilenceKind.NEVER_JOINED, heard=heard)
    return TrafficReport(profile="matrix", stream="plain", deliveries=deliveries, silences=(silent,))


def idle(view: ObservedRouter) -> ObservedRouter:
    """Return a router whose first BGP session is not established."""
    return replace(view, bgp=(replace(view.bgp[0], state="Idle", prefixes=None), *view.bgp[1:]))


def nothing(*_: object) -> object:
    raise AssertionError("the looks are replaced")


NOWHERE = Sources(account=nothing, facts=nothing, cloud=nothing, router=nothing, shells=nothing)  # type: ignore[arg-type]


@pytest.fixture
def verified(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[list[Snapshot], TrafficReport], tuple[VerificationReport, list[str]]]:
    """Return what verifies snapshots that are seen one after the other, and tells what was done."""

    def verify(
        snapshots: list[Snapshot],
        sent: TrafficReport,
        patience_s: float | None = 1e-6,
        clock: ManualWaitClock | None = None,
    ) -> tuple[VerificationReport, list[str]]:
        reported: list[str] = []
        left = list(snapshots)

        def observe(*_: object, **__: object) -> Snapshot:
            snapshot = left.pop(0) if len(left) > 1 else left[0]
            reported.append("look")
            return snapshot

        def send(_facts: Facts) -> TrafficReport:
            reported.append("send")
            return sent

        monkeypatch.setattr(engine, "observe", observe)
        report = engine.verify(
            SNAPSHOT.lab,
            NOWHERE,
            progress=lambda _: None,
            send=send,
            patience_s=patience_s,
            clock=clock or ManualWaitClock(),
        )
        return report, reported

    return verify


def test_a_sound_lab_whose_datagrams_arrive_holds(
    verified: Callable[..., tuple[VerificationReport, list[str]]],
) -> None:
    report, reported = verified([SNAPSHOT], traffic(delivery()))
    assert (report.verdict, report.diagnoses, reported) == (Verdict.HOLDS, (), ["look", "send"])
    assert report.versions["buoy-1"] == "Linux 6.1.0"
    assert "pre-shared-key ***" in report.configurations["harbour/oslo-router"]


def test_where_a_cause_stops_packets_nothing_is_sent(
    verified: Callable[..., tuple[VerificationReport, list[str]]],
) -> None:
    report, reported = verified([with_host(SNAPSHOT, "buoy-1", ttl=1)], traffic(delivery()))
    assert reported == ["look"]
    assert report.checks[-1].verdict is Verdict.NOT_REACHED
    assert report.checks[-1].reason == report.diagnoses[0].sentence


def test_where_it_breaks_only_later_datagrams_are_sent(
    verified: Callable[..., tuple[VerificationReport, list[str]]],
) -> None:
    report, reported = verified([with_host(SNAPSHOT, "buoy-1", igmp_forced=False)], traffic(delivery()))
    assert reported == ["look", "send"]
    assert (report.checks[-1].verdict, report.verdict) == (Verdict.HOLDS, Verdict.FAILS)


def test_what_comes_up_while_it_is_looked_at_holds(
    verified: Callable[..., tuple[VerificationReport, list[str]]],
) -> None:
    report, reported = verified(
        [vpn_down(SNAPSHOT, "oslo", 1), vpn_down(SNAPSHOT, "oslo", 1), SNAPSHOT], traffic(delivery())
    )
    assert (report.verdict, reported) == (Verdict.HOLDS, ["look", "look", "look", "send"])


@pytest.mark.parametrize(
    ("broken", "key", "seconds"),
    [
        (vpn_down(SNAPSHOT, "oslo", 1), "unexplained_vpn_tunnels", 30 + 5),
        (with_router(SNAPSHOT, "oslo", idle), "unexplained_bgp", 35 + 5),
        (
            with_router(SNAPSHOT, "oslo", lambda view: replace(view, pim_neighbors=())),
            "unexplained_pim_neighbors",
            30 + 5 + 5,
        ),
    ],
    ids=["a tunnel", "BGP", "PIM"],
)
def test_what_comes_up_by_a_timer_is_looked_at_for_as_long(
    verified: Callable[..., tuple[VerificationReport, list[str]]], broken: Snapshot, key: str, seconds: float
) -> None:
    clock = ManualWaitClock()
    report, _ = verified([broken], traffic(delivery()), None, clock)
    assert (report.diagnoses[0].key, clock.now()) == (key, seconds)


def test_what_stays_down_is_reported_however_long_a_look_takes(
    verified: Callable[..., tuple[VerificationReport, list[str]]],
) -> None:
    report, reported = verified([vpn_down(SNAPSHOT, "oslo", 1)], traffic(delivery()))
    assert (report.verdict, reported) == (Verdict.FAILS, ["look", "look", "look"])


def test_lost_datagrams_are_unexplained_and_traced(
    verified: Callable[..., tuple[VerificationReport, list[str]]],
) -> None:
    report, reported = verified([SNAPSHOT], traffic(delivery(received=0), delivery(path=Path.TO_AWS)))
    assert reported == ["look", "send", "look"]
    (cause,) = report.diagnoses
    assert cause.key == "unexplained_traffic"
    assert "0 of 100 datagrams of buoy-1 to 239.40.0.1 arrive at oslo-phone" in cause.sentence
    assert "harbour/aws-router" in cause.sentence


def test_traffic_that_is_broken_off_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "observe", lambda *_, **__: SNAPSHOT)

    def send(_facts: Facts) -> TrafficReport:
        raise TimedOutError("buoy-1: the command did not end within 60 s")

    report = engine.verify(SNAPSHOT.lab, NOWHERE, progress=lambda _: None, send=send, patience_s=0)
    assert (report.checks[-1].verdict, report.traffic) == (Verdict.FAILS, None)
    assert "buoy-1: the command did not end" in report.diagnoses[0].sentence


def test_a_check_took_as_long_as_what_it_speaks_of_was_looked_at() -> None:
    taken = {"aws": 0.5, "harbour/oslo-router": 1.5, "harbour/bergen-router": 2.5, "buoy-1": 0.1}
    snapshot = replace(SNAPSHOT, seconds=taken)
    seconds = {result.key: result.seconds for result in run_checks(snapshot).results}
    assert (seconds["aws"], seconds["stacks"], seconds["vpn_tunnels"], seconds["access"]) == (0.5, 0.5, 2.5, 2.5)


def test_what_was_lost_is_reported_with_its_time() -> None:
    short = delivery(received=98).model_copy(update={"lost_between_ms": (310.0, 1250.0)})
    (seen,) = (
        each.seen for each in traffic_result(SNAPSHOT, traffic(short), 1.0).findings if each.verdict is Verdict.FAILS
    )
    assert seen == "98 of 100 arrived; lost from 0.31 to 1.25 s"


def test_a_leak_fails_the_traffic() -> None:
    result = traffic_result(SNAPSHOT, traffic(delivery(), heard=3), 1.0)
    assert result.verdict is Verdict.FAILS
    found = run_checks(SNAPSHOT)
    assert [cause.key for cause in replace(found, results=(*found.results, result)).diagnoses] == [
        "unexplained_traffic"
    ]


def counted(
    snapshot: Snapshot, router: str, *, packets: int, rpf_failed: int = 0, source: IPv4Address | None = None
) -> Snapshot:
    source = source or snapshot.hosts["buoy-1"].source
    count = MrouteCount(
        group=IPv4Address("239.40.0.1"),
        source=source,
        packets=packets,
        packet_size=100,
        rpf_failed=rpf_failed,
        other_drops=0,
    )
    return with_router(snapshot, router, lambda view: replace(view, mroute_counts=(count,)))


def test_datagrams_are_followed_from_router_to_router() -> None:
    lost = delivery(received=0)
    assert "buoy-1 (10.40.1.10); harbour/aws-router, where they come by the gateway" in where_it_stops(SNAPSHOT, lost)
    near = counted(SNAPSHOT, "aws", packets=90)
    assert "forwarded 90; harbour/oslo-router" in where_it_stops(near, lost)
    assert "knows the source and has forwarded nothing" in where_it_stops(counted(near, "oslo", packets=0), lost)
    assert "dropped 7" in where_it_stops(counted(near, "oslo", packets=0, rpf_failed=7), lost)
    assert "oslo-phone's packet filter" in where_it_stops(counted(near, "oslo", packets=88), lost)
    assert "no router is on their way" in where_it_stops(SNAPSHOT, lost.model_copy(update={"path": Path.WITHIN_AWS}))


def test_datagrams_of_a_device_are_followed_by_way_of_both_sites_routers() -> None:
    lost = delivery(received=0, path=Path.TO_AWS).model_copy(
        update={"path": Path.BETWEEN_SITES, "receiver": "bergen-phone"}
    )
    snapshot, source = SNAPSHOT, SNAPSHOT.hosts["oslo-phone"].source
    lan, gre = SNAPSHOT.lab.sites[0].router.lan.interface, [site.gre_interface for site in SNAPSHOT.lab.sites]
    for router, name, comes_by in (
        ("oslo", "harbour/oslo-router", lan),
        ("aws", "harbour/aws-router", gre[0]),
        ("bergen", "harbour/bergen-router", gre[1]),
    ):
        assert f"; {name}, where they come by {comes_by}, shows none" in where_it_stops(snapshot, lost)
        snapshot = counted(snapshot, router, packets=90, source=source)
    assert "the last router on their way, harbour/bergen-router" in where_it_stops(snapshot, lost)


def test_a_reverse_path_that_is_wrong_needs_no_trace(
    verified: Callable[..., tuple[VerificationReport, list[str]]],
) -> None:
    snapshot = with_router(SNAPSHOT, "oslo", looks_back("10.255.0.10", "GigabitEthernet1"))
    _, reported = verified([snapshot], traffic(delivery(received=0)))
    assert "send" not in reported
