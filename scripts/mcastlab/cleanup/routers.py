"""What of ours a router still runs, by the record of the push and by the names that only we use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.cleanup.report import RemainingResource
from mcastlab.ios.configuration import Path, section, shown_path
from mcastlab.routers.device import RouterRun
from mcastlab.routers.ownership import lab_of, ours
from mcastlab.routers.parallel import on_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcastlab.ios.configuration import Tree
    from mcastlab.lab.model import Lab
    from mcastlab.routers.ownership import Ledger
    from mcastlab.routers.records import Records
    from mcastlab.routers.router import Router

_ARCHIVE: Final = ("archive", "path bootflash:mcastlab")


def remaining_in_routers(
    lab: Lab, routers: Sequence[Router], records: Records
) -> tuple[tuple[RemainingResource, ...], tuple[str, ...]]:
    """Return what is ours of each router's running configuration, and which routers could not be asked and why."""
    devices = tuple(RouterRun(router=router, lab=lab.name, ledger=records.ledger(router.key)) for router in routers)
    found: dict[str, tuple[RemainingResource, ...]] = {}

    def look(device: RouterRun) -> None:
        name = device.router.name
        found[name] = remaining_lines(name, device.read(), device.ledger, lab.name)

    try:
        failures = on_all(devices, look)
    finally:
        on_all(devices, RouterRun.close)
    left = tuple(line for router in routers for line in found.get(router.name, ()))
    return left, tuple(f"{name}: {error.text.splitlines()[0]}" for name, error in failures.items())


def remaining_lines(router: str, running: Tree, ledger: Ledger, lab: str) -> tuple[RemainingResource, ...]:
    """Return what is ours of a running configuration: a section that is ours as a whole by its header alone."""
    others = {other for line in running if (other := lab_of(line)) not in {None, lab}}
    # Names without a lab in them are those of the lab that is configured there now.
    own = frozenset[Path]() if others and not ledger.owned else ours(running, ledger, lab)
    found = [path for path in own if not (others and ledger.owned and ledger.owns(path))]
    archive = section(running, _ARCHIVE[0])
    if archive is not None and not others and any(line.text == _ARCHIVE[1] for line in archive.below):
        found.append(_ARCHIVE)
    found = [path for path in found if path[:-1] not in own]
    return tuple(
        RemainingResource(
            place=router,
            kind="line",
            id=" / ".join(shown_path(path)),
            found_by="record of the push" if ledger.owns(path) else "name",
        )
        for path in sorted(found, key=lambda path: _order(running, path))
    )


def _order(running: Tree, path: Path) -> tuple[int, Path]:
    headers = [line.text for line in running]
    return headers.index(path[0]), path[1:]
