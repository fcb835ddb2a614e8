"""What the verbs that start and stop a twin share: starting one, pointing this process at one, ending one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awsregion.quota_options import raised
from awsregion.slowness import rate_of
from mcastlab_base.errors import BadInputError, CheckFailedError
from mcastlab_twin import lifecycle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcastlab.cli.context import Context
    from mcastlab.command_line import LabCommand
    from mcastlab.lab.model import Lab
    from mcastlab_twin.sandbox.run_folder import Twin


def find_or_start(context: Context, quotas: Sequence[str], slow: str | None = None) -> Twin:
    """Return the lab's twin, started if there is none.

    Raises:
        BadInputError: there is no such quota or rate, or the twin is up with others.
        LabError: it does not start.
    """
    refuse_other_region(context.lab, quotas, slow, context.command)
    name = context.lab.name
    rate = None if slow is None else rate_of(slow)
    return lifecycle.find(name) or lifecycle.up(context.lab, name, quotas=quotas, slow=rate)


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


def refuse_other_region(lab: Lab, quotas: Sequence[str], slow: str | None, command: LabCommand) -> None:
    """Refuse to take a twin for one with other quotas, or another pace.

    Raises:
        BadInputError: there is no such quota or rate, or the lab's twin is up with others.
    """
    raised(quotas)
    rate = None if slow is None else rate_of(slow)
    twin = lifecycle.find(lab.name)
    if twin is not None and quotas and set(quotas) != set(twin.quotas):
        raise BadInputError(
            f"the twin {lab.name} is up with {', '.join(twin.quotas) or 'no quota raised'}",
            hint=f"a region's quotas are given when it is started; take the twin down first: {command('twin down')}",
        )
    if twin is not None and rate is not None and rate != twin.slow:
        pace = "fast" if twin.slow is None else f"slow, by a clock that goes {twin.slow:g} times as fast"
        raise BadInputError(
            f"the Region of the twin {lab.name} is {pace}",
            hint=f"its pace is given when it is started; take the twin down first: {command('twin down')}",
        )


def end_twin(context: Context) -> None:
    """End the lab's twin and remove its files."""
    with context.stages.stage("The twin goes") as note:
        lifecycle.down(context.lab.name)
        note("its one process and its files are gone")
