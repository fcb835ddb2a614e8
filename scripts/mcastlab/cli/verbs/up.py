"""``up``: from a lab file to proven multicast, in an AWS account or in a twin that is up."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mcastlab.cli.arguments import TargetVerb, switch
from mcastlab.cli.delivery import ReportVerb, refuse_unwritable

if TYPE_CHECKING:
    from mcastlab.cli.context import Context


class UpVerb(TargetVerb, ReportVerb):
    """Deploy, configure and verify a lab; run again to continue or to follow the lab file."""

    examples: ClassVar = ("up", "up --yes")
    rank: ClassVar = 50
    resumes: ClassVar = True
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.cli.lifecycle")

    yes: bool = switch("--yes", help="Deploy to AWS without asking")
    upgrade_images: bool = switch("--upgrade-images", help="Move on to the newest images; replaces instances")
    replace_router: bool = switch("--replace-router", help="Replace the AWS router by a new instance")

    def __call__(self, context: Context) -> int:
        from mcastlab.aws.stacks import changes_of_deployment
        from mcastlab.cli.deployment import Deployment
        from mcastlab.cli.lifecycle import bring_up, cost_of, have_agreed, refuse_broken, tell

        refuse_unwritable(self)
        refuse_broken(context)
        asks = context.enter(changes=True).asks
        with Deployment(context, upgrade_images=self.upgrade_images, replace_router=self.replace_router) as deployment:
            if asks:
                changes = changes_of_deployment(context.connections.clients, context.lab)
                have_agreed(
                    (
                        ("create", changes.created),
                        ("update", changes.updated),
                        ("delete and create", changes.replaced),
                        *deployment.effects,
                    ),
                    f"It costs {cost_of(context.lab)}.",
                    "Deploy",
                    yes=self.yes,
                    command=context.command("up", "--yes", *self._chosen),
                )
            context.progress_is_output = not (self.json or self.ticket)
            with context.stages.shown():
                report = bring_up(context, self, deployment)
        return tell(context, report, self)

    @property
    def _chosen(self) -> tuple[str, ...]:
        chosen = (("--upgrade-images", self.upgrade_images), ("--replace-router", self.replace_router))
        return tuple(word for word, said in chosen if said)
