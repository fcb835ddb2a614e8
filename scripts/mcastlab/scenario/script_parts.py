"""The parts of a test: a step that waits for somebody is one by itself, as a plan is fixed before it begins. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from mcastlab.scenario.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcastlab.scenario.script import (
        ApplianceStay,
        ApplianceTalk,
        DeviceFault,
        Script,
        Stay,
        Talk,
        WorseTime,
        WorseWan,
    )

    _Action = TypeVar("_Action", Talk, Stay, ApplianceTalk, ApplianceStay)
    _Lasting = TypeVar("_Lasting", WorseTime, DeviceFault, WorseWan)

FIRST_MS = 300
"""Before the first step of a part, so that all hosts have begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptPart:
    """Steps that follow each other without waiting for anybody, and from when on they are in their test."""

    script: Script
    begin_ms: int
    """What the part's own times are less than the test's."""


def parts_of(script: Script) -> Iterator[ScriptPart]:
    """Return the parts of a test; one that waits for nobody is a single one."""
    waiting = {each.step for each in script.awaited if each.within_ms is not None}

    def which(step: int) -> tuple[bool, int]:
        return step in waiting, sum(each < step for each in waiting)

    for _, some in groupby(range(len(script.periods)), key=which):
        chosen = list(some)
        yield _part(script, chosen[0], chosen[-1])


def _part(script: Script, first: int, last: int) -> ScriptPart:
    begin_ms = script.periods[first].begin_ms - FIRST_MS
    until_ms = script.periods[last].end_ms
    steps = range(first, last + 1)

    def moved(span: Span) -> Span:
        return Span(begin_ms=span.begin_ms - begin_ms, end_ms=span.end_ms - begin_ms)

    def of_steps(actions: Iterable[_Action]) -> tuple[_Action, ...]:
        return tuple(replace(each, span=moved(each.span)) for each in actions if each.step in steps)

    def within(lasting: Iterable[_Lasting]) -> tuple[_Lasting, ...]:
        return tuple(
            replace(each, span=moved(each.span))
            for each in lasting
            if each.span.begin_ms < until_ms and each.span.end_ms > script.periods[first].begin_ms
        )

    part = replace(
        script,
        talks=of_steps(script.talks),
        stays=of_steps(script.stays),
        awaited=of_steps(script.awaited),
        receiving=of_steps(script.receiving),
        impairments=within(script.impairments),
        faults=within(script.faults),
        wans=within(script.wans),
        periods=tuple(moved(script.periods[step]) for step in steps),
    )
    return ScriptPart(script=part, begin_ms=begin_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """When things happened, of a test in which somebody was awaited: script times and how long was waited at them."""

    waits: tuple[tuple[int, int], ...] = ()

    def at(self, ms: float) -> float:
        """Return when what was planned for a time happened.

        >>> Timeline(waits=((1000, 500),)).at(900), Timeline(waits=((1000, 500),)).at(1200)
        (900, 1700)
        """
        return ms + sum(waited for planned, waited in self.waits if planned <= ms)

    def span(self, span: Span) -> Span:
        """Return when something happened that was planned for a time."""
        return Span(begin_ms=round(self.at(span.begin_ms)), end_ms=round(self.at(span.end_ms)))
