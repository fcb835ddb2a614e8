"""A test over time: what share of packets was lost, and the worst score of speech, second by second. Pure."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.report.swim_lanes import NAMES, WIDTH
from mcastlab.traffic.media import media
from mcastlab.traffic.wav import CODECS, wav

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mcastlab.scenario.results import DeviceTestReport, HeardStream

SECOND_MS: Final = 1000
HEIGHT: Final = 96
_TOP: Final = 8
_BEST_SCORE: Final = 4.5
_LARGEST_OCTETS: Final = 1352
"""Of sound: no packet of it is larger."""
SAMPLE_MS: Final = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeCurve:
    """A curve as steps of a polyline, and the words at its left."""

    name: str
    highest: str
    lowest: str
    parts: tuple[str, ...]
    """Points of a line each; a second in which nothing was heard interrupts it."""


def curves(report: DeviceTestReport) -> tuple[TimeCurve, ...]:
    """Return loss and score over a test's time; the score only where speech was heard."""
    end_ms = max(step.end_ms for step in report.steps) or 1
    seconds = int(end_ms // SECOND_MS) + 1
    due, lost, worst = [0.0] * seconds, [0.0] * seconds, [0.0] * seconds
    for row in report.heard:
        for second, share_ms in _seconds(row.begin_ms, row.end_ms):
            due[second] += share_ms
            if row.join_ms is None:
                lost[second] += share_ms
            if row.mos is not None:
                worst[second] = min(worst[second] or _BEST_SCORE, row.mos[0])
        for begin_ms, until_ms in missed(row):
            for second, share_ms in _seconds(begin_ms, until_ms):
                lost[second] += share_ms
    losses = [100 * gone / wanted if wanted else None for gone, wanted in zip(lost, due, strict=True)]
    most = max((each for each in losses if each is not None), default=0.0)
    top = 100 if most > 50 else 50 if most > 10 else 10 if most > 1 else 1  # noqa: PLR2004
    found = [_curve("loss", losses, ("0 %", f"{top} %"), end_ms, lambda each: each / top)]
    if any(worst):
        scores = [each or None for each in worst]
        found.append(_curve("MOS", scores, ("1", "4.5"), end_ms, lambda each: (each - 1) / (_BEST_SCORE - 1)))
    return tuple(found)


def missed(row: HeardStream) -> Iterator[tuple[float, float]]:
    """Return from when to when a listener missed something, from the test's begin."""
    if row.join_ms is None or not row.due:
        return
    begin_ms = row.begin_ms + row.join_ms
    packet_ms = max(0.0, row.end_ms - begin_ms) / row.due
    for first, last in row.holes:
        yield begin_ms + first * packet_ms, begin_ms + (last + 1) * packet_ms


def _seconds(begin_ms: float, until_ms: float) -> Iterator[tuple[int, float]]:
    """Return the seconds of a time, and how much of each is in it."""
    second = int(begin_ms // SECOND_MS)
    while second * SECOND_MS < until_ms:
        yield second, min(until_ms, (second + 1) * SECOND_MS) - max(begin_ms, second * SECOND_MS)
        second += 1


def _curve(
    name: str, values: Sequence[float | None], ends: tuple[str, str], end_ms: float, share: Callable[[float], float]
) -> TimeCurve:
    def x(second: int) -> float:
        return round(NAMES + (WIDTH - NAMES) * min(1.0, second * SECOND_MS / end_ms), 1)

    parts: list[list[str]] = [[]]
    for second, value in enumerate(values):
        if value is None:
            parts.append([])
            continue
        y = round(_TOP + (HEIGHT - 2 * _TOP) * (1 - max(0.0, min(1.0, share(value)))), 1)
        parts[-1] += [f"{x(second)},{y}", f"{x(second + 1)},{y}"]
    return TimeCurve(name=name, lowest=ends[0], highest=ends[1], parts=tuple(" ".join(each) for each in parts if each))


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardSample:
    """The sound of a pair as its listener heard it, as a page plays it."""

    row: HeardStream
    url: str


def sample(rows: Iterable[HeardStream]) -> HeardSample | None:
    """Return what the first of some pairs that heard sound heard, in its first seconds; None where nobody did."""
    for row in rows:
        if row.join_ms is None or row.stream not in _SOUND:
            continue
        stream = media(row.stream, _LARGEST_OCTETS)
        codec, ticks = CODECS[stream.payload_type], stream.interval_us * CODECS[stream.payload_type].clock_hz // 10**6
        away = {place for first, last in row.holes for place in range(first, last + 1)}
        silence, packets = codec.silence * ticks, stream.packets
        heard = (
            silence if place in away else packets[place % len(packets)].payload
            for place in range(min(row.due, SAMPLE_MS * 1000 // stream.interval_us))
        )
        content = wav(codec, b"".join(heard))
        return HeardSample(row=row, url=f"data:audio/wav;base64,{base64.b64encode(content).decode()}")
    return None


_SOUND: Final = frozenset({"g711u", "g711a"})
"""What browsers play from a WAV file, and is small."""
