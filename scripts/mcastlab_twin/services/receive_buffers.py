"""Room for what arrives at a program that sets none for itself: a busy machine may keep it from reading for a while."""

from __future__ import annotations

import ctypes
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

from mcastlab_twin.services.gre_path import deepen

_SYS_PIDFD_GETFD: Final = 438
"""The same on every architecture. Source: pidfd_getfd(2)."""
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def deepen_udp_sockets(pid: int) -> None:
    """Let the UDP sockets of a program that we started hold more datagrams.

    Raises:
        OSError: the program has ended, or this process may not reach into it.
    """
    process = os.pidfd_open(pid)
    try:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed since it was listed
                if entry.readlink().name.startswith("socket:"):
                    with socket.socket(fileno=_copy(process, int(entry.name))) as sock:
                        if (sock.family, sock.type) == (socket.AF_INET, socket.SOCK_DGRAM):
                            deepen(sock)
    finally:
        os.close(process)


def _copy(process: int, descriptor: int) -> int:
    """Return a descriptor of ours for what another process has open by one of its."""
    copy: int = _LIBC.syscall(_SYS_PIDFD_GETFD, process, descriptor, 0)
    if copy < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), f"descriptor {descriptor}")
    return copy
