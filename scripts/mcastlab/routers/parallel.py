"""The same step on many routers at once; what fails on one is a value, and the others go on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from mcastlab.ios.show.tables import UnreadableError
from mcastlab_base.errors import LabError, error_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mcastlab.routers.device import RouterRun

WORKERS: Final = 100
"""Routers talked to at once: a session waits for its router nearly all the time."""


def on_all(runs: Sequence[RouterRun], step: Callable[[RouterRun], object]) -> dict[str, LabError]:
    """Carry out a step on every router and return the errors, by router.

    Raises:
        Exception: whatever a step raised that is no `LabError`: a mistake in it.
    """

    def attempt(run: RouterRun) -> LabError | None:
        try:
            step(run)
        except UnreadableError as error:
            return error.of(run.router.name)
        except LabError as error:
            return error
        return None

    with ThreadPoolExecutor(max_workers=min(WORKERS, len(runs)) or 1) as pool:
        errors = list(pool.map(attempt, runs))
    return {run.router.name: error for run, error in zip(runs, errors, strict=True) if error is not None}


def raise_all(failures: Mapping[str, LabError], outcome: str = "") -> None:
    """Raise one error for all routers on which a step failed; `outcome` says what that means for all of them.

    Raises:
        LabError: a step failed somewhere; of the kind and with the hint of the first.
    """
    for error in failures.values():
        texts = dict.fromkeys([*(each.text for each in failures.values()), *([outcome] if outcome else [])])
        raise error_of(error.exit_code)("\n".join(texts), hint=error.hint)
