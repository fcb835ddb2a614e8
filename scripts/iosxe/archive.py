"""The configuration archive: numbered copies of the running configuration on bootflash or on a server.

Source: Cisco IOS-XE 17, Managing Configuration Files: Configuration Versioning. The day in a file's name is padded
with a hyphen, and milliseconds stand behind the seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iosxe.files import FileRefusedError, Url, url_of

if TYPE_CHECKING:
    from datetime import datetime

    from iosxe.config.node import Config
    from iosxe.files import Bootflash

NOT_ENABLED: Final = " Archive feature not enabled\n"
DEFAULT_MAXIMUM: Final = 10


class Archive:
    """The archive of a router. Its list of files does not outlive a reload; the files do.

    Args:
        flash: where files are kept by name.
        remote: where those of servers are kept by address.
    """

    def __init__(self, flash: Bootflash, remote: Bootflash) -> None:
        self._flash = flash
        self._remote = remote
        self._next = 0
        self._kept: list[Url] = []

    def _place(self, url: Url) -> tuple[Bootflash, str]:
        return (self._flash, url.name) if url.system == "bootflash" else (self._remote, str(url))

    @staticmethod
    def path(config: Config) -> Url | None:
        """Return the prefix of archived files, or None where the archive is off."""
        section = config.root.find("archive")
        path = section.arg("path", "url") if section is not None else ""
        return url_of(path) if path else None

    @staticmethod
    def maximum(config: Config) -> int:
        """Return how many files it keeps."""
        section = config.root.find("archive")
        return int(section.arg("maximum", "number", str(DEFAULT_MAXIMUM))) if section is not None else DEFAULT_MAXIMUM

    @staticmethod
    def follows_saves(config: Config) -> bool:
        """Say whether ``write memory`` archives too."""
        section = config.root.find("archive")
        return section is not None and section.has("write-memory")

    def save(self, config: Config, text: str, now: datetime) -> Url:
        """Archive a configuration, and drop the oldest where there are too many.

        Raises:
            FileRefusedError: the archive is off, or there is no room.
        """
        path = self.path(config)
        if path is None:
            raise FileRefusedError(NOT_ENABLED)
        stamp = f"{now:%b}-{now.day:->2}-{now:%H-%M-%S}.{now.microsecond // 1000:03}"
        begin = path.name.replace("$h", config.root.arg("hostname", "name", "Router"))
        begin = begin.replace("$t", stamp) if "$t" in begin else f"{begin}-{stamp}"
        written = Url(path.system, f"{begin}-{self._next}")
        place, name = self._place(written)
        place.write(name, text, now)
        self._next += 1
        self._kept.append(written)
        while len(self._kept) > self.maximum(config):
            place, name = self._place(self._kept.pop(0))
            if name in place.files:
                place.delete(name)
        return written

    def show(self, config: Config) -> str:
        """Return ``show archive``."""
        path = self.path(config)
        if path is None:
            return NOT_ENABLED
        maximum = self.maximum(config)
        lines = [
            f"The maximum archive configurations allowed is {maximum}.",
            f"The next archive file will be named {path}-<timestamp>-{self._next}",
            " Archive #  Name",
        ]
        for number in range(1, maximum + 1):
            name = str(self._kept[number - 1]) if number <= len(self._kept) else ""
            recent = " <- Most Recent" if number == len(self._kept) else ""
            lines.append(f"   {number:<8} {name}{recent} ")
        return "\n".join(lines) + "\n"
