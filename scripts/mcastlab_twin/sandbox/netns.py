"""Work of ours inside a named network namespace: sockets that are made there stay there.

Sources: setns(2), ip-netns(8).
"""

from __future__ import annotations

import asyncio
import ctypes
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_CLONE_NEWNET: Final = 0x4000_0000
_NAMED: Final = Path("/run/netns")
_OWN: Final = Path("/proc/thread-self/ns/net")

_libc = ctypes.CDLL(None, use_errno=True)
_T = TypeVar("_T")


async def within(netns: str, work: Callable[[], _T]) -> _T:
    """Do something in a namespace, by a thread that is there meanwhile.

    Raises:
        OSError: the namespace is not there, or what `work` raises.
    """
    return await asyncio.to_thread(_within, netns, work)


def _within(netns: str, work: Callable[[], _T]) -> _T:
    own = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter(_NAMED / netns)
        try:
            return work()
        finally:
            _enter_number(own)
    finally:
        os.close(own)


def _enter(place: Path) -> None:
    number = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter_number(number)
    finally:
        os.close(number)


def _enter_number(number: int) -> None:
    if _libc.setns(number, _CLONE_NEWNET) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"setns: {os.strerror(error)}")
