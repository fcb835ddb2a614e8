"""A terminal: reads lines with IOS's editing keys, writes text, pages it."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

CTRL_C, CTRL_N, CTRL_P = "\x03", "\x0e", "\x10"
CTRL_R, CTRL_U, CTRL_W, CTRL_Z, ESCAPE = "\x12", "\x15", "\x17", "\x1a", "\x1b"
MORE: Final = " --More-- "
HISTORY: Final = 20
_PRINTABLE: Final = re.compile(r"[^\x00-\x1f\x7f?]+")
_ENDS: Final[Mapping[str, tuple[Literal["enter", "ctrl-c", "ctrl-z"], str]]] = {
    "\r": ("enter", "\n"),
    "\n": ("enter", "\n"),
    CTRL_C: ("ctrl-c", "^C\n"),
    CTRL_Z: ("ctrl-z", "^Z\n"),
}
_ARROWS: Final = {"[A": CTRL_P, "[B": CTRL_N, "OA": CTRL_P, "OB": CTRL_N}


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was entered, and the key that ended it."""

    text: str
    by: Literal["enter", "ctrl-c", "ctrl-z"] = "enter"


class Terminal:
    """One client's screen and keyboard.

    Args:
        receive: waits for the next characters; an empty string is the end.
        send: writes characters.
    """

    def __init__(self, receive: Callable[[], Awaitable[str]], send: Callable[[str], None]) -> None:
        self._receive = receive
        self._send = send
        self._typed = ""
        self._at = 0
        self._out: list[str] = []
        self._after_return = False
        self._history: deque[str] = deque(maxlen=HISTORY)
        self.patience: Callable[[Awaitable[str]], Awaitable[str]] | None = None
        """What waits for keys, where somebody's patience ends; without it, they are waited for for ever."""

    @property
    def history(self) -> tuple[str, ...]:
        """The lines that were entered, oldest first."""
        return tuple(self._history)

    def write(self, text: str) -> None:
        """Write text; it leaves with `flush` or when the next key is waited for."""
        self._out.append(text.replace("\n", "\r\n"))

    def flush(self) -> None:
        """Send what was written."""
        if self._out:
            self._send("".join(self._out))
            self._out.clear()

    async def key(self) -> str:
        """Return the next character.

        Raises:
            EOFError: the client is gone.
        """
        while self._at >= len(self._typed):
            self.flush()
            keys = self._receive()
            self._typed, self._at = await (keys if self.patience is None else self.patience(keys)), 0
            if not self._typed:
                raise EOFError
        character = self._typed[self._at]
        self._at += 1
        return character

    def _run(self) -> str:
        """Take the printable characters that have arrived already."""
        found = _PRINTABLE.match(self._typed, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found[0]

    async def read_line(
        self,
        prompt: str,
        *,
        echo: bool = True,
        help_on: Callable[[str], str] | None = None,
        complete: Callable[[str], str] | None = None,
    ) -> Line:
        """Write the prompt and read a line.

        Args:
            prompt: what stands before it.
            echo: whether what is typed is shown.
            help_on: what ``?`` prints behind the text so far; without it the sign is a character.
            complete: what Tab makes of the text so far.

        Raises:
            EOFError: the client is gone.
        """
        self.write(prompt)
        entry = _Entry(prompt, echo=echo, history=self._history, help_on=help_on, complete=complete)
        while True:
            key = await self.key()
            after_return, self._after_return = self._after_return, False
            if key == "\n" and after_return:
                continue
            if key in _ENDS:
                self._after_return = key == "\r"
                by, shown = _ENDS[key]
                self.write(shown)
                if echo and help_on is not None and entry.text.strip():
                    self._history.append(entry.text)
                return Line(entry.text, by)
            if key == ESCAPE:
                key = _ARROWS.get(await self.key() + await self.key(), "")
            more = self._run() if key >= " " else ""
            self.write(entry.press(key, more))

    async def page(self, text: str, length: int) -> None:
        """Write text a screen at a time: Space for the next one, Return for a line, any other key for no more.

        Args:
            text: what to write.
            length: lines of the screen; 0 does not page.

        Raises:
            EOFError: the client is gone.
        """
        lines = text.splitlines(keepends=True)
        if length == 0 or len(lines) < length:
            self.write(text)
            return
        room = length - 1
        for line in lines:
            if room == 0:
                self.write(MORE)
                key = await self.key()
                self.write("\b" * len(MORE) + " " * len(MORE) + "\b" * len(MORE))
                if key not in " \r\n":
                    self.write("\n")
                    return
                room = length - 1 if key == " " else 1
            self.write(line)
            room -= 1


class _Entry:
    """A line while it is typed."""

    def __init__(
        self,
        prompt: str,
        *,
        echo: bool,
        history: Sequence[str],
        help_on: Callable[[str], str] | None,
        complete: Callable[[str], str] | None,
    ) -> None:
        self.text = ""
        self._prompt = prompt
        self._echo = echo
        self._history = history
        self._back = 0
        self._help_on = help_on
        self._complete = complete

    def press(self, key: str, more: str) -> str:
        """Take a key and the characters behind it, and return what changes on the screen."""
        if key in _KEYS:
            shown = _KEYS[key](self)
        elif key == "?" and self._help_on is not None:
            shown = f"?\n{self._help_on(self.text)}\n{self._prompt}{self.text}"
        elif key >= " ":
            self.text += key
            shown = key if self._echo else ""
        else:
            shown = ""
        self.text += more
        return shown + more if self._echo else shown

    def character(self) -> str:
        """Erase a character."""
        return self._shortened(self.text[:-1])

    def word(self) -> str:
        """Erase a word."""
        kept = self.text.rstrip()
        return self._shortened(kept[: kept.rfind(" ") + 1])

    def line(self) -> str:
        """Erase the line."""
        return self._shortened("")

    def again(self) -> str:
        """Show the line again."""
        return f"\n{self._prompt}{self.text}"

    def tab(self) -> str:
        """Complete the last word."""
        if self._complete is not None:
            self.text = self._complete(self.text)
        return self.again()

    def earlier(self) -> str:
        """Recall the line before."""
        return self._recalled(self._back + 1)

    def later(self) -> str:
        """Recall the line after."""
        return self._recalled(self._back - 1)

    def _shortened(self, kept: str) -> str:
        gone = len(self.text) - len(kept)
        self.text = kept
        return "\b \b" * gone if self._echo else ""

    def _recalled(self, back: int) -> str:
        if not 0 <= back <= len(self._history):
            return ""
        self._back = back
        erased = self.line()
        self.text = self._history[-back] if back else ""
        return erased + self.text


_KEYS: Final[Mapping[str, Callable[[_Entry], str]]] = {
    "\x08": _Entry.character,
    "\x7f": _Entry.character,
    "\t": _Entry.tab,
    CTRL_N: _Entry.later,
    CTRL_P: _Entry.earlier,
    CTRL_R: _Entry.again,
    CTRL_U: _Entry.line,
    CTRL_W: _Entry.word,
}
