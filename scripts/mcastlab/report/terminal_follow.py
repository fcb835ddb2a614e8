"""What a follower does, for people: a line an event, and a table of the groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Group
from rich.text import Text

from mcastlab.follow.events import Kind
from mcastlab.report.tables import plain_table
from mcastlab.text import count, printable

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import RenderableType

    from mcastlab.follow.events import FollowEvent
    from mcastlab.follow.snapshot import FollowedView, FollowSnapshot

_AROUND: Final = 8
"""Lines of a terminal that the table leaves to its head, its foot and the prompt."""
_STYLES: Final = {
    Kind.JOINED: "green",
    Kind.MEMBER: "green",
    Kind.REFUSED: "red",
    Kind.NOT_A_MEMBER: "red",
    Kind.WAITING: "yellow",
    Kind.LOST: "yellow",
}


def event_line(event: FollowEvent, time: datetime) -> Text:
    """Return an event in a line: ``21:04:11 joined 239.9.9.9 for berlin after 0.13 s``."""
    parts = [event.kind.words]
    if event.group is not None:
        parts.append(str(event.group))
    if event.by:
        parts.append(f"{'from' if event.kind is Kind.SENDING else 'for'} {', '.join(sorted(event.by))}")
    if event.seconds is not None:
        parts.append(f"after {event.seconds:.2f} s")
    words = " ".join(parts) + (f": {event.text}" if event.text else "")
    return Text(f"{time:%H:%M:%S} {printable(words)}", style=_STYLES.get(event.kind, ""))


def follow_table(seen: FollowSnapshot, height: int) -> RenderableType:
    """Return the table of the groups, those that changed last first, as many as a terminal of that height shows."""
    table = plain_table("group", "block", "wanted by", "since", "joined after >", "packets/s >")
    table.box, table.header_style = None, "bold"
    ordered = sorted(seen.groups, key=lambda each: (each.since is not None, each.since), reverse=True)
    shown = ordered[: max(height - _AROUND, 1)]
    for each in shown:
        table.add_row(*_row(each))
    live = sum(each.live for each in seen.groups)
    lines = [f"{count(live, 'live group')}, {count(len(seen.groups) - live, 'group')} not joined"]
    if len(ordered) > len(shown):
        lines[0] += f"; {len(ordered) - len(shown)} more than are shown"
    lines += [
        f"{group}: {', '.join(sources)} sending, nobody listens" for group, sources in seen.sending[: height // 4]
    ]
    lines += [f"waiting: {text}" for text in seen.waiting]
    texts = (Text(printable(line), style="dim", no_wrap=True, overflow="ellipsis") for line in lines)
    return Group(table, *texts)


def _row(each: FollowedView) -> tuple[Text, ...]:
    who = ", ".join(each.by) if each.by else "nobody any more"
    after = "-" if each.joined_after_s is None else f"{each.joined_after_s:.2f} s"
    return (
        Text(str(each.group)),
        Text(each.block),
        Text(printable(who), style="" if each.by else "dim"),
        Text("" if each.since is None else f"{each.since.astimezone():%H:%M:%S}"),
        Text("refused" if each.refused else after, style="red" if each.refused else ""),
        Text("" if each.pps is None else f"{each.pps:.0f}"),
    )
