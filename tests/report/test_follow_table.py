"""The live table of followed groups, and a line an event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import Final

import pytest
from rich.console import Console

from mcastlab.follow.events import FollowEvent, Kind
from mcastlab.follow.snapshot import FollowedView, FollowSnapshot
from mcastlab.report.terminal_follow import event_line, follow_table

NOW: Final = datetime(2026, 11, 24, 12, 30, 5, tzinfo=UTC)


def view(number: int, *by: str, refused: str = "", pps: float | None = None) -> FollowedView:
    return FollowedView(
        group=IPv4Address("239.9.1.0") + number,
        block="calls",
        by=by,
        since=NOW - timedelta(seconds=number),
        live=not refused,
        joined_after_s=None if refused else 0.134,
        refused=refused,
        pps=pps,
    )


SEEN: Final = FollowSnapshot(
    pid=7,
    taken=NOW,
    groups=(view(1, "berlin", "doppel-1", pps=50.2), view(2), view(3, "berlin", refused="the ceiling")),
    sending=((IPv4Address("239.9.2.2"), ("192.168.50.20",)),),
    waiting=("AWS answered RequestLimitExceeded",),
)


def drawn(seen: FollowSnapshot, *, width: int = 80, height: int = 24) -> list[str]:
    console = Console(width=width, height=height, record=True, file=None, quiet=False, force_terminal=False)
    with console.capture() as shown:
        console.print(follow_table(seen, height))
    return [line.rstrip() for line in shown.get().splitlines()]


def test_table_has_who_since_when_after_how_long_and_how_much() -> None:
    rows = [line.split() for line in drawn(SEEN)]
    time = f"{SEEN.groups[0].since:%M:%S}"
    assert rows[1][:4] == ["239.9.1.1", "calls", "berlin,", "doppel-1"]
    assert rows[1][4].endswith(time)
    assert rows[1][5:] == ["0.13", "s", "50"]
    assert rows[2][2:5] == ["nobody", "any", "more"]
    assert rows[3][2] == "berlin"
    assert rows[3][-1] == "refused"
    assert [" ".join(row) for row in rows[4:]] == [
        "2 live groups, 1 group not joined",
        "239.9.2.2: 192.168.50.20 sending, nobody listens",
        "waiting: AWS answered RequestLimitExceeded",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_table_fits_the_terminal(width: int) -> None:
    many = SEEN.model_copy(update={"groups": tuple(view(n, "berlin" * 5) for n in range(100))})
    lines = drawn(many, width=width, height=20)
    assert len(lines) <= 20
    assert max(map(len, lines)) <= width
    assert "100 live groups" in lines[-3]


def test_event_is_a_line() -> None:
    group = IPv4Address("239.9.9.9")
    joined = FollowEvent(kind=Kind.JOINED, group=group, by=frozenset({"berlin", "doppel-1"}), seconds=0.134)
    assert event_line(joined, NOW).plain == "12:30:05 joined 239.9.9.9 for berlin, doppel-1 after 0.13 s"
    sending = FollowEvent(kind=Kind.SENDING, group=group, by=frozenset({"10.0.0.1"}), text="sending, nobody listens")
    assert event_line(sending, NOW).plain == "12:30:05 sending 239.9.9.9 from 10.0.0.1: sending, nobody listens"
