"""Files and folders that only their owner may read, whatever the umask: the one way that they are written here.

What is recorded of a lab names hosts, keys and configurations; folders are 0700 and files 0600.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path
from typing import Final, TextIO

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
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
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
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
    lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
