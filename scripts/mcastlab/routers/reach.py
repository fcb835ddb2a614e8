"""Whether remote routers could be changed: logged in to and read as a change would, and nothing sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcastlab.routers.device import RouterRun
from mcastlab.routers.ownership import Ledger
from mcastlab.routers.parallel import on_all
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcastlab.routers.router import Router
    from mcastlab_base.errors import LabError


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachedRouter:
    """A router that was tried; `error` is why no change could be made there."""

    name: str
    ssh: str
    error: LabError | None = None


def reach(lab: str, routers: Sequence[Router]) -> tuple[ReachedRouter, ...]:
    """Try each router: its way, host key, login, privilege, and everything that a change reads before it sends."""
    runs = tuple(RouterRun(router=router, lab=lab, ledger=Ledger()) for router in routers)
    failures = on_all(runs, _tried)
    return tuple(
        ReachedRouter(name=run.router.name, ssh=run.router.key, error=failures.get(run.router.name)) for run in runs
    )


def refuse_unreached(found: Sequence[ReachedRouter]) -> None:
    """Refuse to go on where a router could not be changed later.

    Raises:
        RefusedError: one could not; the text has a line for each.
    """
    errors = [router.error for router in found if router.error is not None]
    if errors:
        hints = dict.fromkeys(error.hint for error in errors if error.hint)
        raise RefusedError(
            "\n".join((*(error.text for error in errors), "nothing was deployed: the lab's lines could not get there")),
            hint="; ".join((*hints, "`check --reach` tries them again")),
        )


def _tried(run: RouterRun) -> None:
    try:
        run.look()
    finally:
        run.close()
