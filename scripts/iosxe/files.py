"""The router's file systems and disk: what it keeps over a reload, and the names by which IOS reaches files.

Source: Cisco, Configuration Fundamentals Command Reference (``copy``, ``dir``, ``delete``, ``more``). What a full
file system answers is inferred from the codes of IOS's file system.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    import asyncssh

BOOTFLASH_BYTES: Final = 5183766528
RUNNING: Final = "running-config"
STARTUP: Final = "startup-config"
REMOTE: Final = ("ftp", "http", "https", "rcp", "scp", "sftp", "tftp")
"""Servers that a router reaches; what it writes there is kept beside it."""
_SYSTEMS: Final = {"bootflash": "bootflash", "flash": "bootflash", "nvram": "nvram", "system": "system"}


class FileRefusedError(Exception):
    """A file cannot be read or written; the text is IOS's."""


@dataclass(frozen=True, slots=True)
class Url:
    """Where a file is: ``bootflash:saved-1``, ``nvram:startup-config`` or ``system:running-config``."""

    system: str
    name: str

    def __str__(self) -> str:
        return f"{self.system}:{self.name}"


def url_of(text: str) -> Url:
    """Read a file's name; without a file system it is one of the configurations or on bootflash.

    Raises:
        FileRefusedError: there is no such file system.
    """
    for name, system in ((RUNNING, "system"), (STARTUP, "nvram")):
        if len(text) > 1 and name.startswith(text):
            return Url(system, name)
    scheme, elsewhere, place = text.partition("://")
    if elsewhere and scheme in REMOTE:
        return Url(scheme, f"//{place}")
    head, colon, rest = text.rpartition(":")
    found = next((_SYSTEMS[name] for name in _SYSTEMS if colon and name == head), None)
    if colon and found is None:
        raise FileRefusedError(f"%Error opening {text} (Invalid argument)\n")
    found = found or "bootflash"
    name = rest.lstrip("/")
    full = next((each for each in (RUNNING, STARTUP) if found in {"system", "nvram"} and each.startswith(name)), name)
    return Url(found, full)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file and when it was written."""

    text: str
    written: datetime


class Bootflash:
    """The file system that keeps archives. `full` makes every write fail, as a disk does that has no room left."""

    def __init__(self, size: int = BOOTFLASH_BYTES) -> None:
        self.size = size
        self.full = False
        self._files: dict[str, File] = {}

    @property
    def files(self) -> dict[str, File]:
        """Its files by name, oldest first."""
        return dict(self._files)

    @property
    def free(self) -> int:
        """How many bytes are left."""
        return 0 if self.full else self.size - sum(len(file.text) for file in self._files.values())

    def read(self, name: str) -> str:
        """Return a file's text.

        Raises:
            FileRefusedError: it is not there.
        """
        if name not in self._files:
            raise FileRefusedError(f"%Error opening bootflash:{name} (No such file or directory)\n")
        return self._files[name].text

    def write(self, name: str, text: str, now: datetime) -> None:
        """Write a file, in place of one of that name.

        Raises:
            FileRefusedError: there is no room for it.
        """
        if len(text) > self.free:
            raise FileRefusedError(f"%Error opening bootflash:{name} (No space left on device)\n")
        self._files[name] = File(text=text, written=now)

    def delete(self, name: str) -> None:
        """Remove a file.

        Raises:
            FileRefusedError: it is not there.
        """
        if name not in self._files:
            raise FileRefusedError(f"%Error deleting bootflash:{name} (No such file or directory)\n")
        del self._files[name]

    def listing(self) -> str:
        """Return ``dir``."""
        lines = [
            f"{number:<6} -rw- {len(file.text):>16}  {_date(file.written)} +00:00  {name}"
            for number, (name, file) in enumerate(self._files.items(), 11)
        ]
        body = "".join(f"{line}\n" for line in lines) or "No files in directory\n"
        return f"Directory of bootflash:/\n\n{body}\n{self.size} bytes total ({self.free} bytes free)\n"


def _date(moment: datetime) -> str:
    return f"{moment:%b} {moment.day:>2} {moment:%Y %H:%M:%S}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterDisk:
    """A router's disk, from which another start of the same router boots."""

    flash: Bootflash
    startup: str | None
    """The start-up configuration; None where it was erased. It holds keys: it is not for logs."""
    host_key: asyncssh.SSHKey

    def __repr__(self) -> str:
        return f"RouterDisk({len(self.flash.files)} files)"
