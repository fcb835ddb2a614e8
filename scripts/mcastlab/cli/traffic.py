"""``traffic``: numbered datagrams both ways, and silence where nobody joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from mcastlab.cli.compose import facts_of
from mcastlab.cli.report import outcomes_report
from mcastlab.cli.stages import Stages
from mcastlab.cli.steps import prove
from mcastlab.errors import ExitCode
from mcastlab.lab_files import read_lab
from mcastlab.traffic.run import Stream

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Prove a configured lab's traffic; exit code 1 if a datagram is lost or heard where nobody joined."""
    lab = read_lab(arguments.lab, arguments.name)
    stages = Stages(Console(stderr=True))
    with stages.shown():
        outcomes = prove(lab, facts_of(lab), stages, Stream())
    Console().print(outcomes_report(outcomes))
    return ExitCode.OK if all(outcome.holds for outcome in outcomes) else ExitCode.CHECK_FAILED
