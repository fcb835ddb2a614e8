"""Progress of long work: one line a stage, with what is being waited for and how long it has taken."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from mcastlab.cli.step_durations import usually
from mcastlab_base.waiting import CLOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcastlab.cli.step_durations import Step
    from mcastlab_base.waiting import WaitClock

REFRESH_PER_SECOND: Final = 8
TITLE_WIDTH: Final = 38
SECONDS_WIDTH: Final = 8
LOGGED_EVERY_S: Final = 20.0
"""Where nothing is redrawn, what is being waited for is reported so often, and only if a step takes that long."""


@dataclass(kw_only=True)
class _Stage:
    title: str
    start: float
    logged: float
    usual: str = ""
    note: str = ""
    seconds: float | None = None
    failed: bool = False


@dataclass
class Stages:
    """Stages as they go by: redrawn in place on a terminal, a line at each end elsewhere."""

    console: Console
    clock: WaitClock = CLOCK
    _stages: list[_Stage] = field(default_factory=list)
    _live: Live | None = None
    _first: int = 0
    """Of the stages that are shown: those of before stand above already."""

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the stages for as long as this lasts."""
        if not self.console.is_terminal or self.console.is_dumb_terminal:
            yield
            return
        self._first = len(self._stages)
        with Live(
            console=self.console, refresh_per_second=REFRESH_PER_SECOND, get_renderable=self._table
        ) as self._live:
            yield
        self._live = None

    @contextmanager
    def stage(self, title: str, step: Step | None = None) -> Iterator[Callable[[str], None]]:
        """Show one stage; the value given tells what it is doing. Of a step it says how long it usually takes."""
        start = self.clock.now()
        current = _Stage(title=title, start=start, logged=start, usual="" if step is None else usually(step))
        self._stages.append(current)

        def note(text: str) -> None:
            current.note = text
            now = self.clock.now()
            if self._live is None and now - current.logged >= LOGGED_EVERY_S:
                current.logged = now
                self._log("wait  ", current, now - current.start, _awaited(current))

        try:
            yield note
        except BaseException:
            current.failed = True
            raise
        finally:
            current.seconds = self.clock.now() - current.start
            if self._live is None:
                self._log("failed" if current.failed else "done  ", current, current.seconds, current.note)

    def _log(self, mark: str, stage: _Stage, seconds: float, note: str) -> None:
        # A log keeps each stage on one line, however wide it is.
        line = f"{mark} {stage.title:<{TITLE_WIDTH}} {seconds:6.1f} s  {note}"
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def tell(self, text: str) -> None:
        """Show a line that stays, as a person is to act on it."""
        self.console.print(text, highlight=False, markup=False, soft_wrap=True, style="bold")

    @property
    def seconds(self) -> float:
        """The time of all stages together."""
        return sum(stage.seconds or 0 for stage in self._stages)

    def _table(self) -> RenderableType:
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=1)
        longest = max((len(stage.title) for stage in self._stages[self._first :]), default=0)
        table.add_column(width=min(longest, self.console.width // 2), no_wrap=True, overflow="ellipsis")
        table.add_column(justify="right", width=SECONDS_WIDTH, no_wrap=True)
        table.add_column(ratio=1)
        for stage in self._stages[self._first :]:
            running = stage.seconds is None
            elapsed = self.clock.now() - stage.start if stage.seconds is None else stage.seconds
            note = _awaited(stage) if running else stage.note
            table.add_row(
                _mark(stage, ascii_only=self.console.options.ascii_only),
                stage.title,
                f"{elapsed:.1f} s",
                # What changes keeps its line; what is done is reported whole.
                Text(note, style="dim", no_wrap=running, overflow="ellipsis" if running else "fold"),
            )
        return Group(table)


def _awaited(stage: _Stage) -> str:
    if not stage.usual or stage.usual.removeprefix("usually ") in stage.note:
        return stage.note
    return f"{stage.note} ({stage.usual})" if stage.note else stage.usual


def _mark(stage: _Stage, *, ascii_only: bool) -> RenderableType:
    if stage.failed:
        return Text("✗", style="bold red")
    if stage.seconds is None:
        return Spinner("line" if ascii_only else "dots")
    return Text("✓", style="bold green")
