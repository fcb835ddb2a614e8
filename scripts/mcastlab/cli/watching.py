"""A report that is looked at again and again, on the whole screen: scrolled, paused and left by keys."""

from __future__ import annotations

import os
import select
import sys
import termios
import threading
import time
import tty
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rich.live import Live
from rich.segment import Segment, Segments
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console, RenderableType

TICK_S: Final = 0.2
"""How often keys are asked for and the foot is redrawn."""
_MOST_KEYS: Final = 64
_ARROWS: Final = {"\x1b[A": "k", "\x1b[B": "j", "\x1b[5~": "b", "\x1b[6~": " page", "\x1b[H": "g", "\x1b[F": "G"}


@dataclass(kw_only=True)
class ScreenWatch:
    """What is watched, and which of its lines are on the screen."""

    found: RenderableType = field(default_factory=lambda: Text("looking"))
    top: int = 0
    paused: bool = False
    ended: bool = False
    now: threading.Event = field(default_factory=threading.Event)
    """Set to look at once."""
    _lines: int = 0
    _height: int = 1

    def press(self, typed: str) -> None:
        """Do what keys say; others do nothing."""
        for sequence, key in _ARROWS.items():
            typed = typed.replace(sequence, "f" if key == " page" else key)
        moves = {"j": 1, "k": -1, "f": self._height, "b": -self._height, "g": -self._lines, "G": self._lines}
        for key in typed:
            if key in "qQ\x03\x04":
                self.ended = True
                self.now.set()
            elif key == " ":
                self.paused = not self.paused
                self.now.set()
            elif key == "r":
                self.paused = False
                self.now.set()
            self.top = self._within(self.top + moves.get(key, 0))

    def drawn(self, console: Console) -> RenderableType:
        """Return what fits the screen, and below it where that stands and which keys there are."""
        size = console.size
        self._height = max(size.height - 1, 1)
        lines = console.render_lines(self.found, console.options.update(width=size.width, height=None), pad=False)
        self._lines = len(lines)
        self.top = self._within(self.top)
        shown = lines[self.top : self.top + self._height]
        blank: list[list[Segment]] = [[]] * (self._height - len(shown))
        ends = f"{self.top + 1}-{self.top + len(shown)} of {len(lines)}"
        foot = f"{'paused' if self.paused else 'live'}  {ends}  q quit, space pause, r now, arrows scroll"
        segments = [each for line in (*shown, *blank) for each in (*line, Segment.line())]
        return Segments([*segments, Segment(foot[: size.width - 1], console.get_style("reverse"))])

    def _within(self, top: int) -> int:
        return max(0, min(top, self._lines - self._height))


def watch(console: Console, look: Callable[[], RenderableType], *, pause_s: float) -> None:
    """Look until the user leaves: redrawn in place on a terminal, one after the other elsewhere.

    Args:
        console: where it is shown.
        look: returns what there is now; it may take seconds.
        pause_s: between two looks.

    Raises:
        KeyboardInterrupt: the user interrupted.
    """
    if not console.is_terminal or console.is_dumb_terminal:
        while True:
            console.print(look(), highlight=False)
            time.sleep(pause_s)
    state, failed = ScreenWatch(), []

    def looking() -> None:
        try:
            while not state.ended:
                if not state.paused:
                    state.found = look()
                state.now.wait(None if state.paused else pause_s)
                state.now.clear()
        except BaseException as error:  # noqa: BLE001  (raised again where it is seen)
            failed.append(error)
            state.ended = True

    threading.Thread(target=looking, daemon=True).start()
    with _keys() as keys, Live(console=console, screen=True, auto_refresh=False) as live:
        while not state.ended:
            live.update(state.drawn(console), refresh=True)
            state.press(keys(TICK_S))
    if failed:
        raise failed[0]


@contextmanager
def _keys() -> Iterator[Callable[[float], str]]:
    """Give what waits for keys; the terminal is as before in the end. Without one there are none."""
    if not sys.stdin.isatty():
        yield _no_keys
        return
    ours = sys.stdin.fileno()
    before = termios.tcgetattr(ours)

    def typed(patience_s: float) -> str:
        ready, _, _ = select.select([ours], [], [], patience_s)
        return os.read(ours, _MOST_KEYS).decode("ascii", "replace") if ready else ""

    try:
        tty.setcbreak(ours)
        yield typed
    finally:
        with suppress(termios.error):
            termios.tcsetattr(ours, termios.TCSADRAIN, before)


def _no_keys(patience_s: float) -> str:
    time.sleep(patience_s)
    return ""
