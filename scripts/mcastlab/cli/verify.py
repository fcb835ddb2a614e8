"""``verify``: the ladder from AWS up to the traffic, and why what fails does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from mcastlab.cli.compose import caveats, shells_of, verify_sources
from mcastlab.cli.report import deliver, refuse_unwritable
from mcastlab.cli.stages import Stages
from mcastlab.cli.traffic import options_of
from mcastlab.command_line import LabCommand
from mcastlab.lab_files import read_lab
from mcastlab.report.words import headline
from mcastlab.traffic.matrix import run_matrix
from mcastlab.verify.engine import verify

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from mcastlab.facts import Facts
    from mcastlab.lab.model import Lab
    from mcastlab.traffic.options import Options
    from mcastlab.traffic.results import TrafficReport
    from mcastlab.verify.report import VerificationReport


def run(arguments: argparse.Namespace) -> int:
    """Verify a configured lab; exit code 1 if anything does not hold."""
    lab = read_lab(arguments.lab, arguments.name)
    options = options_of(arguments, lab)
    refuse_unwritable(arguments)
    arguments.enter(lab)
    stages = Stages(Console(stderr=True))
    with stages.shown():
        sent = None if arguments.no_traffic else options
        report = verified(lab, stages, sent, LabCommand.of(arguments), site=arguments.site)
    return deliver(report, lab, arguments)


def verified(
    lab: Lab, stages: Stages, options: Options | None, command: LabCommand, *, site: str | None = None
) -> VerificationReport:
    """Verify a lab; no traffic is sent without options for it."""
    with stages.stage("Verify") as note:
        send = None if options is None else sender(lab, options, note)
        sources = verify_sources(lab, note)
        report = verify(lab, sources, progress=note, send=send, site=site, notes=caveats(), command=command)
        note(headline(report))
    return report


def sender(lab: Lab, options: Options, note: Callable[[str], None]) -> Callable[[Facts], TrafficReport]:
    """Return what sends the lab's traffic, or a site's alone."""

    def send(facts: Facts) -> TrafficReport:
        return run_matrix(lab, shells_of(lab, facts), options, progress=note)

    return send
