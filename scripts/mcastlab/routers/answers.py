"""What a router says about its archive, a confirmed change and a save.

Source: Cisco IOS-XE 17, Managing Configuration Files: Configuration Rollback Confirmed Change.
"""

from __future__ import annotations

import re
from typing import Final

from mcastlab.ios.secrets import masked_message
from mcastlab.ios.show.system import pending_change

TIMER: Final = "show archive config rollback timer"
CONFIRM: Final = "configure confirm"
REVERT: Final = "configure revert now"
SAVE: Final = "write memory"
RUNNING: Final = "show running-config"
_BACKUP: Final = re.compile(r"Backing up current running config to (\S+)")
_RESTORED: Final = re.compile(r"Rollback Done|The rollback configlet|Total number of passes: \d+")
_FAILED: Final = re.compile(r"aborted|failed to apply|not a valid config|%Error", re.IGNORECASE)


def backup_in(answer: str) -> str | None:
    """Return the archive's file in which an armed router keeps the configuration of before, or None.

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


def went_back(answer: str) -> bool:
    """Say whether a router took a configuration from its archive without an error."""
    return _FAILED.search(answer) is None and (_RESTORED.search(answer) is not None)


def saved(answer: str) -> bool:
    """Say whether the running configuration was saved."""
    return "[OK]" in answer


def gist(answer: str) -> str:
    r"""Return the part of an answer that tells an error, in one line and as it may be shown.

    >>> gist("Building configuration...\\nstartup-config file open failed (Not enough space)\\n")
    'startup-config file open failed (Not enough space)'
    """
    lines = [line.strip() for line in answer.splitlines() if line.strip()]
    told = [line for line in lines if re.search(r"%|fail|error", line, re.IGNORECASE)]
    return masked_message((told or lines or ["nothing"])[-1])
