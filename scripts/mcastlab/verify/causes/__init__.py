"""Why something fails: rules that reason over everything that was seen. Pure.

Each rule looks for the first evidence of one kind of fault, and never for its consequences: so two faults give two
causes, and one fault gives one, however many rungs it takes down.

- ``rule``: how a rule is written;
- ``access``, ``cloud``, ``vpn``, ``routes``, ``filters``, ``overlay``, ``multicast``, ``ends``: the rules, the most
  fundamental first;
- ``unexplained``: what fails although no rule knows why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.verify.causes.unexplained import unexplained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mcastlab.verify.model import Cause, Rung
    from mcastlab.verify.scene import Scene

    Rule = Callable[[Scene], Iterable[Cause]]

RULES: tuple[Rule, ...] = ()
"""The most fundamental first."""


def causes_of(scene: Scene, rungs: Sequence[Rung]) -> tuple[Cause, ...]:
    """Return the causes of what fails, the most fundamental first; what breaks only later comes last."""
    known = tuple(cause for rule in RULES for cause in rule(scene))
    found = (*known, *unexplained(rungs, known))
    return tuple(sorted(found, key=lambda cause: cause.flows_still))
