"""The commands of the documentation that act on a lab run as they stand there, one after the other, in one twin."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from documented import IN_A_LAB, DocumentedShell
from judges import programs_of

from .conftest import write_lab

if TYPE_CHECKING:
    from pathlib import Path

    from .demos import Home

pytestmark = [pytest.mark.twin, pytest.mark.timeout(1200)]


def test_every_command_on_a_lab_ends_as_it_should(home: Home, tmp_path: Path) -> None:
    environment = {key: value for key, value in home.environment.items() if not key.startswith("MCASTLAB_")}
    environment["PATH"] = f"{environment['PATH']}{os.pathsep}{programs_of('programs')}"
    shell = DocumentedShell(tmp_path, environment)
    write_lab(tmp_path)
    try:
        for line, code in IN_A_LAB.items():
            if line.startswith("./scripts/lab compare"):
                shutil.copy(tmp_path / "after.json", tmp_path / "before.json")
            shell.run(line, code)
    finally:
        shell.run("./scripts/lab twin down --lab demo", 0)
    assert shell.failed == [], "\n\n".join(shell.failed)
