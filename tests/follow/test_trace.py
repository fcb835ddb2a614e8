"""What a report keeps of a follower's events: live groups over time, and how long joins took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from report import report_samples

from mcastlab.follow.events import FollowEvent, Kind
from mcastlab.follow.snapshot import FollowedView, FollowSnapshot
from mcastlab.follow.trace import FollowLog, trace_of
from mcastlab.report.follow_plot import follow_plot
from mcastlab.report.page import page

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

ONE, TWO, THREE = (IPv4Address(f"239.9.1.{n}") for n in (1, 2, 3))


def test_events_become_live_groups_and_delays() -> None:
    now = [100.0]
    log = FollowLog(clock=lambda: now[0])
    for seconds, event in (
        (0.0, FollowEvent(kind=Kind.ADOPTED, group=THREE)),
        (1.0, FollowEvent(kind=Kind.JOINED, group=ONE, by=frozenset({"oslo"}), seconds=0.25)),
        (0.0, FollowEvent(kind=Kind.REFUSED, group=TWO, text="the ceiling")),
        (2.0, FollowEvent(kind=Kind.LEFT, group=ONE, seconds=2.0)),
        (1.0, FollowEvent(kind=Kind.JOINED, group=ONE, by=frozenset({"oslo"}), seconds=0.5)),
        (1.0, FollowEvent(kind=Kind.RECOVERED, seconds=1.0, text="the router answers again")),
    ):
        now[0] += seconds
        log.tell(event)
    trace = log.trace()
    assert trace.duration_s == 5.0
    assert trace.live() == ((0.0, 1), (1.0, 2), (3.0, 1), (4.0, 2))
    assert [each.after_s for each in trace.joins] == [None, 0.25, 0.5]
    assert trace.refused == ("239.9.1.2: the ceiling",)
    plot = follow_plot(trace)
    assert plot is not None
    assert plot.label == "at most 2 live groups; 3 joins, median 375 ms"
    assert [text for _, _, text in plot.dots] == ["239.9.1.1 for oslo: 250 ms", "239.9.1.1 for oslo: 500 ms"]


def test_follower_of_another_process_is_known_by_what_it_shows() -> None:
    begun = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def view(group: IPv4Address, since_s: float, *by: str, live: bool = True) -> FollowedView:
        return FollowedView(
            group=group,
            block="calls",
            by=by,
            since=begun + timedelta(seconds=since_s),
            live=live,
            joined_after_s=0.2 if live else None,
            refused="" if live else "the ceiling",
        )

    groups = (view(ONE, 3.0, "oslo"), view(TWO, -60.0, "oslo"), view(THREE, 3.0, "oslo", live=False))
    trace = trace_of(FollowSnapshot(pid=1, taken=begun + timedelta(seconds=9), groups=groups), begun)
    assert trace.duration_s == 9.0
    assert trace.live() == ((0.0, 1), (3.2, 2))
    assert trace.refused == ("239.9.1.3: the ceiling",)


def test_nobody_followed_gives_no_plot_and_an_idle_follower_an_empty_one() -> None:
    assert follow_plot(None) is None
    idle = follow_plot(FollowLog().trace())
    assert idle is not None
    assert idle.dots == ()


def test_page_has_the_plot_where_somebody_followed(lab: Lab) -> None:
    report = report_samples.sound(lab)
    assert 'id="followed-groups"' in page(report, lab)
    assert "239.9.1.8 for berlin: 320 ms" in page(report, lab)
    assert 'id="followed-groups"' not in page(report.model_copy(update={"followed": None}), lab)
