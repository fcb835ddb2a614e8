"""``configure``: bring all routers to what the document says, all or none, and wait until they work together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.console import Console

from mcastlab.cli.compose import facts_of
from mcastlab.cli.stages import Stages
from mcastlab.cli.steps import await_working, difference, push
from mcastlab.errors import ExitCode
from mcastlab.lab_files import read_lab

if TYPE_CHECKING:
    import argparse

    from mcastlab.routers.push_report import PushReport


def run(arguments: argparse.Namespace) -> int:
    """Configure the routers of a deployed lab."""
    lab = read_lab(arguments.lab, arguments.name)
    arguments.enter(lab, changes=not arguments.dry_run)
    stages = Stages(Console(stderr=True))
    with stages.shown():
        facts = facts_of(lab)
        act = difference if arguments.dry_run else push
        report = act(lab, facts, stages, site=arguments.site, remove=arguments.remove)
        ok = report.exit_code is ExitCode.OK
        if ok and not arguments.dry_run and not arguments.remove and arguments.site is None:
            await_working(lab, facts, stages)
    show(report, as_json=arguments.json)
    return int(report.exit_code)


def show(report: PushReport, *, as_json: bool) -> None:
    """Print a report."""
    print(json.dumps(report.as_json(), indent=2) if as_json else report.as_text())
