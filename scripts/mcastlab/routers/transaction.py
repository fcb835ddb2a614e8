"""All routers of a lab change together: if one fails, the others roll back.

Each router has its own way back, armed before the first line: its archive and its own timer. Nothing is confirmed
before every router has proved that it runs the new configuration, so until then any failure ends in the old one, even
that of this machine. Only a confirm that is lost can leave the routers on two sides; then the record of the change
stays, and the next run begins by bringing all to one side.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from mcastlab.ios.secrets import masked_answer
from mcastlab.routers.conflicts import conflicts
from mcastlab.routers.device import RouterRun
from mcastlab.routers.filter_notes import filter_notes
from mcastlab.routers.ownership import after
from mcastlab.routers.parallel import on_all, raise_all
from mcastlab.routers.push_report import PushReport, RouterReport, Side
from mcastlab.routers.records import Entry, Records
from mcastlab.routers.recovery import (
    UnreachableError,
    back_and_saved,
    confirm_again,
    finish_earlier,
    side_of,
    take_back,
)
from mcastlab.routers.router import Pace, Router
from mcastlab.routers.vpn_notes import vpn_notes
from mcastlab_base.errors import ExitCode, LabError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from mcastlab.lab.model import Lab

NOTHING_SENT: Final = "nothing was sent: every router runs what it ran"


def look(lab: Lab, routers: Sequence[Router], records: Records, pace: Pace) -> tuple[RouterRun, ...]:
    """Read every router and return them with what is to change.

    Raises:
        RefusedError: a router cannot be read, a change waits there, or what is wanted would take something from
            somebody else; nothing was sent.
    """
    devices = tuple(
        RouterRun(router=router, lab=lab.name, ledger=records.ledger(router.key), pace=pace) for router in routers
    )
    try:
        raise_all(on_all(devices, RouterRun.look), NOTHING_SENT)
        _refuse_foreign(lab, devices, records.under_way())
    except BaseException:
        _close(devices)
        raise
    return devices


def _refuse_foreign(lab: Lab, devices: Sequence[RouterRun], under_way: Collection[str]) -> None:
    """Refuse to touch a router where a change waits, or that somebody else uses as we would."""
    ours = [device for device in devices if device.pending is not None and device.router.key in under_way]
    theirs = [device for device in devices if device.pending is not None and device.router.key not in under_way]
    found = [each for device in devices for each in conflicts(device, lab)]
    if ours or theirs or found:
        left = [f"{each.router.name}: a change that an earlier run left waits to be confirmed" for each in ours]
        foreign = [f"{each.router.name}: a change of {each.pending} waits to be confirmed" for each in theirs]
        hints = ["nothing was sent"]
        if ours:
            hints.append("run configure: it first brings all routers to one side")
        if theirs:
            hints.append("confirm or revert the change first")
        raise RefusedError("\n".join((*left, *foreign, *found)), hint="; ".join(hints))


def compare(lab: Lab, routers: Sequence[Router], records: Records, pace: Pace) -> PushReport:
    """Return what would be sent, and send nothing.

    Raises:
        RefusedError: as `look`.
    """
    devices = look(lab, routers, records, pace)
    _close(devices)
    return PushReport(routers=tuple(_planned(lab, device) for device in devices))


@dataclass(slots=True)
class Transaction:
    """One run over all routers of a lab."""

    lab: Lab
    records: Records
    progress: Callable[[str], None]
    pace: Pace = field(default_factory=Pace)

    def run(self, routers: Sequence[Router]) -> PushReport:
        """Bring every router to what is wanted of it, or leave every one as it was.

        Raises:
            RefusedError: nothing was sent, for a reason that the text names.
        """
        settled = finish_earlier(self.lab, routers, self.records, self.pace)
        devices = look(self.lab, routers, self.records, self.pace)
        try:
            report = self._carry_out(devices)
        finally:
            _close(devices)
        return replace(report, settled=settled)

    def _carry_out(self, devices: tuple[RouterRun, ...]) -> PushReport:
        acting = tuple(device for device in devices if device.change.steps)
        idle = tuple(device for device in devices if not device.change.steps)
        for device in idle:
            self._keep_ledger(device)
        if not acting:
            return PushReport(routers=tuple(_report(self.lab, device, Side.IN_SYNC) for device in devices))
        failures = on_all(acting, self._prepare)
        if not failures:
            self._begin(acting)
            failures = on_all(acting, self._send) or on_all(acting, RouterRun.prove_change)
        if failures:
            return self._back(devices, acting, failures)
        self._begin(acting)
        failures = on_all(acting, RouterRun.confirm)
        if not failures:
            return self._done(devices, acting)
        return self._after_lost_confirm(devices, acting, failures)

    def _begin(self, acting: tuple[RouterRun, ...]) -> None:
        self.records.begin({device.router.key: _entry(device) for device in acting})

    def _prepare(self, device: RouterRun) -> None:
        if device.enable_archive():
            device.ledger = replace(device.ledger, archive=True)
            self.records.keep_ledger(device.router.key, device.ledger)
        device.ledger_after = after(device.running, device.router.wanted, device.ledger, self.lab.name)

    def _send(self, device: RouterRun) -> None:
        name = device.router.name
        device.send(lambda done, of: self.progress(f"{name}: line {done} of {of}"))

    def _keep_ledger(self, device: RouterRun) -> None:
        found = after(device.running, device.router.wanted, device.ledger, self.lab.name)
        if found != device.ledger:
            self.records.keep_ledger(device.router.key, found)

    def _done(self, devices: tuple[RouterRun, ...], acting: tuple[RouterRun, ...]) -> PushReport:
        for device in acting:
            self.records.keep_ledger(device.router.key, device.ledger_after)
            self._audit(device, "confirmed and saved")
        self.records.end()
        return PushReport(
            routers=tuple(
                _report(self.lab, device, Side.NEW if device in acting else Side.IN_SYNC) for device in devices
            )
        )

    def _back(
        self, devices: tuple[RouterRun, ...], acting: tuple[RouterRun, ...], failures: Mapping[str, LabError]
    ) -> PushReport:
        """Roll back what was sent anywhere, and say where each router is."""
        stuck = on_all(acting, take_back)
        if not stuck:
            self.records.end()
        return self._outcome(devices, acting, failures, stuck)

    def _after_lost_confirm(
        self, devices: tuple[RouterRun, ...], acting: tuple[RouterRun, ...], failures: Mapping[str, LabError]
    ) -> PushReport:
        """Try once more to confirm everywhere; where that fails, bring all back, and where that fails, say so."""
        lost = tuple(device for device in acting if device.router.name in failures)
        again = on_all(lost, confirm_again)
        if not again:
            return self._done(devices, acting)
        if not any(isinstance(error, UnreachableError) for error in again.values()):
            stuck = on_all(acting, back_and_saved)
            if not stuck:
                self.records.end()
            return self._outcome(devices, acting, failures, stuck)
        # A router that cannot be reached may go either way; the others wait on their side for the next run.
        return self._outcome(devices, acting, failures, again, confirmed=True)

    def _outcome(
        self,
        devices: tuple[RouterRun, ...],
        acting: tuple[RouterRun, ...],
        failures: Mapping[str, LabError],
        stuck: Mapping[str, LabError],
        *,
        confirmed: bool = False,
    ) -> PushReport:
        found: list[RouterReport] = []
        for device in devices:
            name = device.router.name
            side = Side.IN_SYNC if device not in acting else Side.NEW if confirmed else Side.OLD
            error = failures.get(name)
            if name in stuck:
                side, error = side_of(device), stuck[name]
            found.append(_report(self.lab, device, side, error))
            if device in acting:
                self._audit(device, f"{side.value}: {error.text if error is not None else 'another router failed'}")
        first = next(iter(failures.values()))
        return PushReport(routers=tuple(found), exit_code=ExitCode.REFUSED if stuck else first.exit_code)

    def _audit(self, device: RouterRun, result: str) -> None:
        action = "configure" if device.router.wanted else "remove"
        self.records.audit(router=device.router.name, action=action, lines=device.change.shown, result=result)


def _entry(device: RouterRun) -> Entry:
    return Entry(backup=masked_answer(device.backup), old=device.old, new=device.new, ledger=device.ledger_after)


def _planned(lab: Lab, device: RouterRun) -> RouterReport:
    return _report(lab, device, Side.PLANNED if device.change.steps else Side.IN_SYNC)


def _report(lab: Lab, device: RouterRun, side: Side, error: LabError | None = None) -> RouterReport:
    running, wanted = device.running, device.router.wanted
    return RouterReport(
        router=device.router.name,
        side=side,
        lines=device.change.shown,
        replaced=device.change.replaced,
        notes=(*filter_notes(running, wanted), *vpn_notes(lab, device.router.name, running, wanted)),
        error="" if error is None else error.text,
        hint="" if error is None else error.hint,
    )


def _close(devices: Sequence[RouterRun]) -> None:
    on_all(devices, RouterRun.close)
