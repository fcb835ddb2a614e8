"""A session: prompt, line, answer, until the user leaves."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from iosxe.config.editor import Place
from iosxe.faults import garbled
from iosxe.files import FileRefusedError
from iosxe.grammar.trie import Refusal
from iosxe.grammar.words import words_of
from iosxe.quirks import exec_prompt, stamp
from iosxe.shell import help as helps
from iosxe.shell.commands import PRIVILEGED, grammar
from iosxe.shell.filters import Filter, read_filter
from iosxe.shell.vty import IDLE_MINUTES, vty_of
from iosxe.state import BackendError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from iosxe.device import RouterDevice
    from iosxe.faults import RouterFault
    from iosxe.grammar.trie import Match
    from iosxe.shell.console import ExecCommand
    from iosxe.shell.terminal import Line, Terminal

NAME_SHOWN: Final = 20
"""Characters of the host name that configuration prompts show; the exec prompt shows all. Source: netmiko 1786."""


class DroppedError(Exception):
    """The connection is to break now, without a word."""


class Session:
    """What one user is doing on a router.

    Args:
        device: the router.
        terminal: the user's screen.
        user: who it is.
        level: their privilege level.
        origin: where they come from, for the log.
        line: the number of their vty line.
    """

    def __init__(
        self, device: RouterDevice, terminal: Terminal, *, user: str, level: int, origin: str = "", line: int = 0
    ) -> None:
        self.device = device
        self.level = level
        self.user = user
        self.line = line
        self.length = 24
        self.width = 80
        self.monitor = True
        self._terminal = terminal
        self._origin = origin
        self._place: Place | None = None
        self._left = False

    @property
    def prompt(self) -> str:
        """What stands before the cursor."""
        name = self.device.hostname
        if self._place is None:
            sign = "#" if self.level == PRIVILEGED else ">"
            template = self.device.running.root.arg("prompt", "template")
            return exec_prompt(template, name, sign, self.line) if template else f"{name}{sign}"
        if self._place.banner is not None:
            return ""
        return f"{name[:NAME_SHOWN]}({self._place.mode.prompt})#"

    async def run(self) -> None:
        """Serve the user until they leave.

        Raises:
            EOFError: they are gone without a word.
        """
        self._terminal.write("\n")
        self._terminal.patience = self._patience
        vty = vty_of(self.device, self.line)
        self.length = int(vty.arg("length", "lines", "24")) if vty is not None else self.length
        while not self._left:
            prompt = self.prompt
            if self.monitor and self.device.faults.quirks.logged:
                self._terminal.write(self.device.faults.quirks.logged)
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

    async def confirm(self, prompt: str) -> bool:
        """Ask for a single key: Return or y is a yes."""
        return await self._agreed(f"{prompt} [confirm]")

    async def _agreed(self, question: str) -> bool:
        self._terminal.write(question)
        key = await self._terminal.key()
        self._terminal.write("\n" if key in "\r\n" else f"{key}\n")
        return key in "\r\nyY"

    @property
    def history(self) -> tuple[str, ...]:
        """The lines that were entered, oldest first."""
        return self._terminal.history

    def configure(self) -> None:
        """Enter configuration mode."""
        self._place = Place()

    def leave(self) -> None:
        """End the session."""
        self._left = True

    async def _patience(self, keys: Awaitable[str]) -> str:
        """Wait for keys as long as ``exec-timeout`` allows.

        Raises:
            EOFError: nobody has typed anything for too long.
        """
        vty = vty_of(self.device, self.line)
        timeout = vty.find("exec-timeout") if vty is not None else None
        args = timeout.args if timeout is not None else {"minutes": str(IDLE_MINUTES)}
        allowed = timedelta(minutes=int(args["minutes"]), seconds=int(args.get("seconds", "0")))
        if not allowed:
            return await keys
        waiting = asyncio.ensure_future(keys)

        def give_up() -> None:
            waiting.cancel()

        cancel = self.device.clock.call_at(self.device.now() + allowed, give_up)
        try:
            return await waiting
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise
            raise EOFError from None
        finally:
            cancel()

    async def _suffer(self, fault: RouterFault | None) -> bool:
        """Let a fault happen that comes before a line is taken; say whether the line is refused."""
        match fault.kind if fault is not None else "":
            case "drop-before":
                raise DroppedError
            case "reboot-before":
                self._reboot()
            case "hang":
                while True:
                    await self._terminal.key()
            case "refuse":
                return True
            case "fill-disk":
                self.device.flash.full = True
            case "change-key":
                if self.device.change_key is not None:
                    self.device.change_key()
        return False

    def _suffer_after(self, fault: RouterFault | None) -> None:
        """Let a fault happen that comes after a line is taken."""
        match fault.kind if fault is not None else "":
            case "drop-after":
                raise DroppedError
            case "reboot-after":
                self._reboot()

    def _reboot(self) -> None:
        if self.device.reload is not None:
            self.device.reload()
        raise DroppedError

    async def _entered(self, line: Line, prompt: str) -> None:
        self.device.transactions.touched()
        question = self.device.faults.quirks.question(line.text)
        if question and not await self._agreed(question):
            return
        if self._place is None:
            if line.by == "enter":
                await self._exec(line.text, prompt)
            return
        if line.by != "ctrl-c":
            await self._configured(self._place, line.text, prompt)
        if line.by != "enter" and self._place is not None:
            await self._end()

    async def _configured(self, place: Place, text: str, prompt: str) -> None:
        fault = self.device.faults.at_line() if text.strip() else None
        if await self._suffer(fault):
            self._terminal.write(Refusal("invalid", len(text) - len(text.lstrip())).text(text, prompt))
            return
        taken = self.device.take(place, text, prompt=prompt, user=self.user)
        self._suffer_after(fault)
        self._place = taken.place
        garbles = fault is not None and fault.kind == "garble"
        answer = taken.answer or self.device.faults.quirks.remark(text)
        self._terminal.write(garbled(answer) if garbles else answer)
        if taken.do:
            await self._exec(text, prompt, start=len(text) - len(text.lstrip()) + text.lstrip().index(" "))
        if taken.place is None:
            await self._end()

    async def _end(self) -> None:
        self._place = None
        origin = f" ({self._origin})" if self._origin else ""
        self.device.log_event(f"%SYS-5-CONFIG_I: Configured from console by {self.user} on vty{self.line}{origin}")
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
        answer = await self._answer(match, text, prompt)
        vty = vty_of(self.device, self.line)
        if match.words[0] == "show" and vty is not None and vty.find("exec prompt timestamp") is not None:
            answer = stamp(self.device.now()) + answer
        await self._show(answer, keep)

    async def _answer(self, match: Match[ExecCommand], text: str, prompt: str) -> str:
        silence_s = self.device.faults.quirks.silence_s(text)
        if silence_s:
            self._terminal.flush()
            await asyncio.sleep(silence_s)
        fault = self.device.faults.at_command(" ".join(match.words))
        if await self._suffer(fault):
            return Refusal("invalid", len(text) - len(text.lstrip())).text(text, prompt)
        try:
            answer = await match.leaf.run(self, match.args)
        except FileRefusedError as refusal:
            answer = str(refusal)
        except BackendError as error:
            # A fault of what stands behind this router, which no IOS has: it is reported, and the session goes on.
            answer = f"% Error: {' '.join(str(error).split())}\n"
        self._suffer_after(fault)
        return garbled(answer) if fault is not None and fault.kind == "garble" else answer

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
