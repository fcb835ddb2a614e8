"""Every case of what real routers were seen to do gives its right value."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from corpora import SHARED
from field.field_cases import INDEX, FieldCase, field_cases, reads_rightly
from field.played import PLAYERS

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process

CASES = field_cases()


@pytest.mark.skipif(
    SHARED not in os.environ and not INDEX.exists(),
    reason=f"{INDEX.name} is not the project's: {SHARED} names the folder whose cases/routers/ has it",
)
def test_the_cases_are_there_and_each_has_a_player() -> None:
    assert len(CASES) > 30
    assert len({case.id for case in CASES}) == len(CASES)
    assert [case.id for case in CASES if case.kind != "parser" and case.id not in PLAYERS] == []


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_case_gives_its_right_value(case: FieldCase, lab: Lab, tmp_path: Path) -> None:
    if case.kind == "parser":
        reads_rightly(case)
        return
    assert case.id in PLAYERS, f"nobody plays {case.id} of kind {case.kind}: {case.right}"
    PLAYERS[case.id](case, lab, tmp_path)
