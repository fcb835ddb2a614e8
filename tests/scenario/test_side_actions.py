"""A remote router is asked before and after something is sent; what it prints proves what appliances received."""

from __future__ import annotations

import time
from threading import Thread
from typing import TYPE_CHECKING, Final

import pytest
from fakes import FakeSession
from scenario.test_real_devices import LAB, script

from mcastlab.scenario.results import Grade, ProvenReception
from mcastlab.scenario.side_actions import COMMANDS, SideActions, proven
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from mcastlab.scenario.side_actions import Sessions

GROUPS: Final = """\
IGMP Connected Group Membership
Group Address    Interface                Uptime    Expires   Last Reporter   Group Accounted
239.1.1.1        GigabitEthernet2         00:10:12  00:02:40  192.168.50.31
"""
ROUTES: Final = """\
IP Multicast Routing Table
Flags: D - Dense, S - Sparse, B - Bidir Group, s - SSM Group, C - Connected,
 Timers: Uptime/Expires
 Interface state: Interface, Next-Hop or VCD, State/Mode

(10.10.1.5, 239.1.1.1), 00:00:05/00:02:54, flags: T
  Incoming interface: Tunnel200, RPF nbr 172.16.200.1
  Outgoing interface list:
    GigabitEthernet2, Forward/Sparse, 00:06:55/00:02:59
"""
COUNTS: Final = """\
IP Multicast Statistics
3 routes using 2052 bytes of memory
2 groups, 0.50 average sources per group
Forwarding Counts: Pkt Count/Pkts per second/Avg Pkt Size/Kilobits per second
Other counts: Total/RPF failed/Other drops(OIF-null, rate-limit etc)

Group: 239.1.1.1, Source count: 1, Packets forwarded: 90, Packets received: 95
  Source: 10.10.1.5/32, Forwarding: {}/10/100/8, Other: 93/3/2
"""


def acted(sessions: Sessions) -> list[ProvenReception]:
    """Act on a page that is over already, so that everything is due at once."""
    part = script("- page: {from: phones-1, to: paging, for: 1s}")
    actions = SideActions(LAB, part, sessions, print)
    thread = Thread(target=actions.run, args=(time.time() - 60,))
    thread.start()
    while thread.is_alive() and len(actions.receptions) < len(part.receiving):
        time.sleep(0.002)
    actions.stop()
    thread.join()
    actions.end()
    actions.close()
    return list(proven(part, actions, lambda *_: ""))


def router(*counts: int, groups: str = GROUPS) -> FakeSession:
    answers = dict(zip(COMMANDS, ([groups], [ROUTES], [COUNTS.format(count) for count in counts]), strict=True))
    return FakeSession(answers=answers)


@pytest.mark.parametrize(
    ("session", "grade"),
    [
        (router(88, 188), Grade.LAST_REPORTER),
        (router(88, 88), Grade.NONE),
        (router(88, 188, groups=GROUPS.replace("50.31", "50.20")), Grade.LAN_MEMBER),
        (router(88, 188, groups="% Invalid input detected at '^' marker."), Grade.NONE),
    ],
)
def test_what_a_router_prints_before_and_after_is_the_proof(session: FakeSession, grade: Grade) -> None:
    asked: list[str] = []

    def sessions(site: str) -> FakeSession:
        asked.append(site)
        return session

    (found,) = acted(sessions)
    assert (found.device, found.group, found.grade) == ("pager-7", "paging", grade)
    assert asked == ["berlin"]
    assert session.calls == [*COMMANDS, *COMMANDS, "<close>"]


def test_a_router_that_cannot_be_reached_proves_nothing_and_stops_no_test() -> None:
    def refused(_: str) -> FakeSession:
        raise RefusedError("berlin-router: no answer")

    (found,) = acted(refused)
    assert found.grade is Grade.NONE
    assert "berlin-router: no answer" in found.why
