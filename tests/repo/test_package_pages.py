"""Each package has a page that says what it is, names its files and rooms, and holds its invariants."""

from __future__ import annotations

import re

import pytest

from mcastlab.lab_files import PROJECT

LONGEST_PAGE = 60
PACKAGES = ["mcastlab", "mcastlab_base", "awsregion", "iosxe", "mcastlab_twin"]


@pytest.mark.parametrize("package", PACKAGES)
def test_page_is_one_page_and_names_what_is_there(package: str) -> None:
    folder = PROJECT / "scripts" / package
    page = (folder / "README.md").read_text(encoding="utf-8")
    assert len(page.splitlines()) <= LONGEST_PAGE
    assert "## Invariants" in page
    rows = re.findall(r"^\| (`[^|]+`) \|", page, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert {name for name in named if not (folder / name).exists()} == set()
    rooms = {f"{found.parent.name}/" for found in folder.glob("*/__init__.py")}
    assert rooms <= named


@pytest.mark.parametrize("package", PACKAGES)
def test_readme_leads_to_the_page(package: str) -> None:
    assert f"(../scripts/{package}/README.md)" in (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
