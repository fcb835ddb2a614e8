"""A session: prompt, line, answer, until the user leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.twin.router.config.editor import Place
from mcastlab.twin.router.grammar.trie import Refusal
from mcastlab.twin.router.grammar.words import words_of
from mcastlab.twin.router.shell import help as helps
from mcastlab.twin.router.shell.commands import PRIVILEGED, grammar
from mcastlab.twin.router.shell.filters import Filter, read_filter

if TYPE_CHECKING:
    from mcastlab.twin.router.device import Device
    from mcastlab.twin.router.shell.terminal import Line, Terminal

NAME_SHOWN: Final = 20
"""Characters of the hostname that the prompt shows."""


class Session:
    """What one user is doing on a router.

    Args:
        device: the router.
        terminal: the user's screen.
        user: who it is.
        level: their privilege level.
        origin: where they come from, for the log.
    """

    def __init__(self, device: Device, terminal: Terminal, *, user: str, level: int, origin: str = "") -> None:
        self.device = device
        self.level = level
        self.length = 24
        self.width = 80
        self._terminal = terminal
        self._user = user
        self._origin = origin
        self._place: Place | None = None
        self._left = False

    @property
    def prompt(self) -> str:
        """What stands before the cursor."""
        name = self.device.hostname[:NAME_SHOWN]
        if self._place is None:
            return f"{name}{'#' if self.level == PRIVILEGED else '>'}"
        return f"{name}({self._place.mode.prompt})#"

    async def run(self) -> None:
        """Serve the user until they leave.

        Raises:
            EOFError: they are gone without a word.
        """
        self._terminal.write("\n")
        while not self._left:
            prompt = self.prompt
            line = await self._terminal.read_line(prompt, help_on=self._help, complete=self._complete)
            await self._entered(line, prompt)
        self._terminal.flush()

    async def once(self, command: str) -> None:
        """Run one command that came with the connection."""
        self.length = 0
        await self._exec(command, "")
        self._terminal.flush()

    async def ask(self, prompt: str, *, echo: bool = True) -> str:
        """Ask the user for a line."""
        return (await self._terminal.read_line(prompt, echo=echo)).text

    def configure(self) -> None:
        """Enter configuration mode."""
        self._place = Place()

    def leave(self) -> None:
        """End the session."""
        self._left = True

    async def _entered(self, line: Line, prompt: str) -> None:
        if self._place is None:
            if line.by == "enter":
                await self._exec(line.text, prompt)
            return
        if line.by != "ctrl-c":
            await self._configured(self._place, line.text, prompt)
        if line.by != "enter" and self._place is not None:
            await self._end()

    async def _configured(self, place: Place, text: str, prompt: str) -> None:
        taken = self.device.take(place, text, prompt=prompt, user=self._user)
        self._place = taken.place
        self._terminal.write(taken.answer)
        if taken.do:
            await self._exec(text, prompt, start=len(text) - len(text.lstrip()) + text.lstrip().index(" "))
        if taken.place is None:
            await self._end()

    async def _end(self) -> None:
        self._place = None
        origin = f" ({self._origin})" if self._origin else ""
        self.device.tell(f"%SYS-5-CONFIG_I: Configured from console by {self._user} on vty0{origin}")
        await self._settle()

    async def _settle(self) -> None:
        self._terminal.flush()
        await self.device.settled()

    async def _exec(self, text: str, prompt: str, *, start: int = 0) -> None:
        """Run an exec command that stands in `text` from column `start` on."""
        words = words_of(text, start)
        if not words or words[0].text.startswith("!"):
            return
        command, keep = text, None
        if "|" in text and "show".startswith(words[0].text.lower()):
            bar = text.index("|")
            command = text[:bar]
            found = read_filter(text, bar + 1)
            if not callable(found):
                self._terminal.write(found if isinstance(found, str) else found.text(text, prompt))
                return
            keep = found
        match = grammar(self.level).match(command, start)
        if isinstance(match, Refusal):
            self._terminal.write(self._refused(match, text, prompt, alone=len(words) == 1 and start == 0))
            return
        await self._settle()
        answer = await match.leaf.run(self, match.args)
        await self._show(answer, keep)

    async def _show(self, answer: str, keep: Filter | None) -> None:
        await self._terminal.page(answer if keep is None else keep(answer), self.length)

    @staticmethod
    def _refused(refusal: Refusal, text: str, prompt: str, *, alone: bool) -> str:
        """Return the refusal; IOS takes an unknown word alone for the name of a host to connect to."""
        if not alone or refusal.kind != "invalid":
            return refusal.text(text, prompt)
        return (
            f'Translating "{text.strip()}"\n\n'
            "% Bad IP address or host name\n"
            "% Unknown command or computer name, or unable to find computer address\n"
        )

    def _help(self, text: str) -> str:
        if self._place is None:
            return helps.help_on(grammar(self.level), text, 0, self.prompt)
        return helps.help_on(self._place.mode.grammar, text, 0, self.prompt)

    def _complete(self, text: str) -> str:
        if self._place is None:
            return grammar(self.level).complete(text)
        return self._place.mode.grammar.complete(text)
