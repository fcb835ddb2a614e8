"""Progress of long work: one line a stage, with what is being waited for and how long it has taken."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REFRESH_PER_SECOND: Final = 8
TITLE_WIDTH: Final = 38
SECONDS_WIDTH: Final = 8
TELL_EVERY_S: Final = 60.0
"""Where nothing is redrawn, a stage that takes longer says so often what it is doing."""


@dataclass(kw_only=True)
class _Stage:
    title: str
    start: float
    note: str = ""
    seconds: float | None = None
    failed: bool = False


@dataclass
class Stages:
    """Stages as they go by: redrawn in place on a terminal, a line at each end elsewhere."""

    console: Console
    _stages: list[_Stage] = field(default_factory=list)
    _live: Live | None = None
    _first: int = 0
    """Of the stages that are shown: those of before stand above already."""

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the stages for as long as this lasts."""
        if not self.console.is_terminal:
            yield
            return
        self._first = len(self._stages)
        with Live(
            console=self.console, refresh_per_second=REFRESH_PER_SECOND, get_renderable=self._table
        ) as self._live:
            yield
        self._live = None

    @contextmanager
    def stage(self, title: str) -> Iterator[Callable[[str], None]]:
        """Show one stage; the value given tells what it is doing."""
        current = _Stage(title=title, start=time.monotonic())
        self._stages.append(current)

        told_at = current.start

        def note(text: str) -> None:
            nonlocal told_at
            current.note = text
            if self._live is None and time.monotonic() - told_at >= TELL_EVERY_S:
                told_at = time.monotonic()
                self._print("...   ", title, told_at - current.start, text)

        try:
            yield note
        except BaseException:
            current.failed = True
            raise
        finally:
            current.seconds = time.monotonic() - current.start
            if self._live is None:
                mark = "failed" if current.failed else "done  "
                self._print(mark, title, current.seconds, current.note)

    def _print(self, mark: str, title: str, seconds: float, note: str) -> None:
        # A log keeps each stage on one line, however wide it is.
        line = f"{mark} {title:<{TITLE_WIDTH}} {seconds:6.1f} s  {note}"
        self.console.print(line, highlight=False, soft_wrap=True)

    @property
    def seconds(self) -> float:
        """The time of all stages together."""
        return sum(stage.seconds or 0 for stage in self._stages)

    def _table(self) -> RenderableType:
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=1)
        table.add_column(width=TITLE_WIDTH, no_wrap=True)
        table.add_column(justify="right", width=SECONDS_WIDTH, no_wrap=True)
        table.add_column(ratio=1)
        for stage in self._stages[self._first :]:
            elapsed = time.monotonic() - stage.start if stage.seconds is None else stage.seconds
            table.add_row(_mark(stage), stage.title, f"{elapsed:.1f} s", Text(stage.note, style="dim"))
        return Group(table)


def _mark(stage: _Stage) -> RenderableType:
    if stage.failed:
        return Text("✗", style="bold red")
    if stage.seconds is None:
        return Spinner("dots")
    return Text("✓", style="bold green")
