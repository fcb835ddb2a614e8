"""A session on an IOS-XE router through netmiko."""

from __future__ import annotations

import codecs
import re
import time
from typing import TYPE_CHECKING, Final, TypeVar, cast

import paramiko

from mcastlab.routers.ssh.login import WIDTH, connected
from mcastlab.routers.ssh.unready import Unready, UnreadyError
from mcastlab_base.errors import RefusedError, TimedOutError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcastlab.routers.ssh.login import RouterLogin

READ_TIMEOUT_S: Final = 30.0
"""How long a router may be silent before an answer is whole; slow ones print a line now and then."""
_NAME_IN_CONFIGURATION: Final = 20
"""Characters of the host name that IOS shows before ``(config)``; the exec prompt shows all of it."""
_WHOLE: Final = (f"terminal width {WIDTH}", "terminal length 0")
"""Whole lines and no pages."""
_PROMPT_ALONE: Final = re.compile(r"^([^\s#>]+)([#>])[ ]?\Z", re.MULTILINE)
_PROMPT_TAKEN: Final = re.compile(rf"^([^\s#>]+)([#>])[ ]?(?={re.escape(_WHOLE[0])}\n)", re.MULTILINE)
"""The same with the echo of what was typed ahead of it."""
_LOOKS: Final = "show "

_CHUNK: Final = 65536
QUIET_S: Final = 1.0
"""How long nothing must come in for a router to count as quiet."""

Found = TypeVar("Found")


class NetmikoSession:
    """A privileged session; the host's key is checked."""

    def __init__(self, login: RouterLogin, *, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        """Log in. The first prompt is waited for by what is asked first.

        Raises:
            RefusedError: the router cannot be reached, its host key is not the known one, or it refuses the login.
        """
        self._login = login
        self._timeout_s = read_timeout_s
        self._in_configuration = False
        self._prompt: re.Pattern[str] | None = None
        self._connect()

    def _connect(self) -> None:
        self._connection = connected(self._login)
        channel = cast("paramiko.Channel", self._connection.remote_conn)
        self._dialogue = Dialogue(self.router, channel, timeout_s=self._timeout_s)

    @property
    def router(self) -> str:
        """The router's name in reports."""
        return self._login.router

    @property
    def in_configuration(self) -> bool:
        """Whether the last answer ended in a configuration prompt."""
        return self._in_configuration

    def show(self, command: str) -> str:
        """Return what an exec command prints.

        Raises:
            RefusedError: the session is lost.
            TimedOutError: the prompt did not come back.
        """
        return self.show_all(command)[0]

    def show_all(self, *commands: str) -> tuple[str, ...]:
        """Return what exec commands print that are sent in one write.

        Raises:
            RefusedError: the session is lost.
            TimedOutError: the prompt did not come back.
        """
        if self._prompt is None and all(command.startswith(_LOOKS) for command in commands):
            return self._ahead(*commands)
        return self._exchange(*commands)

    def enter_configuration(self, revert_minutes: int | None = None) -> str:
        """Enter global configuration mode, with the device's own revert timer where minutes are given.

        Raises:
            RefusedError: the session is lost.
            TimedOutError: the prompt did not come back.
        """
        timer = "" if revert_minutes is None else f" revert timer {revert_minutes}"
        return self._exchange(f"configure terminal{timer}")[0]

    def configure(self, *lines: str) -> tuple[str, ...]:
        """Send configuration lines in one write and return what the router printed after the echo of each.

        Raises:
            RefusedError: the session is lost.
            TimedOutError: the prompt did not come back.
        """
        return self._exchange(*lines)

    def leave_configuration(self) -> None:
        """Return to privileged exec mode.

        Raises:
            RefusedError: the session is lost.
            TimedOutError: the prompt did not come back.
        """
        self._exchange("end")

    def _exchange(self, *lines: str) -> tuple[str, ...]:
        """Write lines at once and read up to the prompt after the last one."""
        if self._prompt is None:
            self._prompt = self._prompt_of(self._dialogue.until(_PROMPT_ALONE.search)[0])
            self._exchange(*_WHOLE)
        self._dialogue.write(*lines)
        return self._answers(self._prompt, lines)

    def _ahead(self, *commands: str) -> tuple[str, ...]:
        """Write commands that only look, and before them what sets the terminal, without waiting for the first prompt.

        A router that drops what was typed ahead of its prompt gets a new session, and is asked there once more: in the
        old one, an answer that was only late could be taken for that to another question.
        """
        self._dialogue.write(*_WHOLE, *commands)
        found, output = self._dialogue.until(_PROMPT_TAKEN.search, when_quiet=_PROMPT_ALONE.search)
        prompt = self._prompt_of(found)
        if found.re is _PROMPT_ALONE:
            self.close()
            self._connect()
            return self._exchange(*commands)
        self._prompt = prompt
        return self._answers(prompt, (*_WHOLE, *commands), output[found.end() :])[len(_WHOLE) :]

    def _prompt_of(self, found: re.Match[str]) -> re.Pattern[str]:
        """Return what this router's prompts look like, in configuration mode too.

        Raises:
            RefusedError: the session is not a privileged one.
        """
        name, sign = found.groups()
        if sign != "#":
            raise RefusedError(
                f"{self.router}: the user is not privileged: the prompt is {name + sign!r}",
                hint="give the user privilege 15; no enable password is asked for",
            )
        cut = re.escape(name[:_NAME_IN_CONFIGURATION])
        return re.compile(rf"^(?:{re.escape(name)}|{cut}\([^\s#>]*)#[ ]?", re.MULTILINE)

    def _answers(self, prompt: re.Pattern[str], lines: Sequence[str], output: str = "") -> tuple[str, ...]:
        """Read up to the prompt after so many answers and return them without their echoes."""
        count = len(lines)

        def prompts(output: str) -> list[re.Match[str]] | None:
            found = list(prompt.finditer(output))
            return found if len(found) >= count and found[-1].end() == len(output) else None

        found, output = self._dialogue.until(prompts, output)
        self._in_configuration = "(config" in found[-1].group()
        ends = _followed_by_echoes(found, output, lines) or found[-count:]
        starts = [0, *(each.end() for each in ends[:-1])]
        answers = (output[start : end.start()] for start, end in zip(starts, ends, strict=True))
        return tuple(answer.partition("\n")[2] for answer in answers)

    def close(self) -> None:
        """End the session, even one in which nobody answers any more.

        netmiko would first leave configuration mode and wait for the prompts.
        """
        self._dialogue.close()
        client = self._connection.remote_conn_pre
        if client is not None:
            client.close()


def _followed_by_echoes(found: Sequence[re.Match[str]], output: str, lines: Sequence[str]) -> list[re.Match[str]]:
    """Return the prompts behind which the next line's echo stands, and the last: answers may hold what looks like one.

    Nothing where a router echoes otherwise.
    """
    rest = iter(found[:-1])
    chosen = [next((each for each in rest if output.startswith(f"{line}\n", each.end())), None) for line in lines[1:]]
    return [] if None in chosen else [*(each for each in chosen if each is not None), found[-1]]


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
        when_quiet: Callable[[str], Found | None] | None = None,
    ) -> tuple[Found, str]:
        """Read until `finder` finds in the output what it looks for; return that and the whole output.

        Args:
            finder: is asked each time that something has come in.
            output: what has come in before.
            when_quiet: is asked as well when nothing has come in for a while.

        Raises:
            RefusedError: the session is lost.
            TimedOutError: it was not found, and nothing came in for so long.
        """
        deadline = time.monotonic() + self._timeout_s
        while (found := finder(output)) is None:
            left = deadline - time.monotonic()
            try:
                self._channel.settimeout(max(0.01, left if when_quiet is None else min(left, QUIET_S)))
                received = self._channel.recv(_CHUNK)
            except TimeoutError:
                if when_quiet is not None and (found := when_quiet(output)) is not None:
                    break
                if left <= QUIET_S:
                    raise TimedOutError(f"{self._router}: no prompt came back within {self._timeout_s:g} s") from None
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
