"""The configuration archive: numbered copies of the running configuration on bootflash.

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
    """The archive of a router. Its list of files does not outlive a reload; the files do."""

    def __init__(self, flash: Bootflash) -> None:
        self._flash = flash
        self._next = 0
        self._kept: list[str] = []

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
        name = f"{path.name}-{stamp}-{self._next}"
        self._flash.write(name, text, now)
        self._next += 1
        self._kept.append(name)
        while len(self._kept) > self.maximum(config):
            oldest = self._kept.pop(0)
            if oldest in self._flash.files:
                self._flash.delete(oldest)
        return Url("bootflash", name)

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
            name = f"bootflash:{self._kept[number - 1]}" if number <= len(self._kept) else ""
            recent = " <- Most Recent" if number == len(self._kept) else ""
            lines.append(f"   {number:<8} {name}{recent} ")
        return "\n".join(lines) + "\n"
