"""What a run says to people, and to machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routers.rig import AT_ONCE, by_hand

from iosxe.faults import CONFIRM, RouterFault
from mcastlab.routers.push_report import PushReport, RouterReport, Side
from mcastlab.routers.transaction import compare

if TYPE_CHECKING:
    from collections.abc import Callable

    from routers.rig import Rig


FAR = "demo/lab-router"


def test_what_a_run_says_of_each_side_is_the_golden_text(rig: Rig, golden: Callable[[str, str], None]) -> None:
    summary: list[str] = []

    def say(title: str, report: PushReport) -> None:
        summary.append(f"# {title} (exit code {int(report.exit_code)})\n{report.as_text()}\n")

    rig.boxes[FAR].virtual.faults.arm(RouterFault(kind="refuse", line=30))
    say("a line is refused", rig.push())
    rig.push()
    say("again", rig.push())
    key = " pre-shared-key other"
    by_hand(rig.boxes[FAR], "interface Tunnel200", " ip mtu 1200", "crypto ikev2 keyring MCASTLAB", " peer AWS-1", key)
    say("what a dry run and drift say", compare(rig.lab, rig.routers(), rig.records, AT_ONCE))
    say("what differs is sent", rig.push())
    golden("report/push.txt", "\n".join(summary))


def test_sides_that_nobody_wants_are_reported_in_words() -> None:
    said = {side: RouterReport(router="r", side=side, lines=("a",), replaced=("b",)).summary for side in Side}
    assert len(set(said.values())) == len(Side)
    assert "timer rolls it back" in said[Side.PENDING]
    assert "not known" in said[Side.UNKNOWN]


def test_machines_get_what_each_line_replaces_beside_it(rig: Rig) -> None:
    rig.push()
    by_hand(rig.boxes[FAR], "interface Tunnel200", " ip mtu 1200")
    (_, far) = compare(rig.lab, rig.routers(), rig.records, AT_ONCE).as_json()["routers"]
    assert dict(zip(far["lines"], far["replaced"], strict=True)) == {
        "interface Tunnel200": "",
        " ip mtu 1380": "ip mtu 1200",
    }


def test_a_lost_confirm_is_reported_with_what_the_router_does_by_itself(rig: Rig) -> None:
    box = rig.boxes[FAR]
    box.cut_by_fault = True
    box.virtual.faults.arm(RouterFault(kind="drop-before", command=CONFIRM))
    text = rig.push().as_text()
    assert "demo/aws-router: new configuration, confirmed and saved; 22 lines sent" in text
    assert "demo/lab-router: which configuration it runs is not known" in text
    assert "rolls back by itself within 5 minutes unless the confirm reached it" in text
