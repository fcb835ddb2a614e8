"""Faults on demand happen at the line that they were asked for, and only there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from twin.iosxe.screen import at_a_router

from iosxe.faults import Kind, RouterFault, confirm_lost, confirm_unanswered, fault_of

if TYPE_CHECKING:
    from twin.iosxe.screen import Lab

LINES = ("configure terminal", "interface Loopback1", "interface Loopback2", "interface Loopback3")


def loopbacks(lab: Lab) -> list[str]:
    return [line[-1] for line in lab.running.splitlines() if line.startswith("interface Loopback")]


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        ("drop-before", ["1"]),
        ("drop-after", ["1", "2"]),
        ("refuse", ["1", "3"]),
        ("hang", ["1"]),
        ("reboot-before", []),
        ("reboot-after", []),
    ],
)
def test_a_fault_happens_at_its_line(kind: Kind, taken: list[str]) -> None:
    async def work(lab: Lab) -> None:
        lab.router.faults.arm(RouterFault(kind=kind, line=2))
        screen = await lab.type(*LINES)
        await lab.router.rebooted()
        assert loopbacks(lab) == taken
        assert screen.endswith("<dropped>") == kind.startswith(("drop", "reboot"))
        assert ("% Invalid input" in screen) == (kind == "refuse")
        assert [fault.kind for fault in lab.router.faults.happened] == [kind]

    at_a_router(work)


def test_a_line_that_met_a_fault_is_not_answered() -> None:
    async def work(lab: Lab) -> None:
        lab.router.faults.arm(RouterFault(kind="drop-after", line=1))
        screen = await lab.type("configure terminal", "interface Tunnel1")
        assert screen.endswith("<dropped>")
        assert "(config-if)" not in screen

    at_a_router(work)


def test_a_fault_happens_once() -> None:
    async def work(lab: Lab) -> None:
        lab.router.faults.arm(RouterFault(kind="drop-before", line=1))
        await lab.type(*LINES)
        await lab.type(*LINES)
        assert loopbacks(lab) == ["1", "2", "3"]

    at_a_router(work)


def test_a_confirm_that_is_lost_leaves_the_change_pending_and_one_that_is_unanswered_does_not() -> None:
    async def work(lab: Lab) -> None:
        for fault, hostname in ((confirm_lost(), "R1"), (confirm_unanswered(), "R2")):
            lab.router.faults.arm(fault)
            await lab.type("configure terminal revert timer 1", "hostname R2")
            assert (await lab.type("conf confirm")).endswith("<dropped>")
            lab.clock.advance(60)
            assert f"hostname {hostname}" in lab.running

    at_a_router(work)


def test_a_fault_is_read_from_words() -> None:
    assert fault_of("drop-before@configure confirm") == confirm_lost()
    assert fault_of("hang@3") == RouterFault(kind="hang", line=3)
    for text in ("hang", "hang@", "hug@3"):
        with pytest.raises(ValueError, match="KIND@LINE"):
            fault_of(text)
    with pytest.raises(ValueError, match="a line or at a command"):
        RouterFault(kind="hang")
