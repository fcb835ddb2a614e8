"""Output on terminals and in locales that have less: no colour, no UTF-8, few columns."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

import pytest
from cli.places import at_terminal
from documents import LABS

from mcastlab.cli.process import _is_plain
from mcastlab.lab.summary import summary
from mcastlab.lab_files import PROJECT, read_lab

COLOURED: Final = """\
from rich.console import Console
from mcastlab.report.terminal_traffic import sign
Console().print(sign(holds=False))
"""
SIGNS: Final = """\
import sys
from mcastlab.cli import process
sys.stdout = process._output(sys.stdout)
from rich.console import Console
from mcastlab.report.tables import plain_table
from mcastlab.report.terminal_traffic import sign
table = plain_table("a", "b")
table.add_row("caf\\u00e9 " * 9, sign(holds=True))
Console(width=20).print(table)
sys.stdout.flush()
"""


@pytest.mark.process
@pytest.mark.parametrize(
    "locale", [{"LANG": "C", "LC_ALL": ""}, {"LC_ALL": "POSIX"}, {"PYTHONIOENCODING": "ascii"}], ids=str
)
def test_signs_and_borders_are_ascii_where_the_locale_is(locale: dict[str, str]) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, "-c", SIGNS], cwd=PROJECT, env={**kept, **locale}, capture_output=True, check=True
    )
    assert done.stdout.isascii()
    assert done.stdout.decode().splitlines()[2] == "caf? caf? caf? c~ |+"


@pytest.mark.parametrize(
    ("environment", "plain"),
    [
        ({}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "C"}, True),
        ({"LANG": "C", "LC_ALL": "C.UTF-8"}, False),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "POSIX"}, True),
        ({"LANG": "C", "PYTHONIOENCODING": "utf-8"}, False),
    ],
)
def test_the_plain_locale_is_the_one_that_is_named_so(environment: dict[str, str], plain: bool) -> None:  # noqa: FBT001
    assert _is_plain(environment) is plain


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("name", ["minimal", "ten_sites", "three_zones", "followed"])
def test_what_check_prints_fits(name: str, width: int) -> None:
    lab = read_lab(LABS / f"{name}.yaml")
    lines = list(summary(lab, width))
    assert max(map(len, lines)) <= width
    words = " ".join(lines).split()
    assert all(str(site.gre) in words or f"{site.gre}," in words for site in lab.sites)


@pytest.mark.process
def test_no_colour_is_no_colour() -> None:
    words = [sys.executable, "-c", COLOURED]
    assert "31m" in at_terminal(words, {**os.environ, "TERM": "xterm"})
    assert "31m" not in at_terminal(words, {**os.environ, "TERM": "xterm", "NO_COLOR": "1"})
    assert "\x1b" not in at_terminal(words, {**os.environ, "TERM": "dumb"})
