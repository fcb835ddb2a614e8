"""``traffic``: numbered datagrams from every declared sender to every declared receiver, and silence elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from mcastlab.cli.compose import caveats, facts_of, shells_of
from mcastlab.cli.stages import Stages
from mcastlab.errors import BadInputError, ExitCode
from mcastlab.lab_files import read_lab
from mcastlab.report.terminal_traffic import traffic_tables
from mcastlab.traffic.matrix import run_matrix
from mcastlab.traffic.options import Options

if TYPE_CHECKING:
    import argparse

    from mcastlab.lab.model import Lab


def options_of(arguments: argparse.Namespace, lab: Lab) -> Options:
    """Return what is asked for.

    Raises:
        BadInputError: there is no such site, or the rate is none.
    """
    if arguments.site is not None and arguments.site not in {site.name for site in lab.sites}:
        raise BadInputError(
            f"no site is called {arguments.site}; there are: {', '.join(site.name for site in lab.sites)}"
        )
    if arguments.rate is not None and arguments.rate < 1:
        raise BadInputError(f"--rate {arguments.rate} is no rate", hint="datagrams a second, 1 or more")
    return Options(profile=arguments.profile, stream=arguments.stream, rate_pps=arguments.rate, site=arguments.site)


def run(arguments: argparse.Namespace) -> int:
    """Prove a configured lab's traffic; exit code 1 if a datagram is lost or heard where nobody joined."""
    lab = read_lab(arguments.lab, arguments.name)
    options = options_of(arguments, lab)
    arguments.enter(lab)
    stages = Stages(Console(stderr=True))
    with stages.shown(), stages.stage("Datagrams every declared way") as note:
        report = run_matrix(lab, shells_of(lab, facts_of(lab)), options, progress=note)
        note("all as it should be" if report.holds else "not all as it should be")
    if arguments.json:
        print(report.model_dump_json(indent=2))
    else:
        console = Console()
        for part in traffic_tables(report):
            console.print(part, crop=False, highlight=False)
        for caveat in caveats():
            console.print(f"note: {caveat}", style="dim", highlight=False, markup=False)
    return ExitCode.OK if report.holds else ExitCode.CHECK_FAILED
