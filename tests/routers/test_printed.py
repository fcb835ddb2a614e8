"""What we send stands in the running configuration as we send it: the same lines, order and indentation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from documents import LABS
from facts_sample import facts_for
from routers.rig import Rig

from mcastlab.lab_files import DEFAULT_LAB, read_lab
from mcastlab.render.routers import render_all
from mcastlab_base.errors import ExitCode

if TYPE_CHECKING:
    from pathlib import Path


def lines_of(text: str) -> list[str]:
    """Return the lines of a configuration as they stand, without comments and what follows a line.

    Newer releases print the number of a list's entry, older ones do not.
    """
    return [re.sub(r"^ \d+ (?=permit|deny)", " ", line.rstrip()) for line in text.splitlines() if line.strip("! ")]


def is_sent_ahead(line: str) -> bool:
    """Say whether a line goes before what it guards, though a router prints it behind: no GRE is to leave in clear."""
    return line.startswith("ip route ") and " Null0 " in line


def first_out_of_place(sent: list[str], printed: list[str]) -> str | None:
    """Return the first line that is not printed, or not behind the one before it."""
    rest = iter(printed)
    return next((line for line in sent if line not in (printed if is_sent_ahead(line) else rest)), None)


@pytest.mark.parametrize(
    "path",
    # Whoever writes templates of their own puts lines where they like.
    [DEFAULT_LAB, *(path for path in sorted(LABS.glob("*.yaml")) if path.stem != "own_templates")],
    ids=lambda path: path.stem,
)
def test_every_variant_is_printed_as_it_was_sent(path: Path, tmp_path: Path) -> None:
    lab = read_lab(path)
    rig = Rig(lab, tmp_path)
    try:
        report = rig.push()
        assert report.exit_code is ExitCode.OK, report.as_text()
        printed = rig.texts()
        for each in render_all(lab, facts_for(lab)):
            out = first_out_of_place(lines_of(each.text.reveal()), lines_of(printed[each.router]))
            assert out is None, (each.router, out)
    finally:
        rig.close()


def test_a_line_in_another_place_or_indentation_is_seen() -> None:
    assert first_out_of_place(["a", " b"], ["a", " b", "c"]) is None
    assert first_out_of_place(["c", "a"], ["a", "b", "c"]) == "a"
    assert first_out_of_place(["a", "  b"], ["a", " b"]) == "  b"
