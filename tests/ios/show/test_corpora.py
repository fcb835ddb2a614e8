"""Public captures of real routers are read as genie reads them."""

from __future__ import annotations

import os

import pytest
from corpora import CAPTURES, SHARED, WRONG, table, verdicts

pytestmark = pytest.mark.process


@pytest.mark.skipif(
    SHARED not in os.environ and not CAPTURES.exists(),
    reason=f"{CAPTURES.name} is not the project's: {SHARED} names the folder whose cases/ has it",
)
def test_no_value_of_a_real_router_is_read_wrongly() -> None:
    found = verdicts()
    assert len(found) > 100
    assert not [each for each in found if each.verdict == WRONG], table(found)
