"""One run at a time on a lab: two would undo each other's work."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mcastlab.errors import RefusedError
from mcastlab.push.records import state_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.model import Lab


@contextmanager
def exclusively(lab: Lab) -> Iterator[None]:
    """Keep other runs of this user from the lab for as long as this lasts; the kernel lets go when we die.

    Raises:
        RefusedError: another run works on it.
    """
    folder = state_folder() / lab.name
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = os.read(lock, 32).decode(errors="replace")
            raise RefusedError(
                f"another run works on the lab {lab.name}: process {who}", hint="wait until it has ended, or end it"
            ) from None
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        yield
    finally:
        os.close(lock)
