"""Routers of the default lab in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from routers.rig import Rig

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcastlab.lab.model import Lab


@pytest.fixture
def rig(lab: Lab, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(lab, tmp_path)
    yield made
    made.close()
