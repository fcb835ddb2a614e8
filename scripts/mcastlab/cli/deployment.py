"""A deployment of a lab in a run of a verb: what it changes is known, and shown, before it is done."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from mcastlab.aws.cdk import CdkDeployer
from mcastlab.aws.deploying import deploy_lab, planned, refuse_impossible
from mcastlab.aws.images import images_of
from mcastlab.cli.departures import departures_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from mcastlab.aws.deployment_plan import DeploymentPlan
    from mcastlab.aws.images import LabImages
    from mcastlab.cli.context import Context
    from mcastlab.cli.departures import Departures

    Progress = Callable[[str], None]

QUIET: Final[Progress] = lambda _text: None  # noqa: E731


class Deployment:
    """One deployment; entered, it has a folder to work in."""

    def __init__(self, context: Context, *, upgrade_images: bool = False, replace_router: bool = False) -> None:
        self._context = context
        self._upgrade = upgrade_images
        self._replace_router = replace_router
        self._deployer = CdkDeployer(context.folder, context.command.context, QUIET)

    def __enter__(self) -> Self:
        self._deployer.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._deployer.__exit__(*error)

    @cached_property
    def images(self) -> LabImages:
        """The images of the lab's instances.

        Raises:
            RefusedError: AWS does not tell.
        """
        return images_of(self._context.connections.clients, self._context.lab, upgrade=self._upgrade)

    @cached_property
    def plan(self) -> DeploymentPlan:
        """What the deployment does.

        Raises:
            BadInputError: AWS cannot change something of it in place.
            RefusedError: AWS does not tell, or the lab cannot be synthesised.
        """
        context = self._context
        plan = planned(
            context.connections.clients, context.lab, self._deployer, self.images, replace_router=self._replace_router
        )
        refuse_impossible(plan, move=f"make the lab anew: {context.command('down')}, then {context.command('up')}")
        return plan

    @cached_property
    def departures(self) -> Departures:
        """What becomes of the routers of sites that go.

        Raises:
            BadInputError: as `plan`; or our lines are in a router that nothing here knows.
            RefusedError: AWS does not tell.
        """
        return departures_of(self._context, self.plan.removed_stacks)

    @property
    def effects(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What a user agrees to, a line each: what happens, and to what."""
        return (*self.departures.effects, *self.plan.effects)

    def forget(self) -> None:
        """Look again, as something was repaired meanwhile."""
        for known in ("images", "plan", "departures"):
            vars(self).pop(known, None)

    def carry_out(self, progress: Progress) -> None:
        """Deploy.

        Raises:
            LabError: a step failed; run again once its reason is gone.
        """
        context = self._context
        self._deployer.progress = progress
        deploy_lab(
            context.connections.clients,
            context.lab,
            self._deployer,
            self.images,
            self.plan,
            leave=lambda groups: context.connections.leave_groups(groups, progress),
            progress=progress,
        )
