"""What is to be sent to one router."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcastlab.ios.configuration import paths
from mcastlab.ios.difference import key_of, steps_between
from mcastlab.ios.show.archive import RUNNING
from mcastlab.ios.show.tables import UnreadableError
from mcastlab.routers.ownership import target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcastlab.ios.configuration import Tree
    from mcastlab.ios.difference import ChangeStep
    from mcastlab.routers.ownership import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigChange:
    """Everything that is to be sent to one router; nothing where it is in sync."""

    router: str
    steps: tuple[ChangeStep, ...] = ()
    goal: Tree = ()
    """What the router is to run in the end."""
    replaced: tuple[str, ...] = ()
    """For each line that is sent, the line that it takes the place of as it may be shown; empty where there is none."""

    @property
    def lines(self) -> int:
        """How many lines are sent."""
        return sum(len(step.lines) for step in self.steps)

    @property
    def shown(self) -> tuple[str, ...]:
        """The lines as they may be shown."""
        return tuple(text for step in self.steps for text in step.shown)


def change(router: str, running: Tree, wanted: Tree, ledger: Ledger, lab: str) -> ConfigChange:
    """Return what leads a router to what is wanted of it; with nothing wanted, what takes us out of it.

    Raises:
        UnreadableError: a section that is to change has a line twice where a router shows it once.
    """
    goal = target(running, wanted, ledger, lab)
    steps = steps_between(running, goal)
    changing = {step.lines[0].text.removeprefix("no ") for step in steps}
    twice = next(_twice(running, changing), None)
    if twice is not None:
        raise UnreadableError(RUNNING, twice, expected="each line of a section once", router=router)
    return ConfigChange(router=router, steps=steps, goal=goal, replaced=tuple(_replaced(running, steps)))


def _twice(lines: Tree, among: set[str] | None = None) -> Iterator[str]:
    seen: set[str] = set()
    for line in lines:
        if among is not None and line.text not in among:
            continue
        if line.text in seen:
            yield line.shown
        seen.add(line.text)
        yield from _twice(line.below)


def _replaced(running: Tree, steps: Iterable[ChangeStep]) -> Iterator[str]:
    there = {key: line for path, line in paths(running).items() if (key := key_of(path)) is not None}
    for step in steps:
        above: list[str] = []
        for depth, line in zip(step.depths, step.lines, strict=True):
            above[depth:] = [line.text]
            key = key_of(tuple(above))
            before = there.get(key) if key is not None else None
            yield before.shown if before is not None and before.text != line.text else ""
