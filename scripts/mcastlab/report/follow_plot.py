"""Live groups of the blocks over time, and how long each join took: values for the page's template."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.report.plots import LEFT, RIGHT, Axis, axis
from mcastlab.text import count

if TYPE_CHECKING:
    from mcastlab.follow.trace import FollowTrace

LIVE_TOP, LIVE_BOTTOM = 12, 110
DELAY_TOP, DELAY_BOTTOM = 140, 218
DOTS_SHOWN: Final = 400
"""Of more joins, every so many-th."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowPlot:
    """Two panels with one axis of time."""

    label: str
    """For those who do not see it."""
    time: Axis
    live: Axis
    delay: Axis
    steps: str
    """SVG path of the number of live groups."""
    dots: tuple[tuple[float, float, str], ...]
    """Of joins: x, y, and what it says."""
    joins: str
    """How many joins there were, in words."""
    refused: tuple[str, ...]


def follow_plot(trace: FollowTrace | None) -> FollowPlot | None:
    """Return the plot of what was followed; None where nobody followed."""
    if trace is None:
        return None
    series = trace.live()
    time = axis(max(trace.duration_s, series[-1][0]), LEFT, RIGHT, steps=5)
    live = axis(max(number for _, number in series), LIVE_BOTTOM, LIVE_TOP, steps=3)
    delays = [(each, each.after_s * 1000) for each in trace.joins if each.after_s is not None]
    delay = axis(max((value for _, value in delays), default=0), DELAY_BOTTOM, DELAY_TOP, steps=2)
    path = f"M{time.at(0):g} {live.at(series[0][1]):g}"
    path += "".join(f"H{time.at(moment):g}V{live.at(number):g}" for moment, number in series[1:])
    joins = count(len(trace.joins), "join")
    middle = f", median {statistics.median(value for _, value in delays):.0f} ms" if delays else ""
    return FollowPlot(
        label=f"at most {count(max(number for _, number in series), 'live group')}; {joins}{middle}",
        time=time,
        live=live,
        delay=delay,
        steps=f"{path}H{time.at(trace.duration_s):g}",
        dots=tuple(
            (time.at(each.joined_at_s), delay.at(value), f"{each.group} for {', '.join(each.by)}: {value:.0f} ms")
            for each, value in delays[:: 1 + len(delays) // DOTS_SHOWN]
        ),
        joins=f"{joins}{middle}",
        refused=trace.refused,
    )
