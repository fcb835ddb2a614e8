"""A channel with a shell, read as one text however its bytes arrive."""

from __future__ import annotations

import codecs
import time
from typing import TYPE_CHECKING, Final, TypeVar

import paramiko

from mcastlab.routers.boot import Unready, UnreadyError
from mcastlab_base.errors import RefusedError, TimedOutError

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK: Final = 65536
QUIET_S: Final = 1.0
"""How long nothing must come in for a router to count as quiet."""

Found = TypeVar("Found")
Late = TypeVar("Late")


class Dialogue:
    """A channel with a shell. netmiko would write each line, and so its keys, to the debug log."""

    def __init__(self, router: str, channel: paramiko.Channel, *, timeout_s: float) -> None:
        self._router = router
        self._channel = channel
        self._timeout_s = timeout_s
        self._heard = False
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(self, *lines: str) -> None:
        """Write lines at once.

        Raises:
            RefusedError: the session is lost.
        """
        self._channel.settimeout(self._timeout_s)
        # A key in a line must reach no exception: the lines are not quoted.
        try:
            self._channel.sendall("".join(f"{line}\n" for line in lines).encode())
        except (OSError, EOFError, paramiko.SSHException):
            raise self._lost() from None

    def until(
        self,
        finder: Callable[[str], Found | None],
        output: str = "",
        *,
        when_quiet: Callable[[str], Late | None] | None = None,
        awaited: Callable[[str], tuple[str, str]] = lambda _: ("", ""),
    ) -> tuple[Found | Late, str]:
        """Read until `finder` finds in the output what it looks for; return that and the whole output.

        Args:
            finder: is asked each time that something has come in.
            output: what has come in before.
            when_quiet: is asked as well when nothing has come in for a while.
            awaited: what is reported of the output so far, and a hint, when nothing comes in any more.

        Raises:
            RefusedError: the session is lost.
            TimedOutError: it was not found, and nothing came in for so long.
        """
        deadline = time.monotonic() + self._timeout_s
        found: Found | Late | None
        while (found := finder(output)) is None:
            left = deadline - time.monotonic()
            try:
                self._channel.settimeout(max(0.01, left if when_quiet is None else min(left, QUIET_S)))
                received = self._channel.recv(_CHUNK)
            except TimeoutError:
                if when_quiet is not None and (found := when_quiet(output)) is not None:
                    break
                if left <= QUIET_S:
                    detail, hint = awaited(output)
                    raise TimedOutError(
                        f"{self._router}: no prompt came back within {self._timeout_s:g} s{detail}", hint=hint
                    ) from None
                continue
            except (OSError, EOFError, paramiko.SSHException):
                raise self._lost() from None
            if not received:
                raise self._lost()
            self._heard = True
            deadline = time.monotonic() + self._timeout_s
            output += self._decoder.decode(received).replace("\r", "")
        return found, output

    def close(self) -> None:
        """End the session, even one in which nobody answers any more."""
        self._channel.close()

    def _lost(self) -> RefusedError:
        if not self._heard:
            return UnreadyError(
                f"{self._router}: the router takes the login and ends the session before any prompt",
                Unready.NO_PROMPT,
                hint="are all its vty lines in use? `show users` on its console tells by whom",
            )
        return RefusedError(f"{self._router}: the session was lost", hint="is the router still reachable? Run again")
