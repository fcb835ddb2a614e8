"""A terminal: reads lines with IOS's editing keys, writes text, pages it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal

CTRL_A, CTRL_C, CTRL_E, CTRL_N, CTRL_P = "\x01", "\x03", "\x05", "\x0e", "\x10"
CTRL_R, CTRL_U, CTRL_W, CTRL_Z, ESCAPE = "\x12", "\x15", "\x17", "\x1a", "\x1b"
BACKSPACES: Final = "\x08\x7f"
MORE: Final = " --More-- "
HISTORY: Final = 20
_PRINTABLE: Final = re.compile(r"[^\x00-\x1f\x7f?]+")
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
            self._typed, self._at = await self._receive(), 0
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
        text, back = "", 0
        while True:
            key = await self.key()
            after_return, self._after_return = self._after_return, False
            if key == "\n" and after_return:
                continue
            if key in "\r\n":
                self._after_return = key == "\r"
                self.write("\n")
                if echo and text.strip():
                    self._history.append(text)
                return Line(text)
            if key in {CTRL_C, CTRL_Z}:
                self.write("^Z\n" if key == CTRL_Z else "^C\n")
                return Line(text, "ctrl-z" if key == CTRL_Z else "ctrl-c")
            if key == ESCAPE:
                key = _ARROWS.get(await self.key() + await self.key(), "")
            if key in {CTRL_P, CTRL_N}:
                text, back = self._recalled(text, back + (1 if key == CTRL_P else -1))
            elif key == "?" and help_on is not None:
                self.write(f"?\n{help_on(text)}\n{prompt}{text}")
            elif key == "\t":
                text = self._completed(text, prompt, complete)
            elif key and key in CTRL_U + CTRL_W + CTRL_R + BACKSPACES:
                text = self._edited(text, key, prompt, echo=echo)
            elif key and key not in CTRL_A + CTRL_E and key >= " ":
                more = key + self._run()
                text += more
                if echo:
                    self.write(more)

    def _recalled(self, text: str, back: int) -> tuple[str, int]:
        if not 0 <= back <= len(self._history):
            return text, max(0, min(back, len(self._history)))
        recalled = self._history[-back] if back else ""
        self._erase(len(text))
        self.write(recalled)
        return recalled, back

    def _completed(self, text: str, prompt: str, complete: Callable[[str], str] | None) -> str:
        completed = complete(text) if complete is not None else text
        self.write(f"\n{prompt}{completed}")
        return completed

    def _edited(self, text: str, key: str, prompt: str, *, echo: bool) -> str:
        """Erase a character, a word or the line, or show the line again."""
        if key == CTRL_R:
            self.write(f"\n{prompt}{text}")
            return text
        if key == CTRL_U:
            kept = ""
        elif key == CTRL_W:
            kept = text.rstrip()
            kept = kept[: kept.rfind(" ") + 1]
        else:
            kept = text[:-1]
        if echo:
            self._erase(len(text) - len(kept))
        return kept

    def _erase(self, count: int) -> None:
        self.write("\b \b" * count)

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
