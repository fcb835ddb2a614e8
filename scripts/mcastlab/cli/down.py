"""``down``: take the demo's lab away, and with it the twin that holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from mcastlab.aws.cdk_cli import lab_context
from mcastlab.cli.demo import remove
from mcastlab.cli.stages import Stages
from mcastlab.errors import ExitCode
from mcastlab.lab_files import read_lab

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Destroy the stacks of the lab in its twin, then end the twin; without a twin there is nothing to do."""
    lab = read_lab(arguments.lab, arguments.name)
    console = Console()
    stages = Stages(console)
    with stages.shown():
        was_there = remove(lab, lab_context(arguments.lab, arguments.name), stages)
    console.print("nothing of it is left" if was_there else f"there was no twin called {lab.name}", highlight=False)
    return ExitCode.OK
