"""What users read, and the code, use the terms of Cisco and AWS: words that only this project used are retired."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from mcastlab.places import PROJECT

RETIRED: Final = {
    r"\bfar (?:site|router|lab|LAN|end|side|loopback)": "remote site, remote router, remote LAN",
    r"\blab documents?\b": "lab file",
    r"\b(?:rungs?|ladder|climbs?)\b": "check, layer",
    r"\bmend(?:s|ed)?\b": "fix, correct",
    r"\bleftovers?\b": "remaining resources",
    r"\bvessels?\b": "sandbox",
    r"\bscenes?\b": "snapshot",
    r"\btold\b": "reported, shown, announced",
    r"\bof before\b": "previous, earlier",
    r"\b(?:taken|takes (?:it|the change)|went) back\b": "rolled back, rolls back",
    r"will not do\b|\bis no text\b|\bnobody can be asked\b": "a sentence that says what is wrong and what was expected",
}
"""Words by pattern, and what to write instead."""
IN_CODE: Final = re.compile(
    r"(?:\b|_)(?:told|rungs?|ladder|climb(?:s|ed|ing)?|mend(?:s|ed|ing)?|leftovers?|vessels?|scenes?)(?:\b|_)",
    re.IGNORECASE,
)
"""In names, comments and texts of the code; what tells something has lines, notes, a summary, an answer."""
PLACES: Final = (
    *(("scripts", ending) for ending in ("*.py", "*.j2")),
    *((folder, "*.py") for folder in ("stacks", "tests")),
    ("router_templates", "*"),
)
FORMER_KEYS: Final = {"scripts/mcastlab/verify/report.py": {"rungs", "mend"}}
"""Of what a report was written in before; who reads the new form looks them up."""

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


def test_no_retired_word_is_left_in_the_code() -> None:
    paths = [
        path
        for folder, ending in PLACES
        for path in sorted((PROJECT / folder).rglob(ending))
        if path.is_file() and "__pycache__" not in path.parts and path != Path(__file__)
    ]
    found = {
        name: words
        for path in paths
        if (name := str(path.relative_to(PROJECT)))
        and (
            words := {match[0].strip("_") for match in IN_CODE.finditer(path.read_text(encoding="utf-8"))}
            - FORMER_KEYS.get(name, set())
        )
    }
    assert found == {}
