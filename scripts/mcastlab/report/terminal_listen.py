"""What real devices sent to a group, on a terminal: a row a listener and stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from mcastlab.report.tables import plain_table
from mcastlab.report.words import percent
from mcastlab.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from mcastlab.traffic.device_rtp import ForeignStream


def heard_table(streams: Sequence[ForeignStream]) -> RenderableType:
    """Return what was heard as a table, or the sentence that nothing was."""
    if not streams:
        return Text("no RTP was heard")
    table = plain_table(
        "from", "heard by", "codec", "packets >", "lost >", "jitter ms >", "gap ms >", "spurts >", "MOS >"
    )
    for each in streams:
        table.add_row(
            f"{each.source} ({each.ssrc})",
            printable(each.listener),
            each.codec,
            str(each.packets),
            percent(each.lost, each.packets + each.lost),
            f"{each.jitter_ms:.1f}",
            f"{each.gap_ms:.0f}",
            str(each.talk_spurts),
            "-" if each.mos is None else f"{each.mos:.2f}",
        )
    return table
