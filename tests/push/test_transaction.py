"""A push to virtual routers: all or none, least change, and back to what was there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from push.rig import Rig

from mcastlab.push.report import Side

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcastlab.lab.model import Lab


@pytest.fixture
def rig(lab: Lab, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(lab, tmp_path)
    yield made
    made.close()


def test_push_then_nothing_then_removal_gives_the_configuration_of_before(rig: Rig) -> None:
    before = rig.texts()
    first = rig.push()
    assert [each.side for each in first.routers] == [Side.NEW, Side.NEW], first.as_text()
    after = rig.texts()
    assert after != before
    second = rig.push()
    assert [(each.side, each.lines) for each in second.routers] == [(Side.IN_SYNC, ())] * 2
    assert rig.texts() == after
    removed = rig.push(remove=True)
    assert [each.side for each in removed.routers] == [Side.NEW, Side.NEW], removed.as_text()
    assert rig.texts() == before
