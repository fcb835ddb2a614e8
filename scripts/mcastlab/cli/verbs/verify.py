"""``verify``: the checks from AWS up to the traffic, and why what fails does."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mcastlab.cli.arguments import switch
from mcastlab.cli.delivery import ReportVerb
from mcastlab.cli.matrix_verb import MatrixVerb

if TYPE_CHECKING:
    from mcastlab.cli.context import Context


class VerifyVerb(MatrixVerb, ReportVerb):
    """Verify that multicast flows, and diagnose what fails."""

    examples: ClassVar = ("verify --html page.html", "verify --no-traffic --json > after.json")
    rank: ClassVar = 90
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.cli.steps")

    no_traffic: bool = switch("--no-traffic", help="Send no traffic")
    no_follow: bool = switch("--no-follow", help="Do not start a follower for the blocks of groups")

    def __call__(self, context: Context) -> int:
        from rich.console import Console

        from mcastlab.cli.delivery import print_report, refuse_unwritable, write_reports
        from mcastlab.cli.steps import verified

        played = self.played()
        refuse_unwritable(self)
        _ = context.lab
        context.enter()
        with context.stages.shown():
            report = verified(context, None if self.no_traffic else played, follows=not self.no_follow)
        try:
            # First: who reads what is printed may go before its end.
            write_reports(report, context, self)
        finally:
            code = print_report(Console(), report, self)
        return code
