"""What the use cases need of the outside, as protocols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


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


@runtime_checkable
class KnowsItself(Protocol):
    """A shell whose host can say who it is, so that many hosts may be given the very same command."""

    @property
    def identity(self) -> tuple[str, str]:
        """A word that the host's shell makes its identity of, and that identity."""


class RouterSession(Protocol):
    """A privileged session on an IOS-XE router."""

    @property
    def router(self) -> str:
        """The router's name in reports."""

    def show(self, command: str) -> str:
        """Return what an exec command prints.

        Raises:
            RefusedError: the session is lost.
            TimedOutError: the prompt did not come back.
        """

    def show_all(self, *commands: str) -> tuple[str, ...]:
        """Return what exec commands print that are sent in one write, as `show` does."""

    def enter_configuration(self, revert_minutes: int | None = None) -> str:
        """Enter global configuration mode, with the device's own revert timer where minutes are given.

        Returns:
            What the router said; see `in_configuration` for whether it let us.
        """

    @property
    def in_configuration(self) -> bool:
        """Whether the last answer ended in a configuration prompt."""

    def configure(self, *lines: str) -> tuple[str, ...]:
        """Send configuration lines in one write and return what the router printed after the echo of each."""

    def leave_configuration(self) -> None:
        """Return to privileged exec mode."""

    def close(self) -> None:
        """End the session."""
