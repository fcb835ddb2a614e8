"""The same over real SSH: every variant there and back, faults, and a host key that is another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import asyncssh
import pytest
from routers.served import HANGS_AFTER_S, SshRig

from iosxe.faults import CONFIRM, KINDS, RouterFault
from mcastlab.lab_files import DEFAULT_LAB, read_lab
from mcastlab.routers.push_report import Side
from mcastlab_base.errors import ExitCode, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process

LABS = Path(__file__).parents[1] / "labs"
VARIANTS = [DEFAULT_LAB, *sorted(LABS.glob("*.yaml"))]


@pytest.mark.parametrize("path", VARIANTS, ids=lambda path: path.stem)
def test_every_variant_goes_there_and_back(path: Path, tmp_path: Path) -> None:
    rig = SshRig(read_lab(path), tmp_path)
    try:
        before = rig.texts()
        first = rig.push()
        assert {each.side for each in first.routers} == {Side.NEW}, first.as_text()
        after = rig.texts()
        assert {each.side for each in rig.push().routers} == {Side.IN_SYNC}
        assert rig.texts() == after
        removed = rig.push(remove=True)
        assert removed.exit_code is ExitCode.OK, removed.as_text()
        assert rig.texts() == before
    finally:
        rig.close()


@pytest.fixture(scope="module")
def rig(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshRig]:
    made = SshRig(lab, tmp_path_factory.mktemp("ssh"), read_timeout_s=HANGS_AFTER_S)
    made.old = made.texts()
    assert made.push().exit_code is ExitCode.OK
    made.new = made.texts()
    assert made.push(remove=True).exit_code is ExitCode.OK
    yield made
    made.close()


@pytest.mark.series(gate=len(KINDS))  # one of a kind
@pytest.mark.parametrize("router", ["demo/aws-router", "demo/lab-router"])
@pytest.mark.parametrize("place", [13, CONFIRM], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_leaves_all_on_one_whole_side(rig: SshRig, router: str, kind: str, place: int | str) -> None:
    where = {"line": place} if isinstance(place, int) else {"command": place}
    fault = RouterFault(kind=kind, **where)  # type: ignore[arg-type]  # one of KINDS, and a line or a command
    assert rig.texts() == rig.old
    box = rig.boxes[router]
    pace = rig.pace
    if kind == "change-key":
        rig.pace = replace(pace, reach_s=0.1)
    box.virtual.faults.arm(fault)
    try:
        report = rig.push()
    finally:
        rig.pace = pace
        box.virtual.fill_disk(full=False)
        box.virtual.change_host_key(box.key)  # type: ignore[attr-defined]  # it is an SshBox
    assert box.virtual.faults.happened == (fault,)
    reported = {each.router: each.side for each in report.routers}
    if kind == "change-key" and place != CONFIRM:
        # As the router itself does after five minutes.
        assert reported.pop(router) is Side.UNKNOWN, report.as_text()
        session = box.connect()
        session.show("configure revert now")
        session.close()
    texts = rig.texts()
    assert texts in (rig.old, rig.new)
    side = Side.NEW if texts == rig.new else Side.OLD
    assert set(reported.values()) == {side}, report.as_text()
    if side is Side.NEW:
        assert rig.push(remove=True).exit_code is ExitCode.OK


def test_a_changed_host_key_is_refused_and_nothing_is_sent(rig: SshRig) -> None:
    box = rig.boxes["demo/lab-router"]
    original = box.key  # type: ignore[attr-defined]  # it is an SshBox
    try:
        box.virtual.change_host_key(asyncssh.generate_private_key("ssh-rsa", key_size=2048))
        with pytest.raises(RefusedError, match="demo/lab-router"):
            rig.push()
        assert rig.texts() == rig.old
    finally:
        box.virtual.change_host_key(original)


class _OnceSent(list[str]):
    """Progress that does something when the last line of a router was sent."""

    def __init__(self, router: str, act: Callable[[], None]) -> None:
        super().__init__()
        self._router, self._act = router, act

    def append(self, reported: str) -> None:
        super().append(reported)
        *_, done, _, count = reported.split()
        if reported.startswith(self._router) and done == count:
            self._act()


def test_a_host_key_that_changes_on_the_way_is_no_proof_and_the_sides_are_reported(rig: SshRig) -> None:
    box = rig.boxes["demo/lab-router"]
    original = box.key  # type: ignore[attr-defined]  # it is an SshBox
    other = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    progress, pace = rig.progress, rig.pace
    rig.progress = _OnceSent("demo/lab-router", lambda: box.virtual.change_host_key(other))
    rig.pace = replace(pace, reach_s=0.1)
    try:
        report = rig.push()
    finally:
        rig.progress, rig.pace = progress, pace
        box.virtual.change_host_key(original)
    assert {each.router: each.side for each in report.routers} == {
        "demo/aws-router": Side.OLD,
        "demo/lab-router": Side.UNKNOWN,
    }, report.as_text()
    assert "the host key has changed" in report.routers[1].error
    assert "it rolls back by itself within 5 minutes" in report.routers[1].error
    session = box.connect()
    session.show("configure revert now")
    session.close()
    assert rig.texts() == rig.old
