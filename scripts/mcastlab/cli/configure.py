"""``configure``: render both routers' configuration, push it, and wait until they work together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from mcastlab.cli.compose import facts_of
from mcastlab.cli.stages import Stages
from mcastlab.cli.steps import configure
from mcastlab.errors import ExitCode
from mcastlab.lab_files import read_lab

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Configure the routers of a deployed lab."""
    lab = read_lab(arguments.lab, arguments.name)
    stages = Stages(Console(stderr=True))
    with stages.shown():
        configure(lab, facts_of(lab), stages)
    return ExitCode.OK
