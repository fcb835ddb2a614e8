"""The commands of the documentation that need no lab which is up run as they stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cli.places import bare
from documented import ALONE, OFFLINE, DocumentedShell

from mcastlab import lab_choice

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.process


@pytest.mark.parametrize("listed", [OFFLINE, ALONE], ids=["offline", "alone"])
def test_commands_that_need_no_lab_end_as_they_should(listed: Mapping[str, int], tmp_path: Path) -> None:
    environment = bare(tmp_path)
    del environment[lab_choice.VARIABLE]
    folder = tmp_path / "a clone"
    folder.mkdir()
    shell = DocumentedShell(folder, environment)
    try:
        for line, code in listed.items():
            shell.run(line, code)
    finally:
        if listed is ALONE:
            shell.run("./scripts/lab region down", 0)
    assert shell.failed == [], "\n\n".join(shell.failed)
