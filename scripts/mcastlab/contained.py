"""Read a file that another file names, and nothing outside the folder of that one."""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import Final

from mcastlab_base.errors import BadInputError

LARGEST: Final = 1 << 20
"""Octets; a router's whole configuration takes a tenth of it."""
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
"""Not to follow a link that was put there meanwhile, nor to wait for a pipe's writer."""


def read_contained(root: Path, path: PurePosixPath) -> str:
    """Return the text of a file below a folder; a symbolic link may lead to another place below that folder.

    Args:
        root: the folder.
        path: the file, relative to it.

    Raises:
        FileNotFoundError: there is no such file.
        BadInputError: it leads out of the folder, or is not text of at most `LARGEST` octets.
    """
    named = root / path
    if path.is_absolute() or ".." in path.parts:
        raise _leads_out(named, root, "")
    real_root = Path(os.path.realpath(root))
    real = Path(os.path.realpath(real_root / path))
    if not real.is_relative_to(real_root):
        raise _leads_out(named, root, " by a symbolic link")
    try:
        octets = _read(real_root, real.relative_to(real_root).parts)
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(str(named)) from None
    except OSError as error:
        raise BadInputError(f"{named} cannot be read: {error.strerror}", hint="name a text file") from None
    if octets is None:
        raise BadInputError(f"{named} is no regular file", hint="name a text file")
    if len(octets) > LARGEST:
        raise BadInputError(f"{named} is larger than {LARGEST >> 20} MiB", hint="name a text file of fewer lines")
    try:
        return octets.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise BadInputError(f"{named} cannot be read as UTF-8 text", hint="write it as UTF-8") from None


def _leads_out(named: Path, root: Path, how: str) -> BadInputError:
    return BadInputError(
        f"{named} leads out of the folder {os.path.realpath(root)}{how}; a file in that folder is expected",
        hint="copy the file into the lab file's folder and name it relative to it",
    )


def _read(root: Path, parts: tuple[str, ...]) -> bytes | None:
    """Return what a file holds, up to one octet more than is allowed, or None where it is no regular file.

    Each folder on the way is opened from within the one before, so that nothing can be exchanged between the look at
    the path and the reading.

    Raises:
        OSError: a part of the path is missing, may not be read, or has become a link.
    """
    with ExitStack() as opened:
        at = os.open(root, _FLAGS & ~os.O_NOFOLLOW | os.O_DIRECTORY)
        opened.callback(os.close, at)
        for index, part in enumerate(parts):
            last = index == len(parts) - 1
            at = os.open(part, _FLAGS if last else _FLAGS | os.O_DIRECTORY, dir_fd=at)
            opened.callback(os.close, at)
        if not stat.S_ISREG(os.fstat(at).st_mode):
            return None
        found = b""
        while len(found) <= LARGEST and (more := os.read(at, LARGEST + 1 - len(found))):
            found += more
        return found
