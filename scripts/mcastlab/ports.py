"""What the use cases need of the outside, as protocols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellResult:
    """How a shell command ended."""

    code: int
    stdout: str
    stderr: str


class Shell(Protocol):
    """A POSIX shell on a host, wherever it stands."""

    @property
    def host(self) -> str:
        """The host's name in reports."""

    def run(self, command: str, *, timeout_s: float) -> ShellResult:
        """Run a command to its end.

        Raises:
            RefusedError: the host cannot be reached.
            TimedOutError: the command did not end in time.
        """


class RouterSession(Protocol):
    """A privileged session on an IOS-XE router."""

    @property
    def router(self) -> str:
        """The router's name in reports."""

    def show(self, command: str) -> str:
        """Return what an exec command prints."""

    def enter_configuration(self) -> None:
        """Enter global configuration mode."""

    def configure(self, line: str) -> str:
        """Send one configuration line and return what the router printed after its echo."""

    def leave_configuration(self) -> None:
        """Return to privileged exec mode."""

    def save(self) -> None:
        """Copy the running configuration to the startup configuration."""

    def close(self) -> None:
        """End the session."""
