"""A session on an IOS-XE router through netmiko."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

from mcastlab.ios import questions
from mcastlab.routers.ssh import prompts
from mcastlab.routers.ssh.dialogue import Dialogue
from mcastlab.routers.ssh.login import WIDTH, connected
from mcastlab.routers.ssh.login_secrets import ENABLE
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import paramiko

    from mcastlab.routers.ssh.login import RouterLogin

READ_TIMEOUT_S: Final = 30.0
"""How long a router may be silent before an answer is whole; slow ones print a line now and then."""
_WHOLE: Final = (f"terminal width {WIDTH}", "terminal length 0", "terminal no monitor")
"""Whole lines, no pages, and no log between answers."""
_PROMPT_TAKEN: Final = prompts.between(*_WHOLE[:2])
"""The prompt with the echo of what was typed ahead of it; the first one may stand behind the end of a banner."""
_SECRET_TAKEN: Final = re.compile(r"(?P<sign>#)[ ]?\Z|[:>][ ]?\Z")
_LOOKS: Final = "show "
_LEVEL: Final = re.compile(r"^Current privilege level is (?P<level>\d{1,2})$", re.MULTILINE)
_PRIVILEGED: Final = "15"


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
        self._shown: tuple[str, ...] = ()
        self._renamed = False
        self._privileged = False
        self._unread: tuple[str, ...] = ()
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
    def _enables(self) -> bool:
        return self._login.secrets is not None and self._login.secrets.has_enable

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
        looks = all(command.startswith(_LOOKS) for command in commands)
        if self._prompt is None and looks and not self._enables:
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
        self._renamed = self._renamed or any(line.strip().startswith(prompts.RENAMES) for line in lines)
        return tuple(answer for part in questions.parts_of(lines) for answer in self._exchange(*part))

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
            found, _ = self._dialogue.until(prompts.ALONE.search, when_quiet=prompts.LAST_LINE.search)
            if found["prompt"].endswith(prompts.USER_MODE) and not self._asks_whether_privileged():
                self._enable()
            self._dialogue.write(*_WHOLE)
            self._begun()
        self._dialogue.write(*lines)
        return self._answers(lines)

    def _ahead(self, *commands: str) -> tuple[str, ...]:
        """Write commands that only look, and before them what sets the terminal, without waiting for the first prompt.

        A router that drops what was typed ahead of its prompt gets a new session, and is asked there once more: in the
        old one, an answer that was only late could be taken for that to another question.
        """
        self._dialogue.write(*_WHOLE, *commands)
        output = self._begun(*commands)
        if output is not None:
            return self._answers(commands, output)
        self.close()
        self._connect()
        return self._exchange(*commands)

    def _begun(self, *commands: str) -> str | None:
        """Learn the prompt from the answers to what sets the terminal; return what came in behind them.

        Returns:
            None where the router has dropped what was typed ahead of its first prompt.

        Raises:
            RefusedError: the session is not a privileged one.
        """
        if commands:
            found, output = self._dialogue.until(_PROMPT_TAKEN.search, when_quiet=prompts.LAST_LINE.search)
        else:
            found, output = self._dialogue.until(_PROMPT_TAKEN.search)
        shown = found["prompt"].rstrip()
        if shown.endswith(prompts.USER_MODE) and not self._privileged:
            if commands:
                # In a new session it is asked, and made privileged, before anything else.
                return None
            raise RefusedError(
                f"{self.router}: the user is not privileged: the prompt is {shown!r}",
                hint=f"give the user privilege 15, or set {ENABLE}",
            )
        if found.re is not _PROMPT_TAKEN:
            return None
        self._shown = (shown,)
        self._prompt = prompts.pattern_of(self._shown)
        if commands:
            # The rest of the terminal's lines is answered with the commands.
            self._unread = _WHOLE[1:]
            return output[found.end() :]
        self._answers(_WHOLE[1:], output[found.end() :])
        return ""

    def _asks_whether_privileged(self) -> bool:
        """Ask the router whether the session is privileged: with ``prompt``, the prompt need not say it."""
        self._dialogue.write("show privilege")
        found, _ = self._dialogue.until(_LEVEL.search, when_quiet=prompts.LAST_LINE.search)
        self._privileged = found.re is _LEVEL and found["level"] == _PRIVILEGED
        return self._privileged

    def _enable(self) -> None:
        """Become privileged, where somebody tells the secret.

        Raises:
            RefusedError: the router does not take the secret.
        """
        secret = None if self._login.secrets is None else self._login.secrets.enable(self.router)
        if secret is None:
            return
        self._dialogue.write("enable")
        self._dialogue.until(prompts.PASSWORD.search)
        self._dialogue.write(secret.reveal())
        found, _ = self._dialogue.until(_SECRET_TAKEN.search)
        if not found["sign"]:
            raise RefusedError(
                f"{self.router}: the enable secret is refused", hint="try it by hand: enter `enable` on the router"
            )

    def _answers(self, lines: Sequence[str], output: str = "") -> tuple[str, ...]:
        """Read up to the prompt after so many answers and return them without their echoes."""
        before, self._unread = self._unread, ()
        asked = (*before, *lines)
        while True:
            found, output = self._dialogue.until(
                lambda text: self._prompts(text, asked),
                output,
                when_quiet=lambda text: self._prompts(text, asked, strict=False) or questions.question_in(text),
                awaited=lambda text: self._awaited(text, asked),
            )
            if isinstance(found, list):
                break
            self._reply(str(found))
        self._in_configuration = found[-1]["configuration"] is not None
        starts = [0, *(each.end() for each in found[:-1])]
        answers = [output[start : end.start()].partition("\n")[2] for start, end in zip(starts, found, strict=True)]
        return tuple(answers[len(before) :])

    def _prompts(self, output: str, lines: Sequence[str], *, strict: bool = True) -> list[re.Match[str]] | None:
        """Return the prompts behind the answers to lines, or None before the last one is there.

        Strictly, the next line's echo stands behind each: answers, banners and logs may hold what looks like one.
        """
        assert self._prompt is not None  # noqa: S101  (it is learnt before anything is asked)
        last = None if strict or not self._renamed else prompts.LAST_LINE.search(output)
        if last is not None and not questions.question_in(output):
            self._shown = (*self._shown, last["prompt"])
            self._prompt = prompts.pattern_of(self._shown)
            self._renamed = False
        # What ends otherwise is not searched: of an answer of a megabyte, each piece would search all before it.
        last_prompt = self._prompt.match(output, output.rfind("\n") + 1)
        if last_prompt is None or last_prompt.end() != len(output):
            return None
        found = list(self._prompt.finditer(output))
        if len(found) < len(lines):
            return None
        return _followed_by_echoes(found, output, lines) or (None if strict else found[-len(lines) :])

    def _reply(self, question: str) -> None:
        """Answer what the router asks.

        Raises:
            RefusedError: what follows is not known to be harmless.
        """
        if not questions.is_harmless(question):
            raise RefusedError(
                f"{self.router} asks {questions.shown_question(question)!r}, which is not answered for you",
                hint="enter the line that it asks about by hand, or leave it out of the template",
            )
        self._dialogue.write("")

    def _awaited(self, output: str, lines: Sequence[str]) -> tuple[str, str]:
        """Return what a router that is silent was asked last, as it may be reported, and a hint."""
        reached = [line for line in lines if f"{line}\n" in output]
        line = reached[-1] if reached else ""
        if not line.startswith((_LOOKS, *prompts.LOOKS_UP)):
            return "", ""
        if not line.startswith(prompts.LOOKS_UP):
            return f" after {line!r}", ""
        hint = "it may be asking a name server that does not answer: enter `no ip domain lookup` there"
        return f" after {line!r}", hint

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
    chosen = [next((each for each in rest if _is_echo(output, each.end(), line)), None) for line in lines[1:]]
    return [] if None in chosen else [*(each for each in chosen if each is not None), found[-1]]


def _is_echo(output: str, start: int, line: str) -> bool:
    """Say whether a line's echo stands behind a prompt; one space before the line may count as the prompt's."""
    return any(output.startswith(f"{line}\n", place) for place in (start, start - 1))
