"""What an exec command is, and what it may do to the session that it runs in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from iosxe.device import RouterDevice

USER: Final = 1
PRIVILEGED: Final = 15


class Console(Protocol):
    """What a command may do to the session that it runs in."""

    device: RouterDevice
    level: int
    length: int
    width: int
    monitor: bool
    user: str
    line: int

    async def ask(self, prompt: str, *, echo: bool = True) -> str:
        """Ask the user for a line."""

    async def confirm(self, prompt: str) -> bool:
        """Ask the user for a key: Return or y is a yes."""

    @property
    def history(self) -> tuple[str, ...]:
        """The lines that were entered, oldest first."""

    def configure(self) -> None:
        """Enter configuration mode."""

    def leave(self) -> None:
        """End the session."""


Args = Mapping[str, str]
Run = Callable[[Console, Args], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class ExecCommand:
    """An exec command. The text of a `FileRefusedError` that it raises is its answer."""

    pattern: str
    run: Run
    level: int = USER
