"""``traffic``: numbered datagrams from every declared sender to every declared receiver, and silence elsewhere.

Or a profile, which is a test of devices that comes with the program.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Final, Literal, get_args

from mcastlab.cli.arguments import option
from mcastlab.cli.matrix_verb import MatrixVerb
from mcastlab_base.errors import BadInputError, ExitCode

if TYPE_CHECKING:
    from mcastlab.cli.context import Context

Profile = Literal["matrix", "paging", "conference", "churn"]
MATRIX: Final = "matrix"


class TrafficVerb(MatrixVerb):
    """Send test traffic from every sender to every receiver."""

    examples: ClassVar[tuple[str, ...]] = ("traffic --stream g711u --junit traffic.xml", "traffic --profile conference")
    rank: ClassVar = 110
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.cli.connections")

    profile: Profile = option(
        "--profile",
        choices=get_args(Profile),
        default=MATRIX,
        help="Who sends and receives, and when; others than matrix are tests of devices (default: matrix)",
    )

    def __call__(self, context: Context) -> int:
        if self.profile != MATRIX:
            return self._tested(context)
        from mcastlab.cli.connections import caveats
        from mcastlab.cli.delivery import annotate, on_github, print_tables, refuse_unwritable, write
        from mcastlab.cli.step_durations import Step
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

    def _tested(self, context: Context) -> int:
        """Play a profile.

        Raises:
            BadInputError: a rate is asked for, or the lab cannot carry it out.
        """
        from mcastlab.cli.delivery import refuse_unwritable
        from mcastlab.cli.played_test import delivered, played_test
        from mcastlab.scenario.reading import shipped_test
        from mcastlab.traffic import PLAIN

        if self.rate is not None:
            raise BadInputError(f"--rate is the matrix's, not --profile {self.profile}'s", hint="leave one of them out")
        started, lab = datetime.now(UTC), context.lab
        if self.site is not None:
            lab = lab.model_copy(update={"sites": tuple(each for each in lab.sites if each.name == self.site)})
        test, script = shipped_test(self.profile, lab, None if self.stream == PLAIN else self.stream)
        refuse_unwritable(self)
        context.enter()
        return delivered(self, played_test(context, lab, test, script), started)
