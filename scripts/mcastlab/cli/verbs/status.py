"""``status``: what there is of a lab, who has joined, what flows; once, or again and again."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from mcastlab.cli.arguments import SiteVerb, json_switch, switch
from mcastlab_base.errors import ExitCode, LabError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType

    from mcastlab.cli.context import Context
    from mcastlab.verify.report import Status

PAUSE_S: Final = 2.0
"""Between two looks; each of them takes a second and more."""


class StatusVerb(SiteVerb):
    """Show deployed resources, group members and packet rates."""

    examples: ClassVar = ("status", "status --watch --json")
    rank: ClassVar = 100
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.cli.connections")

    watch: bool = switch("--watch", help="Refresh until q or Ctrl-C; space pauses, arrows scroll")
    json: bool = json_switch("Print JSON; with --watch, one object per line")

    def __call__(self, context: Context) -> int:
        from rich.console import Console
        from rich.text import Text

        from mcastlab.report.terminal_status import status_table
        from mcastlab.verify.findings import Verdict

        context.enter()
        if self.watch:
            with suppress(KeyboardInterrupt):
                (_watch_json if self.json else _watch)(context)
            return ExitCode.OK
        console = Console(stderr=True)
        with console.status("") as line:
            found = _look(context, lambda text: line.update(Text(text)))
        if self.json:
            print(found.model_dump_json(indent=2))
        else:
            Console().print(status_table(found), highlight=False)
        return ExitCode.CHECK_FAILED if found.verdict is Verdict.FAILS else ExitCode.OK


def _look(context: Context, progress: Callable[[str], None] = lambda _text: None) -> Status:
    from mcastlab.cli.connections import caveats
    from mcastlab.follow.follower_lock import observed_follower
    from mcastlab.verify.status import status

    sources = context.connections.sources(progress)
    found = status(context.lab, sources, progress=progress, site=context.only, notes=caveats())
    return found.model_copy(update={"followed": observed_follower(context.lab).shown})


def _watch(context: Context) -> None:
    """Show it again and again, until the user leaves."""
    from rich.console import Console

    from mcastlab.cli.watching import watch

    watch(Console(), partial(_drawn, context), pause_s=PAUSE_S)


def _drawn(context: Context) -> RenderableType:
    """Return one look; what AWS refuses for a moment is shown and does not end the watch."""
    from rich.text import Text

    from mcastlab.report.terminal_status import status_table
    from mcastlab.text import printable

    try:
        return status_table(_look(context))
    except LabError as error:
        return Text(f"{printable(error.text)}\n{printable(error.hint)}")


def _watch_json(context: Context) -> None:
    """Print a line of JSON a look, until interrupted."""
    from mcastlab.verify.report import UnseenStatus

    while True:
        try:
            line = _look(context).model_dump_json()
        except LabError as error:
            unseen = UnseenStatus(lab=context.lab.name, error=error.text, hint=error.hint)
            line = unseen.model_dump_json()
        print(line, flush=True)
        time.sleep(PAUSE_S)
