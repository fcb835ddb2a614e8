"""``traffic``: numbered datagrams from every declared sender to every declared receiver, and silence elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from mcastlab.cli.arguments import SiteVerb, option
from mcastlab.cli.delivery import CasesVerb
from mcastlab.traffic.options import PROFILES, STREAMS, Options, Profile
from mcastlab_base.errors import BadInputError, ExitCode

if TYPE_CHECKING:
    from mcastlab.cli.context import Context


class TrafficVerb(SiteVerb, CasesVerb):
    """Send test traffic from every sender to every receiver."""

    examples: ClassVar[tuple[str, ...]] = ("traffic --stream g711u --junit traffic.xml",)
    rank: ClassVar = 110
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.cli.connections")

    profile: Profile = option(
        "--profile", choices=PROFILES, default="matrix", help="Who sends and receives, and when (default: matrix)"
    )
    stream: str = option("--stream", choices=STREAMS, default="plain", help="What is sent (default: plain)")
    rate: int | None = option(
        "--rate", type=int, metavar="PPS", help="Find the sustained rate, up to PPS packets per second"
    )

    def played(self) -> Options:
        """Return how traffic is to be played.

        Raises:
            BadInputError: the rate is none.
        """
        if self.rate is not None and self.rate < 1:
            raise BadInputError(f"--rate {self.rate} is no rate", hint="datagrams a second, 1 or more")
        return Options(profile=self.profile, stream=self.stream, rate_pps=self.rate, site=self.site)

    def __call__(self, context: Context) -> int:
        from mcastlab.cli.connections import caveats
        from mcastlab.cli.delivery import annotate, on_github, print_tables, refuse_unwritable, write
        from mcastlab.cli.usual import Step
        from mcastlab.lab.appliances import left_out
        from mcastlab.report.cases import traffic_cases
        from mcastlab.report.github import case_annotations
        from mcastlab.report.junit import traffic_junit
        from mcastlab.report.terminal_traffic import traffic_tables
        from mcastlab.traffic.matrix import run_matrix
        from mcastlab.traffic.results import TrafficReport
        from mcastlab.verify.report import TrafficRun

        lab, played, started = context.lab, self.played(), datetime.now(UTC)
        refuse_unwritable(self)
        context.enter()
        with context.stages.shown(), context.stages.stage("Datagrams every declared way", Step.TRAFFIC) as note:
            connections = context.connections
            report = run_matrix(lab, connections.shells(connections.facts()), played, progress=note)
            note("all as it should be" if report.holds else "not all as it should be")
        notes = (*caveats(), *left_out(lab))
        if on_github():
            annotate(case_annotations(traffic_cases(report), lab.name))
        if self.junit is not None:
            write(self.junit, traffic_junit(report, lab.name, started))
        if self.json:
            found = {name: getattr(report, name) for name in TrafficReport.model_fields}
            run = TrafficRun(**found, lab=lab.name, started=started, notes=notes)
            print(run.model_dump_json(indent=2))
        else:
            print_tables(traffic_tables(report), notes)
        return ExitCode.OK if report.holds else ExitCode.CHECK_FAILED
