"""``up``: from a lab file to proven multicast, in an AWS account or in a twin that is up."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mcastlab.cli.arguments import TargetVerb, switch
from mcastlab.cli.delivery import ReportVerb, refuse_unwritable

if TYPE_CHECKING:
    from mcastlab.cli.context import Context


class UpVerb(TargetVerb, ReportVerb):
    """Deploy, configure and verify a lab; run again to continue."""

    examples: ClassVar = ("up", "up --yes")
    rank: ClassVar = 50
    resumes: ClassVar = True
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.cli.lifecycle")

    yes: bool = switch("--yes", help="Deploy to AWS without asking")

    def __call__(self, context: Context) -> int:
        from mcastlab.aws.stacks import changes_of_deployment
        from mcastlab.cli.lifecycle import bring_up, cost_of, have_agreed, refuse_broken, tell

        refuse_unwritable(self)
        refuse_broken(context)
        if context.enter(changes=True).asks:
            changes = changes_of_deployment(context.connections.clients, context.lab)
            have_agreed(
                (("create", changes.created), ("update", changes.updated), ("delete and create", changes.replaced)),
                f"It costs {cost_of(context.lab)}.",
                "Deploy",
                yes=self.yes,
                command=context.command("up", "--yes"),
            )
        context.progress_is_output = not (self.json or self.ticket)
        with context.stages.shown():
            report = bring_up(context, self)
        return tell(context, report, self)
