"""Every fault at every line and command of a push: each router ends on a whole side, and the report says which."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from routers.rig import Rig

from iosxe.faults import KINDS, Kind, RouterFault
from mcastlab.routers.push_report import PushReport, Side
from mcastlab_base.errors import ExitCode, LabError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from series import Sampled

    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process

ROUTERS = ("demo/aws-router", "demo/lab-router")


@pytest.fixture(scope="module")
def sound(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A push without faults: how the routers look before and after, and what is asked of each."""
    rig = Rig(lab, tmp_path_factory.mktemp("sound"))
    before = rig.texts()
    assert rig.push().exit_code is ExitCode.OK
    rig.old, rig.new = before, rig.texts()
    yield rig
    rig.close()


def cells(sound: Rig, router: str, kind: Kind) -> list[RouterFault]:
    """Return every place in a push where a router can have a fault."""
    change = [path for top in sound.wanted[router] for path, _ in top.walk()]
    commands = [call for call in dict.fromkeys(sound.boxes[router].calls) if _is_command(call)]
    at_lines = [RouterFault(kind=kind, line=number + 1) for number in range(len(change))]
    return [*at_lines, *(RouterFault(kind=kind, command=command) for command in commands)]


def _is_command(call: str) -> bool:
    return call.startswith(("show ", "configure ", "write "))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("router", ROUTERS)
def test_any_fault_leaves_each_router_on_a_whole_side(
    lab: Lab, sound: Rig, tmp_path: Path, router: str, kind: Kind, *, sampled: Sampled
) -> None:
    faults = cells(sound, router, kind)
    assert len(faults) > 20
    for number, fault in enumerate(sampled(faults, gate=4)):
        rig = Rig(lab, tmp_path / str(number), wanted=sound.wanted)
        try:
            rig.boxes[router].virtual.faults.arm(fault)
            report, reported = _pushed(rig)
            assert rig.boxes[router].virtual.faults.happened == (fault,), fault
            assert report is not None or "nothing was sent" in reported, (fault, reported)
            _is_whole(rig, sound, report, fault)
        finally:
            rig.close()


def test_a_full_disk_changes_nothing(lab: Lab, sound: Rig, tmp_path: Path) -> None:
    for number, router in enumerate(ROUTERS):
        rig = Rig(lab, tmp_path / str(number))
        rig.boxes[router].virtual.fill_disk()
        report = rig.push()
        assert rig.texts() == sound.old
        assert {each.side for each in report.routers} == {Side.OLD}
        assert report.exit_code is ExitCode.REFUSED
        assert "No space left" in report.as_text()
        rig.close()


def _pushed(rig: Rig) -> tuple[PushReport | None, str]:
    """Return the report, or the error of a run that sent nothing."""
    try:
        return rig.push(), ""
    except LabError as error:
        return None, error.text


def _sides(rig: Rig, sound: Rig) -> dict[str, str]:
    return {
        name: "old" if text == sound.old[name] else "new" if text == sound.new[name] else "torn"
        for name, text in rig.texts().items()
    }


def _is_whole(rig: Rig, sound: Rig, report: PushReport | None, fault: RouterFault) -> None:
    sides = _sides(rig, sound)
    assert "torn" not in sides.values(), (fault, sides, report)
    reported = {} if report is None else {each.router: each for each in report.routers}
    for name, each in reported.items():
        if each.side is Side.UNKNOWN:
            # Nobody logs in to a router that shows another key: what is reported is what its own timer does.
            assert fault.kind == "change-key", (fault, each)
            assert "it rolls back by itself within 5 minutes" in each.error
            rig.boxes[name].wait(rig.pace.revert_minutes * 60 + 1)
            reported[name] = replace(each, side=Side.OLD)
    sides = _sides(rig, sound)
    assert len(set(sides.values())) == 1, (fault, sides, report)
    for name, box in rig.boxes.items():
        # What it would boot is what it runs; nothing is saved of a change that was rolled back before it was confirmed.
        startup = box.virtual.startup_config
        assert startup == box.text or (startup is None and sides[name] == "old"), (fault, name, startup, report)
    if report is None:
        assert set(sides.values()) == {"old"}, fault
        return
    said = {Side.OLD: "old", Side.NEW: "new"}
    assert {name: said[each.side] for name, each in reported.items()} == sides, (fault, report.as_text())
    assert (report.exit_code is ExitCode.OK) == (set(sides.values()) == {"new"}), (fault, report)
