"""The README shows the page as it is: ``pytest --update-golden tests/report/test_picture.py`` draws it anew."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

import pytest
from report.browser import browser
from report.picture import LARGEST, PICTURE, SIZE, digest_in, digest_of, draw, shown_page

from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from report.browser import Browser


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path) as opened:
        yield opened


def test_picture_can_be_drawn_anew(chromium: Browser, request: pytest.FixtureRequest) -> None:
    drawn = draw(chromium)
    assert digest_in(drawn) == digest_of(shown_page())
    assert len(drawn) < LARGEST
    if request.config.getoption("--update-golden"):
        PICTURE.write_bytes(drawn)


def test_picture_is_of_the_page_of_today_and_small() -> None:
    picture = PICTURE.read_bytes()
    assert digest_in(picture) == digest_of(shown_page()), "pytest --update-golden tests/report/test_picture.py draws it"
    assert len(picture) < LARGEST
    assert struct.unpack(">II", picture[16:24]) == SIZE


def test_another_page_has_another_digest() -> None:
    assert digest_in(PICTURE.read_bytes()) != digest_of(f"{shown_page()} ")


def test_readme_shows_it_and_says_what_it_is_to_those_who_do_not_see_it() -> None:
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    (alternative,) = re.findall(r"!\[([^\]]+)\]\(docs/page\.png\)", text)
    assert len(alternative.split()) >= 8
