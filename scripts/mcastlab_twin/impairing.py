"""Asking a running twin for an impaired WAN, from outside: a file in its run folder says what each site is to have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from mcastlab.lab.types import known_names
from mcastlab_base import private_files
from mcastlab_base.errors import BadInputError, RefusedError, TimedOutError
from mcastlab_base.waiting import attempts
from mcastlab_twin import inspection
from mcastlab_twin.network.impairment import Impairment, RequestedImpairments

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.lab.model import Lab
    from mcastlab_twin.sandbox.run_folder import Twin

_FILE: Final = "impairments.json"
_PATIENCE_S: Final = 30
_POLL_S: Final = 0.1


def asked(folder: Path) -> RequestedImpairments:
    """Return what is asked for in a run folder; nothing where no readable file says so."""
    try:
        return RequestedImpairments.model_validate_json((folder / _FILE).read_text())
    except (OSError, ValidationError):
        return RequestedImpairments()


def impair(twin: Twin, lab: Lab, site: str, impairment: Impairment | None) -> None:
    """Have a site's WAN impaired, or with None no more; returns when it is so.

    Raises:
        BadInputError: the lab has no such site.
        RefusedError: the twin could not do it.
        TimedOutError: it was not so in time.
    """
    sites = sorted(each.name for each in lab.sites)
    if site not in sites:
        raise BadInputError(f"no site is called {site}; {known_names(site, sites)}", hint="name a site of the lab file")
    wanted = {name: held for name, held in asked(twin.run_dir).impaired.items() if name != site}
    if impairment is not None:
        wanted[site] = impairment
    private_files.write(twin.run_dir / _FILE, RequestedImpairments(impaired=wanted).model_dump_json())
    tries = attempts(_PATIENCE_S, every_s=_POLL_S)
    if not any(_holds(inspection.read_status(twin), site, impairment) for _ in tries):
        fault = inspection.read_status(twin).faults.get(f"wan/{site}")
        if fault:
            raise RefusedError(f"the WAN of {site} could not be impaired: {fault}", hint=f"see {twin.log}")
        raise TimedOutError(f"the WAN of {site} is not as asked after {_PATIENCE_S} s", hint=f"see {twin.log}")


def _holds(status: inspection.TwinStatus, site: str, impairment: Impairment | None) -> bool:
    held = status.impairments.get(site)
    return (None if held is None else held.impairment) == impairment
