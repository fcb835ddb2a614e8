"""A run that lost a confirm may leave routers on two sides: the next one first brings all to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.errors import RefusedError, error_of
from mcastlab.routers.device import Device, Pace, Router
from mcastlab.routers.parallel import on_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mcastlab.lab.model import Lab
    from mcastlab.routers.records import Entry, Records


def settle(lab: Lab, routers: Sequence[Router], records: Records, pace: Pace) -> tuple[str, ...]:
    """Bring all routers of a change that was left under way to one side, and say what was done.

    If each of them runs the new configuration, confirmed or not, it is kept; otherwise all go back.

    Raises:
        RefusedError: a router of that change is not among `routers`, cannot be reached or does not do as it is told.
    """
    entries = records.under_way()
    if not entries:
        return ()
    by_key = {router.key: router for router in routers}
    missing = sorted(set(entries) - set(by_key))
    if missing:
        raise RefusedError(
            f"a change was left under way on {', '.join(missing)}, which this run leaves out",
            hint="run configure for the whole lab, without --site",
        )
    devices = tuple(
        Device(router=by_key[key], lab=lab.name, ledger=entry.ledger, pace=pace) for key, entry in entries.items()
    )
    try:
        sides = _sides(devices, entries)
        forward = all(side == "new" for side in sides.values())
        _on_all(devices, _keep if forward else lambda device: _back(device, entries, sides))
    finally:
        on_all(devices, Device.close)
    if forward:
        for key, entry in entries.items():
            records.keep_ledger(key, entry.ledger)
    records.end()
    verb = "kept the new configuration" if forward else "went back to the configuration of before"
    return tuple(
        f"{device.router.name}: an earlier run left it {sides[device.router.key]}; {verb}" for device in devices
    )


def _sides(devices: Sequence[Device], entries: Mapping[str, Entry]) -> dict[str, str]:
    sides: dict[str, str] = {}

    def find(device: Device) -> None:
        entry = entries[device.router.key]
        device.reach()
        sides[device.router.key] = device.side(entry.old, entry.new)

    _on_all(devices, find)
    return sides


def _keep(device: Device) -> None:
    if device.pending is not None:
        device.confirm()
    else:
        device.save()


def _back(device: Device, entries: Mapping[str, Entry], sides: Mapping[str, str]) -> None:
    """Take a router back; one that somebody has changed since is left to the comparison that follows."""
    entry = entries[device.router.key]
    if sides[device.router.key] != "other" or device.pending is not None:
        device.go_back(entry.backup, entry.old)
        device.save()


def _on_all(devices: Sequence[Device], step: Callable[[Device], None]) -> None:
    failures = on_all(devices, step)
    for error in failures.values():
        told = "\n".join(dict.fromkeys(each.text for each in failures.values()))
        raise error_of(error.exit_code)(told, hint=error.hint)
