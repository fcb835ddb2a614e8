"""The README shows the page as it is: ``pytest --update-golden tests/report/test_picture.py`` draws it anew."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from report.picture import LARGEST, PICTURE, SIZE, digest_in, digest_of, draw, shown_page

from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_picture_is_of_the_page_of_today_and_small(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        PICTURE.write_bytes(draw(tmp_path))
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
