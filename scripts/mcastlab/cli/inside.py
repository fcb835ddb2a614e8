"""What the verbs that start and stop a twin share: pointing this process at one, and ending one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mcastlab.twin import lifecycle

if TYPE_CHECKING:
    from mcastlab.cli.stages import Stages
    from mcastlab.lab.model import Lab
    from mcastlab.twin.rundir import Twin


def enter(twin: Twin) -> None:
    """Point this process, and what it starts, at the twin."""
    for name in lifecycle.FOREIGN_VARIABLES:
        os.environ.pop(name, None)
    os.environ.update(lifecycle.environment(twin))


def end_twin(lab: Lab, stages: Stages) -> None:
    """End the lab's twin and remove its files."""
    with stages.stage("The twin goes") as note:
        lifecycle.down(lab.name)
        note("its one process and its files are gone")
