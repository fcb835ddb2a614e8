"""The kernel's keys of whoever starts something, which are no business of what is started.

A process inherits its session's keyring, and may read what is in it whoever it has become since. Source: keyctl(2),
session-keyring(7).
"""

from __future__ import annotations

import ctypes
import platform
from typing import Final

_KEYCTL: Final = {"x86_64": 250, "aarch64": 219}
_JOIN_SESSION_KEYRING: Final = 1


def leave() -> None:
    """Have this process and all that it starts a new and empty session keyring; a kernel without keys has none."""
    number = _KEYCTL.get(platform.machine())
    if number is not None:
        ctypes.CDLL(None).syscall(number, _JOIN_SESSION_KEYRING, None)
