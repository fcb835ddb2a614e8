"""The list of what the router knows is that of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iosxe import catalogue
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    import pytest

LIST = PROJECT / "scripts" / "iosxe" / "COMMANDS.md"


def test_the_list_of_what_the_router_knows_is_that_of_its_rows(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        LIST.write_text(catalogue.catalogue(), encoding="utf-8")
    assert LIST.read_text(encoding="utf-8") == catalogue.catalogue()


def test_readme_names_the_list() -> None:
    assert "scripts/iosxe/COMMANDS.md" in (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
