"""What the verbs that start and stop a twin share: starting one, pointing this process at one, ending one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awsregion.quota_options import raised
from mcastlab_base.errors import BadInputError, CheckFailedError
from mcastlab_twin import lifecycle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcastlab.cli.context import Context
    from mcastlab.command_line import LabCommand
    from mcastlab.lab.model import Lab
    from mcastlab_twin.sandbox.run_folder import Twin


def find_or_start(context: Context, quotas: Sequence[str]) -> Twin:
    """Return the lab's twin, started if there is none.

    Raises:
        BadInputError: there is no such quota, or the twin is up with others.
        LabError: it does not start.
    """
    refuse_other_quotas(context.lab, quotas, context.command)
    return lifecycle.find(context.lab.name) or lifecycle.up(context.lab, context.lab.name, quotas=quotas)


def find_standing(context: Context) -> Twin:
    """Return the lab's twin, which is up.

    Raises:
        CheckFailedError: there is none.
    """
    twin = lifecycle.find(context.lab.name)
    if twin is None:
        raise CheckFailedError(
            f"no twin called {context.lab.name} is up", hint=f"start one: {context.command('twin up')}"
        )
    return twin


def refuse_other_quotas(lab: Lab, quotas: Sequence[str], command: LabCommand) -> None:
    """Refuse to take a twin for one with other quotas.

    Raises:
        BadInputError: there is no such quota, or the lab's twin is up with others.
    """
    raised(quotas)
    twin = lifecycle.find(lab.name)
    if twin is not None and quotas and set(quotas) != set(twin.quotas):
        raise BadInputError(
            f"the twin {lab.name} is up with {', '.join(twin.quotas) or 'no quota raised'}",
            hint=f"a region's quotas are given when it is started; take the twin down first: {command('twin down')}",
        )


def end_twin(context: Context) -> None:
    """End the lab's twin and remove its files."""
    with context.stages.stage("The twin goes") as note:
        lifecycle.down(context.lab.name)
        note("its one process and its files are gone")
