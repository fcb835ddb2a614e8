"""``drift``: what the routers run otherwise than the document says. Nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from mcastlab.cli.compose import facts_of
from mcastlab.cli.configure import show
from mcastlab.cli.stages import Stages
from mcastlab.cli.steps import difference
from mcastlab.errors import ExitCode
from mcastlab.lab_files import read_lab

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Compare the routers of a deployed lab with the document; 1 if anything differs."""
    lab = read_lab(arguments.lab, arguments.name)
    arguments.enter(lab)
    stages = Stages(Console(stderr=True))
    with stages.shown():
        report = difference(lab, facts_of(lab), stages, site=arguments.site)
    show(report, as_json=arguments.json)
    return int(ExitCode.CHECK_FAILED if report.changed else ExitCode.OK)
