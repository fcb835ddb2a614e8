"""Confirmed changes and ``configure replace``: what takes a router back to a configuration that it had.

A pending change belongs to the router, not to the session that made it: it goes on when the session is lost. It does
not outlive a reload, after which the router runs its start-up configuration.

Source: Cisco IOS-XE 17, Managing Configuration Files: Configuration Replace and Configuration Rollback, Configuration
Rollback Confirmed Change. The words about a second pending change are inferred.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from iosxe.config.differences import commands_between
from iosxe.config.loading import load
from iosxe.config.node import Config
from iosxe.day0 import factory
from iosxe.files import FileRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from iosxe.config.node import Key
    from iosxe.device import RouterDevice
    from iosxe.files import Url

ARCHIVE_OFF: Final = "%Turn config archive on before using Rollback Confirmed Change\n"
ARCHIVE_OFF_FOR_TRIGGER: Final = "%Please turn config archive on\n"
NOTHING_PENDING: Final = "%No Rollback Confirmed Change pending\n"
ALREADY_PENDING: Final = "%A Rollback Confirmed Change is already pending\n"
NOT_VALID: Final = "%The input file is not a valid config file.\n"
DONE: Final = "\nTotal number of passes: 1\nRollback Done\n\n"
RESTORED: Final = "\nThe original configuration has been successfully restored.\n\n"
WARNING_BEFORE: Final = timedelta(minutes=1)
PASSES: Final = 5

Kind = Literal["absolute", "idle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A change that rolls back unless it is confirmed."""

    target: Url
    kind: Kind
    minutes: int
    user: str
    configured: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A configuration read from a file, and the lines of the file that the router refuses."""

    config: Config
    refused: tuple[str, ...]


def read_configuration(text: str, interfaces: tuple[str, ...], known: frozenset[Key] = frozenset()) -> Replacement:
    """Read a whole configuration as a router boots from it; of what it does not act on, what is `known` stays text."""
    blank = load(Config(), "\n".join(factory(interfaces, shut=False)), interfaces).config
    loaded = load(blank, text, interfaces, known=known)
    return Replacement(config=loaded.config, refused=loaded.refused)


class Transactions:
    """The confirmed change of a router, and its replacements."""

    def __init__(self, device: RouterDevice) -> None:
        self._device = device
        self.pending: Pending | None = None
        self._cancels: list[Callable[[], None]] = []

    def arm(self, *, kind: Kind, minutes: int, user: str) -> str:
        """Back up the running configuration, and roll back to it unless somebody confirms in time."""
        device = self._device
        if device.archive.path(device.running) is None:
            return ARCHIVE_OFF
        if self.pending is not None:
            return ALREADY_PENDING
        try:
            target = device.archive.save(device.running, device.running_text(), device.now())
        except FileRefusedError as refusal:
            return f"Rollback Confirmed Change: Backing up current running config failed\n{refusal}"
        device.log_event(f"%ARCHIVE_DIFF-5-ROLLBK_CNFMD_CHG_BACKUP: Backing up current running config to {target}")
        self._begin(target, kind=kind, minutes=minutes, user=user)
        return f"Rollback Confirmed Change: Backing up current running config to {target}\n\n"

    def _begin(self, target: Url, *, kind: Kind, minutes: int, user: str) -> None:
        device = self._device
        self.pending = Pending(target=target, kind=kind, minutes=minutes, user=user, configured=device.now())
        word = "ABSTIMER" if kind == "absolute" else "IDLETIMER"
        device.log_event(
            f"%ARCHIVE_DIFF-5-ROLLBK_CNFMD_CHG_START_{word}: User: {user}(Priv: 15, View: 0): "
            f"Scheduled to rollback to config {target} in {minutes} minutes"
        )
        self._set_timer()

    def _set_timer(self) -> None:
        self._stop_timer()
        pending, device = self.pending, self._device
        if pending is None:
            return
        due = device.now() + timedelta(minutes=pending.minutes)
        if pending.kind == "absolute" and due - WARNING_BEFORE > device.now():
            self._cancels.append(device.clock.call_at(due - WARNING_BEFORE, self._warn))
        self._cancels.append(device.clock.call_at(due, self._due))

    def _stop_timer(self) -> None:
        for cancel in self._cancels:
            cancel()
        self._cancels.clear()

    def _warn(self) -> None:
        if self.pending is not None:
            self._device.log_event(
                "%ARCHIVE_DIFF-5-ROLLBK_CNFMD_CHG_WARNING_ABSTIMER: System will rollback to config "
                f'{self.pending.target} in one minute. Enter "configure confirm" if you wish to keep what you\'ve '
                "configured"
            )

    def _due(self) -> None:
        if self.pending is not None:
            self._roll_back()

    def touched(self) -> None:
        """Begin an idle timer anew: somebody has pressed Return."""
        if self.pending is not None and self.pending.kind == "idle":
            self._set_timer()

    def forget(self) -> None:
        """Drop what is pending, as a reload does."""
        self._stop_timer()
        self.pending = None

    def confirm(self, user: str) -> str:
        """Keep what was configured."""
        if self.pending is None:
            return NOTHING_PENDING
        self.forget()
        self._device.log_event(
            f"%ARCHIVE_DIFF-5-ROLLBK_CNFMD_CHG_CONFIRM: User: {user}(Priv: 15, View: 0): Confirm the configuration "
            "change"
        )
        return ""

    def revert_now(self) -> str:
        """Go back at once."""
        if self.pending is None:
            return NOTHING_PENDING
        target = self.pending.target
        return f"Rollback Confirmed Change: Rolling to: {target}\n{self._roll_back()}"

    def set_timer(self, *, kind: Kind, minutes: int, user: str) -> str:
        """Give a pending change another timer."""
        if self.pending is None:
            return NOTHING_PENDING
        self._begin(self.pending.target, kind=kind, minutes=minutes, user=user)
        return ""

    def _roll_back(self) -> str:
        pending = self.pending
        if pending is None:
            return NOTHING_PENDING
        self.forget()
        device = self._device
        device.log_event(f"%ARCHIVE_DIFF-5-ROLLBK_CNFMD_CHG_ROLLBACK_START: Start rolling to: {pending.target}")
        try:
            text = device.read(pending.target)
        except FileRefusedError as refusal:
            device.log_event(f"%ARCHIVE_DIFF-3-ROLLBK_CNFMD_CHG_FAIL: {' '.join(str(refusal).split())}")
            return str(refusal)
        device.put(read_configuration(text, device.interfaces, device.known_text).config, pending.user)
        return DONE

    def show_timer(self) -> str:
        """Return ``show archive config rollback timer``."""
        pending = self.pending
        if pending is None:
            return NOTHING_PENDING
        at = pending.configured
        return (
            f"Time configured(or reconfigured): {at:%H:%M:%S} UTC {at:%a %b} {at.day} {at:%Y}\n"
            f"Timer type: {'absolute timer' if pending.kind == 'absolute' else 'idle timer'}\n"
            f"Timer value: {pending.minutes} min\n"
            f"User: {pending.user}\n"
        )

    def replace(self, text: str, *, listed: bool, on_error: bool, user: str) -> str:
        """Make a file's configuration the running one.

        Args:
            text: the file's.
            listed: tell the commands.
            on_error: leave everything as it was where the router refuses a line.
            user: who does it.
        """
        device = self._device
        if not any(line.rstrip() == "end" for line in text.splitlines()):
            return NOT_VALID
        wanted = read_configuration(text, device.interfaces, device.known_text)
        commands = _list(commands_between(device.running_text(), text)) if listed else ""
        if wanted.refused and on_error:
            return f"{commands}{_failed(wanted.refused)}{RESTORED}"
        device.put(wanted.config, user)
        return commands + (_failed(wanted.refused) if wanted.refused else DONE)

    def guard_replacement(self, *, minutes: int | None, user: str, backup: Url) -> None:
        """Have a replacement roll back to `backup` unless it is confirmed in time."""
        if minutes is not None:
            self._begin(backup, kind="absolute", minutes=minutes, user=user)


def _list(commands: Iterable[str]) -> str:
    return "!Pass 1\n!List of Rollback Commands:\n" + "".join(f"{line}\n" for line in (*commands, "end")) + "\n"


def _failed(lines: Iterable[str]) -> str:
    body = "".join(f"{line}\n" for line in lines)
    return (
        "The rollback configlet from the last pass is listed below:\n********\n"
        f"!List of Rollback Commands:\n{body}end\n********\n\n\n"
        f"Rollback aborted after {PASSES} passes\n"
        f"The following commands are failed to apply to the IOS image.\n********\n{body}********\n"
    )
