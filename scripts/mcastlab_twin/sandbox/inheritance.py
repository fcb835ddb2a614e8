"""What a process hands down to what it starts, and what is kept back: descriptors, and the kernel's keys.

A process inherits its session's keyring, and may read what is in it whoever it has become since. Source: keyctl(2),
session-keyring(7).
"""

from __future__ import annotations

import ctypes
import os
import platform
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEYCTL: Final = {"x86_64": 250, "aarch64": 219}
_JOIN_SESSION_KEYRING: Final = 1
_STANDARD_ERROR: Final = 2


def leave_keyring() -> None:
    """Have this process and all that it starts a new and empty session keyring; a kernel without keys has none."""
    number = _KEYCTL.get(platform.machine())
    if number is not None:
        ctypes.CDLL(None).syscall(number, _JOIN_SESSION_KEYRING, None)


def withhold_descriptors(*, but: Sequence[int]) -> None:
    """Keep what our own starter handed down, a lock or a pipe, from the sandbox: it would hold it for all its life."""
    for entry in Path("/proc/self/fd").iterdir():
        descriptor = int(entry.name)
        if descriptor > _STANDARD_ERROR and descriptor not in but:
            with suppress(OSError):  # the listing's own descriptor is closed by now
                os.set_inheritable(descriptor, False)  # noqa: FBT003


def inherited(passed: Sequence[int]) -> list[int]:
    """Return the descriptors that a program of ours would inherit beside the standard ones and those it is to have."""
    kept = {0, 1, 2, *passed}
    found = []
    for entry in os.listdir("/proc/self/fd"):  # noqa: PTH208  (numbers, not paths)
        descriptor = int(entry)
        try:
            if descriptor not in kept and os.get_inheritable(descriptor):
                found.append(descriptor)
        except OSError:
            continue  # the one that listed the folder
    return found
