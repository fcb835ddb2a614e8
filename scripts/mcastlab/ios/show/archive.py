"""What a router says about its archive, a confirmed change and a save.

Source: Cisco IOS-XE 17, Managing Configuration Files: Configuration Rollback Confirmed Change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mcastlab.ios.refusals import has_failed
from mcastlab.ios.secrets import masked_answer
from mcastlab.ios.show.tables import UnreadableError, first_line, refuse_refused, rows

TIMER: Final = "show archive config rollback timer"
CONFIRM: Final = "configure confirm"
REVERT: Final = "configure revert now"
SAVE: Final = "write memory"
RUNNING: Final = "show running-config"
NOT_PENDING: Final = "No Rollback Confirmed Change pending"
ARCHIVE_OFF: Final = "Archive feature not enabled"
_TIMER: Final = re.compile(r"Timer type: (\w+) timer\s+Timer value: (\d{1,9}) min\s+User: (\S+)")
_BACKUP: Final = re.compile(r"Backing up current running config to (\S+)")
_RESTORED: Final = re.compile(r"Rollback Done|The rollback configlet|Total number of passes: \d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigArchive:
    """``show archive``: the archived files, oldest first, and the prefix of the next."""

    files: tuple[str, ...]
    next_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingChange:
    """``show archive config rollback timer``: a change that rolls back unless it is confirmed."""

    idle: bool
    minutes: int
    user: str


def archive(text: str) -> ConfigArchive | None:
    """Read ``show archive``; None where the archive is off."""
    if ARCHIVE_OFF in text:
        return None
    found = rows("archive", text)
    if not found:
        raise UnreadableError("show archive", first_line(text))
    return ConfigArchive(
        files=found[0].items("FILENAMES"),
        next_file=found[0].text("NEXT_FILENAME"),
    )


def archived_file(text: str, masked: str) -> str:
    """Return the archive's file that a record has with its credentials masked, by the answer to ``show archive``.

    One that is not there any more stays as the record has it.
    """
    known = archive(text)
    files = () if known is None else known.files
    return next((file for file in reversed(files) if masked_answer(file) == masked), masked)


def pending_change(text: str) -> PendingChange | None:
    """Read ``show archive config rollback timer``; None where nothing is pending.

    Raises:
        UnreadableError: it says neither.
    """
    if NOT_PENDING in text:
        return None
    refuse_refused(TIMER, text)
    found = _TIMER.search(text)
    if found is None:
        raise UnreadableError(TIMER, first_line(text), expected="a timer, or that nothing is pending")
    return PendingChange(idle=found[1].lower() == "idle", minutes=int(found[2]), user=found[3])


def backup_in(answer: str) -> str | None:
    """Return the archive's file in which an armed router keeps the previous configuration, or None.

    >>> backup_in("Rollback Confirmed Change: Backing up current running config to bootflash:a-1")
    'bootflash:a-1'
    """
    found = None if "failed" in answer else _BACKUP.search(answer)
    return None if found is None else found[1]


def pending_in(answer: str) -> str | None:
    """Return whose change waits to be confirmed, by the answer to `TIMER`, or None.

    >>> pending_in("%No Rollback Confirmed Change pending") is None
    True

    Raises:
        UnreadableError: the answer does not say it.
    """
    change = pending_change(answer)
    return None if change is None else change.user


def rolled_back(answer: str) -> bool:
    """Say whether a router took a configuration from its archive without an error."""
    return not has_failed(answer) and _RESTORED.search(answer) is not None


def saved(answer: str) -> bool:
    """Say whether the running configuration was saved."""
    return "[OK]" in answer
