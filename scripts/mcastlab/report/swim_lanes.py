"""A test over time: a lane a device, or a host where devices are many, with what it was doing when. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.scenario.limits import in_words, score_in_words
from mcastlab.scenario.results import Grade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.scenario.results import DeviceLane, DeviceTestReport, HeardStream

NAMES: Final = 150
WIDTH: Final = 1100
ROW: Final = 26
TOP: Final = 44
LOSSY: Final = 0.01
"""From so much loss on a lane says so."""
_GAP_MS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneBar:
    """A part of a lane."""

    kind: str
    """`joined`, `talking`, `hearing`, `lossy`, or `silent` where a member heard nothing."""
    x: float
    width: float
    y: float
    height: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SwimLane:
    """A lane with its name."""

    name: str
    y: float
    bars: tuple[LaneBar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SwimLanes:
    """All lanes, the steps above them, and the seconds below."""

    lanes: tuple[SwimLane, ...]
    steps: tuple[tuple[float, float, str], ...]
    """Where each begins, how wide it is, and what it is called."""
    seconds: tuple[tuple[float, str], ...]
    height: float


def swim_lanes(report: DeviceTestReport) -> SwimLanes:
    """Return a test's lanes, drawn to its duration."""
    end_ms = max(step.end_ms for step in report.steps) or 1

    def x(ms: float) -> float:
        return round(NAMES + (WIDTH - NAMES) * ms / end_ms, 1)

    def bar(kind: str, begin_ms: float, until_ms: float, y: float, title: str) -> LaneBar:
        thin = 6 if kind == "joined" else 0
        left = x(begin_ms)
        return LaneBar(
            kind=kind,
            x=left,
            width=max(1.5, x(until_ms) - left),
            y=y + 5 + thin,
            height=ROW - 10 - 2 * thin,
            title=title,
        )

    def bars(lane: DeviceLane, y: float) -> tuple[LaneBar, ...]:
        found = [bar("joined", begin, until, y, f"joined {seconds(begin, until)}") for begin, until in lane.joined]
        for row in heard.get(lane.name, {}).values():
            kind = "silent" if row.join_ms is None else "lossy" if row.loss > LOSSY or _gapped(row) else "hearing"
            begin = row.begin_ms + (row.join_ms or 0)
            loss = "nothing heard" if row.join_ms is None else f"loss {in_words('loss', row.loss)}"
            score = "" if row.mos is None else f", MOS {score_in_words(row.mos)}"
            title = f"{row.group} from {row.talker}: {loss}{score}, {seconds(begin, row.end_ms)}"
            found.append(bar(kind, min(begin, row.end_ms), row.end_ms, y, title))
        found += [bar("hearing", begin, until, y, title) for begin, until, title in _answered(report, lane)]
        found += [bar("talking", begin, until, y, f"talking {seconds(begin, until)}") for begin, until in lane.talking]
        return tuple(found)

    heard: dict[str, dict[tuple[str, str, float], HeardStream]] = {}
    lane_of = {device: lane.name for lane in report.lanes for device in lane.devices}
    for row in report.heard:
        of_lane = heard.setdefault(lane_of.get(row.listener, ""), {})
        # Of a host's devices that heard the same at the same time, the worst is drawn.
        key = (row.talker, row.group, row.begin_ms)
        of_lane[key] = max(of_lane.get(key, row), row, key=lambda each: each.loss)
    every = max(1, round(end_ms / 1000 / 10))
    return SwimLanes(
        lanes=tuple(
            SwimLane(name=lane.name, y=TOP + ROW * place, bars=bars(lane, TOP + ROW * place))
            for place, lane in enumerate(report.lanes)
        ),
        steps=tuple(
            (x(step.begin_ms), x(step.end_ms) - x(step.begin_ms), f"{step.number} {step.verb}")
            for step in report.steps
            if step.end_ms > step.begin_ms
        ),
        seconds=tuple((x(second * 1000), f"{second} s") for second in range(0, end_ms // 1000 + 1, every)),
        height=TOP + ROW * len(report.lanes) + 28,
    )


def _answered(report: DeviceTestReport, lane: DeviceLane) -> Iterator[tuple[int, int, str]]:
    """Yield from when to when an appliance heard what it answered to, and why; a lower grade proves no such thing."""
    for each in report.receptions:
        if each.device == lane.name and each.grade is Grade.ANSWERED:
            step = report.steps[each.step - 1]
            for begin, until in lane.joined:
                if step.begin_ms <= begin < step.end_ms:
                    yield begin, until, f"{each.group}: answered, as {each.why}"


def seconds(begin_ms: float, until_ms: float) -> str:
    """Return a time in words.

    >>> seconds(300, 1850)
    '0.3 to 1.9 s'
    """
    return f"{begin_ms / 1000:.1f} to {until_ms / 1000:.1f} s"


def _gapped(row: HeardStream) -> bool:
    return row.gap_ms is not None and row.gap_ms > _GAP_MS
