"""Fixtures that any test may use; none imports the CDK."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from mcastlab.lab_files import DEFAULT_LAB, read_lab

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.lab.model import Lab

# A busy machine is no failure: how long an example takes is not what a property is about.
settings.register_profile("mcastlab", deadline=None)
settings.load_profile("mcastlab")

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--soak", action="store_true", help="strike a starting twin and a demo at fifty moments each, not three"
    )
    parser.addoption("--update-golden", action="store_true", help="write golden files anew from what the code says now")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a golden file, or write the file with --update-golden."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing: run pytest --update-golden and review it"
        assert text == path.read_text(encoding="utf-8"), f"differs from {path}: review, then pytest --update-golden"

    return compare


@pytest.fixture(scope="session")
def lab() -> Lab:
    """The default lab."""
    return read_lab(DEFAULT_LAB)
