"""All routers of a lab change together: if one fails, the others go back.

Each router has its own way back, armed before the first line: its archive and its own timer. Nothing is confirmed
before every router has proved that it runs the new configuration, so until then any failure ends in the old one, even
that of this machine. Only a confirm that is lost can leave the routers on two sides; then the record of the change
stays, and the next run begins by bringing all to one side.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from mcastlab.errors import ExitCode, LabError, RefusedError, error_of
from mcastlab.ios.secrets import masked_answer
from mcastlab.routers.conflicts import conflicts
from mcastlab.routers.device import Device, Pace, Router
from mcastlab.routers.ownership import after
from mcastlab.routers.parallel import on_all
from mcastlab.routers.push_report import Report, RouterReport, Side
from mcastlab.routers.records import Entry, Records
from mcastlab.routers.recovery import settle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mcastlab.lab.model import Lab

UNTOUCHED: Final = "no line was sent to it"


def look(lab: Lab, routers: Sequence[Router], records: Records, pace: Pace) -> tuple[Device, ...]:
    """Read every router and return them with what is to change.

    Raises:
        RefusedError: a router cannot be read, a change of somebody else waits there, or what is wanted would take
            something from somebody else; nothing was sent.
    """
    devices = tuple(
        Device(router=router, lab=lab.name, ledger=records.ledger(router.key), pace=pace) for router in routers
    )
    try:
        _raise_all(on_all(devices, Device.look))
        _refuse_foreign(lab, devices)
    except BaseException:
        _close(devices)
        raise
    return devices


def _refuse_foreign(lab: Lab, devices: Sequence[Device]) -> None:
    """Refuse to touch a router where a change of somebody else waits, or that somebody else uses as we would."""
    pending = [
        f"{device.router.name}: a change of {device.pending} waits to be confirmed"
        for device in devices
        if device.pending is not None
    ]
    found = [
        each
        for device in devices
        for each in conflicts(device.router.name, device.running, device.router.wanted, device.ledger, lab)
    ]
    if pending or found:
        raise RefusedError(
            "\n".join((*pending, *found)),
            hint="nothing was sent" + ("; confirm or revert the change first" if pending else ""),
        )


def compare(lab: Lab, routers: Sequence[Router], records: Records, pace: Pace) -> Report:
    """Return what would be sent, and send nothing.

    Raises:
        RefusedError: as `look`.
    """
    devices = look(lab, routers, records, pace)
    _close(devices)
    return Report(routers=tuple(_planned(device) for device in devices))


@dataclass(slots=True)
class Transaction:
    """One run over all routers of a lab."""

    lab: Lab
    records: Records
    progress: Callable[[str], None]
    pace: Pace = field(default_factory=Pace)

    def run(self, routers: Sequence[Router]) -> Report:
        """Bring every router to what is wanted of it, or leave every one as it was.

        Raises:
            RefusedError: nothing was sent, for a reason that the text names.
        """
        settled = settle(self.lab, routers, self.records, self.pace)
        devices = look(self.lab, routers, self.records, self.pace)
        try:
            report = self._carry_out(devices)
        finally:
            _close(devices)
        return replace(report, settled=settled)

    def _carry_out(self, devices: tuple[Device, ...]) -> Report:
        acting = tuple(device for device in devices if device.change.steps)
        idle = tuple(device for device in devices if not device.change.steps)
        for device in idle:
            self._keep_ledger(device)
        if not acting:
            return Report(routers=tuple(_report(device, Side.IN_SYNC) for device in devices))
        failures = on_all(acting, self._prepare) or on_all(acting, self._send) or on_all(acting, Device.prove)
        if failures:
            return self._back(devices, acting, failures)
        self.records.begin({device.router.key: _entry(device) for device in acting})
        failures = on_all(acting, Device.confirm)
        if not failures:
            return self._done(devices, acting)
        return self._after_lost_confirm(devices, acting, failures)

    def _prepare(self, device: Device) -> None:
        if device.enable_archive():
            device.ledger = replace(device.ledger, archive=True)
            self.records.keep_ledger(device.router.key, device.ledger)
        device.ledger_after = after(device.running, device.router.wanted, device.ledger, self.lab.name)

    def _send(self, device: Device) -> None:
        name = device.router.name
        device.send(lambda done, of: self.progress(f"{name}: line {done} of {of}"))

    def _keep_ledger(self, device: Device) -> None:
        found = after(device.running, device.router.wanted, device.ledger, self.lab.name)
        if found != device.ledger:
            self.records.keep_ledger(device.router.key, found)

    def _done(self, devices: tuple[Device, ...], acting: tuple[Device, ...]) -> Report:
        for device in acting:
            self.records.keep_ledger(device.router.key, device.ledger_after)
            self._audit(device, "confirmed and saved")
        self.records.end()
        return Report(
            routers=tuple(_report(device, Side.NEW if device in acting else Side.IN_SYNC) for device in devices)
        )

    def _back(
        self, devices: tuple[Device, ...], acting: tuple[Device, ...], failures: Mapping[str, LabError]
    ) -> Report:
        """Take back what was sent anywhere, and say where each router is."""
        stuck = on_all(acting, _take_back)
        return self._told(devices, acting, failures, stuck)

    def _after_lost_confirm(
        self, devices: tuple[Device, ...], acting: tuple[Device, ...], failures: Mapping[str, LabError]
    ) -> Report:
        """Try once more to confirm everywhere; where that fails, bring all back, and where that fails, say so."""
        lost = tuple(device for device in acting if device.router.name in failures)
        again = on_all(lost, _confirm_again)
        if not again:
            return self._done(devices, acting)
        if not any(isinstance(error, _UnreachableError) for error in again.values()):
            stuck = on_all(acting, _back_and_saved)
            if not stuck:
                self.records.end()
            return self._told(devices, acting, failures, stuck)
        # A router that cannot be reached may go either way; the others wait on their side for the next run.
        return self._told(devices, acting, failures, again, confirmed=True)

    def _told(
        self,
        devices: tuple[Device, ...],
        acting: tuple[Device, ...],
        failures: Mapping[str, LabError],
        stuck: Mapping[str, LabError],
        *,
        confirmed: bool = False,
    ) -> Report:
        found: list[RouterReport] = []
        for device in devices:
            name = device.router.name
            side = Side.IN_SYNC if device not in acting else Side.NEW if confirmed else Side.OLD
            error = failures.get(name)
            if name in stuck:
                side, error = _side_of(device), stuck[name]
            found.append(_report(device, side, error))
            if device in acting:
                self._audit(device, f"{side.value}: {error.text if error is not None else 'another router failed'}")
        first = next(iter(failures.values()))
        return Report(routers=tuple(found), exit_code=ExitCode.REFUSED if stuck else first.exit_code)

    def _audit(self, device: Device, result: str) -> None:
        action = "configure" if device.router.wanted else "remove"
        self.records.audit(router=device.router.name, action=action, lines=device.change.shown, result=result)


class _UnreachableError(RefusedError):
    """A router cannot be reached, so nobody knows which side it is on."""


def _confirm_again(device: Device) -> None:
    """Confirm what is still pending, once the router can be reached again.

    Raises:
        RefusedError: it went back meanwhile, or it cannot be reached.
    """
    device.close()
    try:
        device.reach()
    except LabError as error:
        raise _UnreachableError(
            f"{error.text}; it goes back by itself within {device.pace.revert_minutes} minutes unless the confirm "
            "reached it",
            hint="once it can be reached, run configure again: it first brings all routers to one side",
        ) from None
    if device.pending is None and device.side(device.old, device.new) != "new":
        raise RefusedError(f"{device.router.name} went back to the configuration of before")
    if device.pending is not None:
        device.confirm()
    else:
        device.save()


def _take_back(device: Device) -> None:
    """Take back what was sent and is not confirmed anywhere.

    Raises:
        RefusedError: the router cannot be reached, or does not go back.
    """
    device.close()
    try:
        device.reach()
    except LabError as error:
        fate = f"it goes back by itself within {device.pace.revert_minutes} minutes" if device.backup else UNTOUCHED
        raise RefusedError(f"{error.text}; {fate}", hint=error.hint) from None
    device.revert(device.backup, device.old)


def _back_and_saved(device: Device) -> None:
    device.go_back(device.backup, device.old)
    device.save()


def _side_of(device: Device) -> Side:
    """Return which side a router is on that did not do as it was told."""
    try:
        device.close()
        now = device.session
        del now
        side = device.side(device.old, device.new)
    except LabError:
        # Before its own timer is armed, a router gets no line.
        return Side.UNKNOWN if device.backup else Side.OLD
    return {"old": Side.OLD, "new": Side.PENDING if device.pending else Side.NEW}.get(side, Side.UNKNOWN)


def _entry(device: Device) -> Entry:
    return Entry(backup=masked_answer(device.backup), old=device.old, new=device.new, ledger=device.ledger_after)


def _planned(device: Device) -> RouterReport:
    return _report(device, Side.PLANNED if device.change.steps else Side.IN_SYNC)


def _report(device: Device, side: Side, error: LabError | None = None) -> RouterReport:
    return RouterReport(
        router=device.router.name,
        side=side,
        lines=device.change.shown,
        replaced=device.change.replaced,
        error="" if error is None else error.text,
        hint="" if error is None else error.hint,
    )


def _raise_all(failures: Mapping[str, LabError]) -> None:
    """Raise one error for all routers that could not be looked at."""
    for error in failures.values():
        told = "\n".join(dict.fromkeys(each.text for each in failures.values()))
        raise error_of(error.exit_code)(f"{told}\nnothing was sent: every router runs what it ran", hint=error.hint)


def _close(devices: Sequence[Device]) -> None:
    on_all(devices, Device.close)
