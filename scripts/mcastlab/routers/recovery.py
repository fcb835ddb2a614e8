"""The ways back: what a router does when its transaction fails, and when an earlier run left routers on two sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.routers.device import RouterRun
from mcastlab.routers.parallel import on_all, raise_all
from mcastlab.routers.push_report import Side
from mcastlab_base.errors import LabError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcastlab.lab.model import Lab
    from mcastlab.routers.records import Entry, Records
    from mcastlab.routers.router import Pace, Router

UNTOUCHED: Final = "no line was sent to it"
HALF_WAY: Final = "half way"
UNCHANGED: Final = "unchanged"


def finish_earlier(lab: Lab, routers: Sequence[Router], records: Records, pace: Pace) -> tuple[str, ...]:
    """Bring all routers of a change that was left under way to one side, and say what was done.

    If each of them runs the new configuration, confirmed or not, it is kept; otherwise all roll back. So they do where
    the change was still being sent: what waits on a router then is ours.

    Raises:
        RefusedError: a router of that change is not among `routers`, cannot be reached or does not do what was asked.
    """
    by_key = {router.key: router for router in routers}
    # A router that this run leaves out, or that has been replaced, rolls back by itself what was only being sent.
    entries = {key: each for key, each in records.under_way().items() if key in by_key or not each.is_being_sent}
    if not entries:
        return ()
    missing = sorted(set(entries) - set(by_key))
    if missing:
        raise RefusedError(
            f"a change was left under way on {', '.join(missing)}, which this run leaves out",
            hint="run configure for the whole lab, without --site",
        )
    devices = tuple(
        RouterRun(router=by_key[key], lab=lab.name, ledger=entry.ledger, pace=pace) for key, entry in entries.items()
    )
    try:
        sides = _sides(devices, entries)
        forward = all(side == "new" for side in sides.values())
        raise_all(on_all(devices, _keep if forward else lambda device: _back(device, entries, sides)))
    finally:
        on_all(devices, RouterRun.close)
    if forward:
        for key, entry in entries.items():
            records.keep_ledger(key, entry.ledger)
    records.end()
    return tuple(
        f"{device.router.name}: an earlier run left it {side}; "
        + ("kept the new configuration" if forward else "rolled back to the previous configuration")
        for device in devices
        if (side := sides[device.router.key]) != UNCHANGED
    )


def _sides(devices: Sequence[RouterRun], entries: Mapping[str, Entry]) -> dict[str, str]:
    sides: dict[str, str] = {}

    def find(device: RouterRun) -> None:
        entry = entries[device.router.key]
        device.reach()
        if entry.is_being_sent:
            # Whatever it shows, its timer tells whether a line of ours may be there.
            sides[device.router.key] = UNCHANGED if device.pending is None else HALF_WAY
        else:
            sides[device.router.key] = device.side(entry.old, entry.new)

    raise_all(on_all(devices, find))
    return sides


def _keep(device: RouterRun) -> None:
    if device.pending is not None:
        device.confirm()
    else:
        device.save()


def _back(device: RouterRun, entries: Mapping[str, Entry], sides: Mapping[str, str]) -> None:
    """Take a router back; one that somebody has changed since is left to the comparison that follows."""
    entry, side = entries[device.router.key], sides[device.router.key]
    if side == HALF_WAY:
        device.roll_back(entry.backup, entry.old)
    elif side != UNCHANGED and (side != "other" or device.pending is not None):
        device.roll_back(entry.backup, entry.old)
        device.save()


class UnreachableError(RefusedError):
    """A router cannot be reached, so nobody knows which side it is on."""


def confirm_again(device: RouterRun) -> None:
    """Confirm what is still pending, once the router can be reached again.

    Raises:
        RefusedError: it rolled back meanwhile, or it cannot be reached.
    """
    device.close()
    try:
        device.reach()
    except LabError as error:
        raise UnreachableError(
            f"{error.text}; it rolls back by itself within {device.pace.revert_minutes} minutes unless the confirm "
            "reached it",
            hint="once it can be reached, run configure again: it first brings all routers to one side",
        ) from None
    if device.pending is None and device.side(device.old, device.new) != "new":
        raise RefusedError(f"{device.router.name} rolled back to the previous configuration")
    if device.pending is not None:
        device.confirm()
    else:
        device.save()


def take_back(device: RouterRun) -> None:
    """Roll back what was sent and is not confirmed anywhere.

    Raises:
        RefusedError: the router cannot be reached, or does not roll back.
    """
    device.close()
    try:
        device.reach()
    except LabError as error:
        fate = f"it rolls back by itself within {device.pace.revert_minutes} minutes" if device.backup else UNTOUCHED
        raise RefusedError(f"{error.text}; {fate}", hint=error.hint) from None
    device.revert(device.backup, device.old)


def back_and_saved(device: RouterRun) -> None:
    """Roll back to the previous configuration, and save it.

    Raises:
        RefusedError: the router cannot be reached, or does not roll back.
    """
    device.roll_back(device.backup, device.old)
    device.save()


def side_of(device: RouterRun) -> Side:
    """Return which side a router is on that did not do what was asked."""
    try:
        device.close()
        now = device.session
        del now
        side = device.side(device.old, device.new)
    except LabError:
        # Before its own timer is armed, a router gets no line.
        return Side.UNKNOWN if device.backup else Side.OLD
    return {"old": Side.OLD, "new": Side.PENDING if device.pending else Side.NEW}.get(side, Side.UNKNOWN)
