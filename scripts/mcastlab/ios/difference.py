"""The least change that leads from the running configuration to the wanted one, in an order that IOS takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from hier_config import get_hconfig
from hier_config.exceptions import DuplicateChildError
from hier_config.models import IdempotentCommandsRule, MatchRule
from hier_config.platforms.driver_base import HConfigDriverBase, HConfigDriverRules

from mcastlab.ios.configuration import Line, Path, Tree, as_text, paths
from mcastlab.ios.secrets import masked
from mcastlab.ios.show.tables import UnreadableError
from mcastlab.ios.single_valued import SINGLE, key_of
from mcastlab.routers.answers import RUNNING
from mcastlab.routers.ownership import LIST, Ledger, target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hier_config import HConfigChild

_NO: Final = "no "


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A top-level line with what changes below it: what is sent in one write. Its first line is the header."""

    lines: tuple[Line, ...]
    depths: tuple[int, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The lines to send; they may hold keys."""
        return tuple(" " * depth + line.text for depth, line in zip(self.depths, self.lines, strict=True))

    @property
    def shown(self) -> tuple[str, ...]:
        """The lines as they may be shown."""
        return tuple(" " * depth + line.shown for depth, line in zip(self.depths, self.lines, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Everything that is to be sent to one router; nothing where it is in sync."""

    router: str
    steps: tuple[Step, ...] = ()
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


class _Driver(HConfigDriverBase):
    """IOS-XE as far as we write it: what replaces a line of its kind needs no ``no`` before it."""

    @staticmethod
    def _instantiate_rules() -> HConfigDriverRules:
        return _rules()


@lru_cache(maxsize=1)
def _rules() -> HConfigDriverRules:
    return HConfigDriverRules(
        idempotent_commands=[
            IdempotentCommandsRule(match_rules=tuple(MatchRule(re_search=pattern) for pattern in patterns))
            for patterns in SINGLE
        ]
    )


def change(router: str, running: Tree, wanted: Tree, ledger: Ledger, lab: str) -> Change:
    """Return what leads a router to what is wanted of it; with nothing wanted, what takes us out of it.

    Raises:
        UnreadableError: the running configuration has a line twice where a router shows it once.
    """
    goal = target(running, wanted, ledger, lab)
    try:
        steps = steps_between(running, goal)
    except DuplicateChildError:
        twice = next(_twice(running), "a line that stands there twice")
        raise UnreadableError(RUNNING, twice, expected="each line of a section once", router=router) from None
    return Change(router=router, steps=steps, goal=goal, replaced=tuple(_replaced(running, steps)))


def _twice(lines: Tree) -> Iterator[str]:
    seen: set[str] = set()
    for line in lines:
        if line.text in seen:
            yield line.shown
        seen.add(line.text)
        yield from _twice(line.below)


def _replaced(running: Tree, steps: Iterable[Step]) -> Iterator[str]:
    there = {key: line for path, line in paths(running).items() if (key := key_of(path)) is not None}
    for step in steps:
        above: list[str] = []
        for depth, line in zip(step.depths, step.lines, strict=True):
            above[depth:] = [line.text]
            key = key_of(tuple(above))
            before = there.get(key) if key is not None else None
            yield before.shown if before is not None and before.text != line.text else ""


def steps_between(running: Tree, goal: Tree) -> tuple[Step, ...]:
    """Return the steps from one tree to another: what goes first, last to first, then what comes, first to last."""
    # Only what differs is compared: a running configuration may hold lines that no parser knows.
    before = {line.text: line for line in running}
    then = {line.text: line for line in goal}
    from_ = tuple(line for line in running if not _same(line, then.get(line.text)))
    to = tuple(line for line in goal if not _same(line, before.get(line.text)))
    if not from_ and not to:
        return ()
    remedy = get_hconfig(_Driver(), as_text(from_)).config_to_get_to(get_hconfig(_Driver(), as_text(to)))
    known = {path: (index, line) for index, (path, line) in enumerate(paths(to).items())}
    gone = [child for child in remedy.children if child.text.startswith(_NO)]
    come = {child.text: child for child in remedy.children if not child.text.startswith(_NO)}
    order = {line.text: index for index, line in enumerate(running)}
    gone.sort(key=lambda child: -order.get(child.text.removeprefix(_NO), 0))
    rank = {line.text: line.number or index for index, line in enumerate(goal)}
    first_no = [_step(child, known) for child in gone]
    # hier_config takes a list in another order for the same one.
    in_order = {line.text for line in to if _is_ordered(line) and line.text in before}
    rest = [
        _reordered(before[text], then[text]) if text in in_order else _step(come[text], known)
        for text in sorted(come.keys() | in_order, key=rank.__getitem__)
    ]
    return (*first_no, *rest)


def _same(line: Line, other: Line | None) -> bool:
    return other is not None and as_text((line,)) == as_text((other,))


_Known = dict[Path, tuple[int, Line]]
"""The lines of what is wanted by their paths, with their places."""


def _step(child: HConfigChild, known: _Known) -> Step:
    rows = list(_rows(child, (), known))
    return Step(lines=tuple(line for _, line in rows), depths=tuple(depth for depth, _ in rows))


def _is_ordered(line: Line) -> bool:
    """Say whether a section is a list with permits and denies, of which the first that matches decides."""
    return line.text.startswith(LIST) and {each.text.split()[0] for each in line.below} >= {"permit", "deny"}


def _reordered(before: Line, then: Line) -> Step:
    """Return the step of such a list: all entries behind the first other one go, and those that are wanted come."""
    old, new = [line.text for line in before.below], [line.text for line in then.below]
    same = next(
        (at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new))
    )
    lines = [then, *(_line(f"{_NO}{text}") for text in reversed(old[same:])), *then.below[same:]]
    return Step(lines=tuple(lines), depths=(0, *(1 for _ in lines[1:])))


def _rows(child: HConfigChild, above: Path, known: _Known) -> Iterator[tuple[int, Line]]:
    path = (*above, child.text)
    yield len(above), known[path][1] if path in known else _line(child.text)
    for each in _no_first(child.children, path, known):
        yield from _rows(each, path, known)


def _no_first(children: Iterable[HConfigChild], above: Path, known: _Known) -> list[HConfigChild]:
    """Return what goes, last to first, before what comes, in the template's order."""
    gone: list[HConfigChild] = []
    come: list[tuple[int, HConfigChild]] = []
    for each in children:
        place, _ = known.get((*above, each.text), (0, None))
        if each.text.startswith(_NO) and (*above, each.text) not in known:
            gone.append(each)
        else:
            come.append((place, each))
    return [*reversed(gone), *(each for _, each in sorted(come, key=itemgetter(0)))]


def _line(text: str) -> Line:
    return Line(text=text, shown=masked(text))
