"""What a router keeps without power: its files, its start-up configuration and its host key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncssh

    from iosxe.files import Bootflash


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterDisk:
    """A router's disk, from which another start of the same router boots."""

    flash: Bootflash
    startup: str | None
    """The start-up configuration; None where it was erased. It holds keys: it is not for logs."""
    host_key: asyncssh.SSHKey

    def __repr__(self) -> str:
        return f"RouterDisk({len(self.flash.files)} files)"
