"""One changing command at a time on a target: two would undo each other's work.

A twin and an AWS account do not share anything, so a command on the one keeps nobody from the other.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mcastlab import private_files
from mcastlab.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def exclusively(path: Path, what: str) -> Iterator[None]:
    """Keep other commands of this user from a target for as long as this lasts; the kernel lets go when we die.

    Args:
        path: the target's lock file; it goes with us.
        what: the target, as it is told to who is kept from it.

    Raises:
        RefusedError: another command works on it.
    """
    private_files.make_folder(path.parent)
    lock = _locked(path, what)
    try:
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(lock)


def _locked(path: Path, what: str) -> int:
    """Return the descriptor of the lock; a file that its holder removed just now is not the one that counts."""
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(lock).st_nlink:
                return lock
        except BlockingIOError:
            who = os.read(lock, 32).decode(errors="replace")
            os.close(lock)
            raise RefusedError(
                f"another command works on {what}: process {who or 'unknown'}",
                hint="wait until it has ended, or end it",
            ) from None
        os.close(lock)
