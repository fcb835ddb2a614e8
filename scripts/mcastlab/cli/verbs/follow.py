"""``follow [-- COMMAND]``: have the AWS router join what devices want of the lab's blocks of groups.

Until interrupted, or while a program runs.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Final

from mcastlab.cli.arguments import TargetVerb, json_switch, positional, switch
from mcastlab.lab_choice import word_for
from mcastlab_base.errors import BadInputError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from rich.console import Console
    from rich.live import Live

    from mcastlab.cli.context import Context
    from mcastlab.follow.events import FollowEvent
    from mcastlab.follow.follower import Follower

REDRAWN_EVERY_S: Final = 0.25
KEPT_EVERY_S: Final = 1.0
"""How often what `status` shows is written, where it changed."""


RATES_EVERY_S: Final = 2.0
"""How often the router is asked for packet counts, where a table shows rates."""
RATES_OF_STATUS_EVERY_S: Final = 30.0
"""The same where only `status` does."""


class FollowVerb(TargetVerb):
    """Join the groups of the lab's blocks that devices want."""

    examples: ClassVar = ("follow", "follow --json > follow.jsonl")
    rank: ClassVar = 105
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.cli.following", "mcastlab.cli.follow_unit")
    passes_on: ClassVar = "command"

    command: tuple[str, ...] = positional(
        default=(), nargs="*", metavar="COMMAND", help="Program to run meanwhile, after --; its exit code is returned"
    )
    json: bool = json_switch("Print events as JSON, one object per line")
    install: bool = switch("--install", help="Write and start a systemd user unit that follows")
    uninstall: bool = switch("--uninstall", help="Stop and remove that unit")

    def __call__(self, context: Context) -> int:
        from rich.console import Console

        from mcastlab.cli import follow_unit
        from mcastlab.cli.follow_while import follow_while, refuse_unless_there
        from mcastlab.cli.following import follower_of, only_follower, refuse_without_blocks
        from mcastlab.follow.follower_lock import snapshot_file

        if self.command and (self.install or self.uninstall):
            raise BadInputError("a unit runs no program beside it", hint=context.command("follow", "--", *self.command))
        if self.uninstall:
            return _print(follow_unit.uninstall(context.lab.name))
        target = context.enter()
        refuse_without_blocks(context.lab)
        refuse_unless_there(self.command)
        if self.install:
            return _print(follow_unit.install(context.lab.name, self._command(context.command.lab_file)))
        with only_follower(context.lab):
            # Standard output is the program's.
            console = Console(stderr=bool(self.command))
            view = _View(console, snapshot_file(context.lab), as_json=self.json, plain=bool(self.command))
            follower = follower_of(context, target, tell=view.tell, progress=_note, after_step=view.after_step)
            follower.rates.every_s = RATES_EVERY_S if view.is_table else RATES_OF_STATUS_EVERY_S
            with view.shown(), suppress(KeyboardInterrupt):
                if self.command:
                    return follow_while(follower, self.command)
                follower.run()
        return ExitCode.OK

    def _command(self, lab_file: Path) -> tuple[str, ...]:
        """The command of a unit: this one, with files by their whole names."""
        name = () if self.name is None else ("--name", self.name)
        target = () if self.target is None else (f"--{self.target}",)
        return (sys.executable, "-m", "mcastlab", "follow", "--lab", word_for(lab_file), *name, *target)


def _print(lines: Iterable[str]) -> int:
    for line in lines:
        print(line)
    return ExitCode.OK


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class _View:
    """What the person at the terminal, or the program that reads the output, is shown."""

    def __init__(self, console: Console, file: Path, *, as_json: bool, plain: bool) -> None:
        self._as_json = as_json
        self._plain = plain
        self._console = console
        self._file = file
        self._live: Live | None = None
        self._drawn = self._kept = 0.0
        self._dirty = True

    @property
    def is_table(self) -> bool:
        """Whether a table is drawn."""
        drawn = self._console.is_terminal and not self._console.is_dumb_terminal
        return drawn and not (self._as_json or self._plain)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show a table that changes, on a terminal; elsewhere lines follow each other."""
        from rich.live import Live

        try:
            if not self.is_table:
                yield
                return
            with Live(console=self._console, auto_refresh=False) as self._live:
                yield
        finally:
            self._live = None
            self._file.unlink(missing_ok=True)

    def tell(self, event: FollowEvent) -> None:
        """Show an event."""
        from mcastlab.report.terminal_follow import event_line

        self._dirty = True
        now = datetime.now(UTC)
        if self._as_json:
            print(json.dumps(event.as_json(now)), flush=True, file=self._console.file)
        else:
            self._console.print(event_line(event, now.astimezone()), highlight=False, soft_wrap=True)

    def after_step(self, follower: Follower) -> None:
        """Redraw the table, and keep what `status` shows, as often as is worth it."""
        from mcastlab.follow.snapshot import snapshot_of, write_snapshot
        from mcastlab.report.terminal_follow import follow_table

        now = time.monotonic()
        drawn = self._live is not None and now - self._drawn >= REDRAWN_EVERY_S
        kept = self._dirty and now - self._kept >= KEPT_EVERY_S
        if not (drawn or kept):
            return
        seen = snapshot_of(follower, os.getpid(), datetime.now(UTC), now)
        if drawn and self._live is not None:
            self._drawn = now
            self._live.update(follow_table(seen, self._console.height), refresh=True)
        if kept:
            self._kept, self._dirty = now, False
            write_snapshot(self._file, seen)
