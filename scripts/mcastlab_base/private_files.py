"""Files, folders and locks: the one way that they are written and taken here.

What is recorded of a lab names hosts, keys and configurations; its folders are 0700 and its files 0600, whatever the
umask. What a user asked for by name is the user's to share.
"""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
NEW_FILE_MODE: Final = 0o666
"""Of what a user asked for; the umask takes from it."""
UMASK: Final = 0o077
"""Of programs that write for us."""


def make_folder(folder: Path) -> Path:
    """Make a folder, with the folders above it that are not there yet, and return it; each that is made is private.

    Raises:
        OSError: it cannot be made, or there is something else in its place.
    """
    if folder.is_dir():
        return folder
    if folder.parent != folder:
        make_folder(folder.parent)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    return folder


def write(file: Path, text: str) -> None:
    """Write a file in one step: a reader sees the old text or the new.

    Raises:
        OSError: it cannot be written; the old file stands.
    """
    _write(file, text.encode(), FILE_MODE)


def write_for_user(file: Path, content: str | bytes) -> None:
    """Write a file that the user named, in one step, with the mode of the old one or of any new file.

    Raises:
        OSError: it cannot be written; the old file stands.
    """
    before = stat.S_IMODE(file.stat().st_mode) if file.exists() else None
    _write(file, content if isinstance(content, bytes) else content.encode(), NEW_FILE_MODE, before)


def _write(file: Path, content: bytes, mode: int, before: int | None = None) -> None:
    draft = file.with_name(f".{file.name}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(handle, "wb") as stream:
            if before is not None:
                os.fchmod(handle, before)
            stream.write(content)
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def appended(file: Path) -> TextIO:
    """Return a file that is open for what is to be written at its end; made where it is missing.

    Raises:
        OSError: it cannot be opened.
    """
    return os.fdopen(
        os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, FILE_MODE), "a", encoding="utf-8"
    )


def take_lock(file: Path) -> int:
    """Return the descriptor of a file that is locked for as long as that is open; made where it is missing.

    Raises:
        BlockingIOError: a process holds the lock.
        OSError: it cannot be opened.
    """
    return _lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the lock of a file, which is made where it is missing; whoever else wants it waits.

    Raises:
        OSError: it cannot be opened.
    """
    lock = _lock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(lock)


def _lock(file: Path, how: int) -> int:
    lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    try:
        fcntl.flock(lock, how)
    except BaseException:
        os.close(lock)
        raise
    return lock


def is_locked(file: Path) -> bool:
    """Tell whether a process holds the lock of a file; one that does not exist is locked by nobody."""
    try:
        lock = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
