"""``status``: what there is of a lab, who has joined, what flows; once, or again and again."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from mcastlab.cli.compose import caveats, verify_sources
from mcastlab.errors import ExitCode, LabError
from mcastlab.lab_files import read_lab
from mcastlab.report.terminal_status import status_table
from mcastlab.report.words import printable
from mcastlab.verify.findings import Verdict
from mcastlab.verify.status import status

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from rich.console import RenderableType

    from mcastlab.lab.model import Lab
    from mcastlab.verify.report import Status

PAUSE_S: Final = 2.0
"""Between two looks; each of them takes a second and more."""


def run(arguments: argparse.Namespace) -> int:
    """Print a lab's state; exit code 1 if a rung fails, 0 where nothing is deployed or the watch is ended."""
    lab = read_lab(arguments.lab, arguments.name)
    arguments.enter(lab)
    if arguments.watch:
        return _watch_json(lab) if arguments.json else _watch(lab)
    console = Console(stderr=True)
    with console.status("") as line:
        found = _look(lab, lambda text: line.update(Text(text)))
    if arguments.json:
        print(found.model_dump_json(indent=2))
    else:
        Console().print(status_table(found), highlight=False)
    return ExitCode.CHECK_FAILED if found.verdict is Verdict.FAILS else ExitCode.OK


def _look(lab: Lab, progress: Callable[[str], None] = lambda _text: None) -> Status:
    return status(lab, verify_sources(lab, progress), progress=progress, notes=caveats())


def _watch(lab: Lab) -> int:
    """Redraw in place on a terminal, print one after the other elsewhere, until interrupted."""
    console = Console()
    try:
        if not console.is_terminal:
            while True:
                console.print(_drawn(lab), highlight=False)
                time.sleep(PAUSE_S)
        with Live(Text("looking"), console=console, screen=True, auto_refresh=False) as live:
            while True:
                live.update(_drawn(lab), refresh=True)
                time.sleep(PAUSE_S)
    except KeyboardInterrupt:
        return ExitCode.OK


def _drawn(lab: Lab) -> RenderableType:
    """Return one look; what AWS refuses for a moment is shown and does not end the watch."""
    try:
        return status_table(_look(lab))
    except LabError as error:
        return Text(f"{printable(error.text)}\n{printable(error.hint)}")


def _watch_json(lab: Lab) -> int:
    """Print a line of JSON a look, until interrupted."""
    try:
        while True:
            try:
                line = _look(lab).model_dump_json()
            except LabError as error:
                line = json.dumps({"lab": lab.name, "error": error.text, "hint": error.hint})
            print(line, flush=True)
            time.sleep(PAUSE_S)
    except KeyboardInterrupt:
        return ExitCode.OK
