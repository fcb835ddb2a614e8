"""What users read uses the terms of Cisco and AWS: words that only this project used are retired."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from mcastlab.places import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

RETIRED: Final = {
    r"\bfar (?:site|router|lab|LAN|end|side|loopback)": "remote site, remote router, remote LAN",
    r"\blab documents?\b": "lab file",
    r"\b(?:rungs?|ladder|climbs?)\b": "check, layer",
    r"\bmend(?:s|ed)?\b": "fix, correct",
    r"\bleftovers?\b": "remaining resources",
    r"\bvessels?\b": "sandbox",
    r"\bscenes?\b": "snapshot",
    r"will not do\b|\bis no text\b|\bnobody can be asked\b": "a sentence that says what is wrong and what was expected",
}
"""Words by pattern, and what to write instead."""

GOLDEN: Final = PROJECT / "tests" / "golden"
READ: Final = [
    PROJECT / "README.md",
    *sorted((PROJECT / "docs").glob("*.md")),
    *sorted((PROJECT / "router_templates").rglob("*")),
    *(path for folder in ("help", "errors", "report") for path in sorted((GOLDEN / folder).glob("*.txt"))),
]


@pytest.mark.parametrize("path", [path for path in READ if path.is_file()], ids=lambda path: path.name)
def test_no_retired_word_is_left(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = {match[0]: better for retired, better in RETIRED.items() for match in re.finditer(retired, text)}
    assert found == {}
