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


def deepen_udp_sockets(pid: int) -> int:
    """Let the UDP sockets of a program that we started hold more datagrams, and return how many sockets they are.

    Raises:
        OSError: the program has ended, or this process may not reach into it.
    """
    done = 0
    libc = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(pid)
    try:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed since it was listed
                if not entry.readlink().name.startswith("socket:"):
                    continue
                copy = libc.syscall(_SYS_PIDFD_GETFD, process, int(entry.name), 0)
                if copy < 0:
                    number = ctypes.get_errno()
                    raise OSError(number, os.strerror(number), str(entry))
                with socket.socket(fileno=copy) as sock:
                    if sock.family == socket.AF_INET and sock.type == socket.SOCK_DGRAM:
                        deepen(sock)
                        done += 1
    finally:
        os.close(process)
    return done
