"""One changing command at a time on a target: two would undo each other's work.

A twin and an AWS account do not share anything, so a command on the one keeps nobody from the other.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from mcastlab_base import private_files
from mcastlab_base.errors import BusyError
from mcastlab_base.waiting import attempts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


BRIEFLY: Final = "follow "
"""Stands before the process id of a holder that writes one batch of lines and lets go."""
PATIENCE_S: Final = 20.0
"""How long others wait for such a holder."""
_LOOK_S: Final = 0.05
_held: Final[set[Path]] = set()
"""What this process keeps others from, for as long as a command of it lasts."""


@contextmanager
def exclusively(path: Path, what: str, *, briefly: bool = False) -> Iterator[None]:
    """Keep other commands of this user from a target for as long as this lasts; the kernel lets go when we die.

    Args:
        path: the target's lock file; it goes with us.
        what: the target, as it is named to who is kept from it.
        briefly: this lasts a moment, so that others wait for it; nothing where this process keeps them off already.

    Raises:
        BusyError: another command works on it.
    """
    if briefly and path in _held:
        yield
        return
    private_files.make_folder(path.parent)
    lock = _locked(path, what)
    _held.add(path)
    try:
        os.ftruncate(lock, 0)
        os.write(lock, f"{BRIEFLY if briefly else ''}{os.getpid()}".encode())
        yield
    finally:
        _held.discard(path)
        path.unlink(missing_ok=True)
        os.close(lock)


def _locked(path: Path, what: str) -> int:
    """Return the descriptor of the lock; a file that its holder removed just now is not the one that counts."""
    who = ""
    for _ in attempts(PATIENCE_S, every_s=_LOOK_S):
        try:
            lock = private_files.take_lock(path)
        except BlockingIOError:
            try:
                who = path.read_text(encoding="utf-8", errors="replace")
            except FileNotFoundError:
                continue
            if not who.startswith(BRIEFLY):
                break
        else:
            if os.fstat(lock).st_nlink:
                return lock
            os.close(lock)
    raise BusyError(
        f"another command works on {what}: process {who or 'unknown'}", hint="wait until it has ended, or end it"
    )
