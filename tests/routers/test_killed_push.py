"""A push whose process was killed over its lines: what the next one makes of what it left."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from mcastlab.routers.device import RouterRun
from mcastlab.routers.push_report import Side
from mcastlab.routers.router import REVERT_MINUTES
from mcastlab.routers.transaction import Transaction, compare
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from routers.rig import Rig

pytestmark = pytest.mark.process


class KilledError(Exception):
    """Stands for the end of a process: nothing of a run comes after it."""


def killed_run(_: RouterRun) -> None:
    raise KilledError


@pytest.mark.parametrize("at", ["_send", "prove_change"])
def test_a_run_that_is_killed_over_its_lines_is_rolled_back_by_the_next_one(
    rig: Rig, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rig.texts()
    whose = Transaction if at == "_send" else RouterRun
    step = getattr(whose, at)

    def killed(*words: Any) -> None:
        step(*words)
        if words[-1].router.name == "demo/lab-router":
            raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(whose, at, killed)
        with pytest.raises(KilledError):
            rig.push()
    assert rig.texts() != before
    with pytest.raises(RefusedError) as seen:
        compare(rig.lab, rig.routers(), rig.records, rig.pace)
    assert seen.value.text.splitlines() == [
        f"{name}: a change that an earlier run left waits to be confirmed" for name in rig.boxes
    ]
    assert seen.value.hint == "nothing was sent; run configure: it first brings all routers to one side"
    again = rig.push()
    assert again.settled == tuple(
        f"{name}: an earlier run left it half way; rolled back to the previous configuration" for name in rig.boxes
    )
    assert [each.side for each in again.routers] == [Side.NEW, Side.NEW], again.as_text()


def test_a_router_that_the_next_run_leaves_out_rolls_back_by_itself(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rig.texts()
    with monkeypatch.context() as patch:
        patch.setattr(RouterRun, "prove_change", killed_run)
        with pytest.raises(KilledError):
            rig.push()
    (kept,) = (each for each in rig.routers() if each.name == "demo/aws-router")
    report = Transaction(lab=rig.lab, records=rig.records, progress=rig.progress.append, pace=rig.pace).run([kept])
    assert [line.partition(":")[0] for line in report.settled] == [kept.name]
    assert [each.side for each in report.routers] == [Side.NEW], report.as_text()
    rig.boxes["demo/lab-router"].wait(REVERT_MINUTES * 60)
    assert rig.texts()["demo/lab-router"] == before["demo/lab-router"]


def test_a_change_that_waits_once_our_own_timers_have_run_out_is_somebody_else_s(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rig.texts()
    with monkeypatch.context() as patch:
        patch.setattr(RouterRun, "prove_change", killed_run)
        with pytest.raises(KilledError):
            rig.push()
    for box in rig.boxes.values():
        box.wait(REVERT_MINUTES * 60)
    assert rig.texts() == before
    (journal,) = (rig.folder / "under-way").iterdir()
    passed = time.time() - REVERT_MINUTES * 60 - 1
    os.utime(journal, (passed, passed))
    session = rig.boxes["demo/lab-router"].connect()
    session.enter_configuration(REVERT_MINUTES)
    session.close()
    with pytest.raises(RefusedError, match="demo/lab-router: a change of lab waits to be confirmed"):
        rig.push()
