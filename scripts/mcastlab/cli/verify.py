"""``verify``: the ladder from AWS up to the traffic, and why what fails does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.console import Console

from mcastlab.cli.compose import shells_of, verify_sources
from mcastlab.cli.stages import Stages
from mcastlab.cli.traffic import options_of
from mcastlab.errors import ExitCode
from mcastlab.lab_files import read_lab
from mcastlab.traffic.matrix import run_matrix
from mcastlab.verify.model import Verdict
from mcastlab.verify.run import verify

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from mcastlab.facts import Facts
    from mcastlab.lab.model import Lab
    from mcastlab.traffic.options import Options
    from mcastlab.traffic.results import TrafficReport
    from mcastlab.verify.model import Report


def run(arguments: argparse.Namespace) -> int:
    """Verify a configured lab; exit code 1 if anything does not hold."""
    lab = read_lab(arguments.lab, arguments.name)
    options = options_of(arguments, lab)
    stages = Stages(Console(stderr=True))
    with stages.shown(), stages.stage("Verify") as note:
        send = None if arguments.no_traffic else sender(lab, options, note)
        report = verify(lab, verify_sources(lab, note), progress=note, send=send, site=arguments.site)
        note(report.verdict.value)
    if arguments.json:
        print(json.dumps(report.model_dump(mode="json"), indent=2))
    else:
        show(report)
    return ExitCode.OK if report.verdict is Verdict.HOLDS else ExitCode.CHECK_FAILED


def sender(lab: Lab, options: Options, note: Callable[[str], None]) -> Callable[[Facts], TrafficReport]:
    """Return what sends the lab's traffic, or a site's alone."""

    def send(facts: Facts) -> TrafficReport:
        return run_matrix(lab, shells_of(lab, facts), options, progress=note)

    return send


def show(report: Report) -> None:
    """Print the causes first, then the rungs."""
    for cause in report.causes:
        print(f"{'later: ' if cause.flows_still else ''}{cause.sentence}")
        print(f"  mend ({cause.mend_where}): {cause.mend}")
    for rung in report.rungs:
        print(f"{rung.verdict.value:15} {rung.title}{f' ({rung.reason})' if rung.reason else ''}")
        for finding in rung.findings:
            if finding.verdict is Verdict.FAILS:
                print(f"                  {finding.expected}: {finding.seen}")
    print(f"{report.lab}: {report.verdict.value}, {report.duration_s:.1f} s")
