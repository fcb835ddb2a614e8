"""What a command would do to an account is shown and agreed to before it is done."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mcastlab.errors import BadInputError
from mcastlab.lab.cost import PRICED_REGION, estimate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcastlab.lab.model import Lab


def cost_of(lab: Lab) -> str:
    """Return what an hour of a lab costs, in words."""
    price = estimate(lab)
    where = "" if lab.region == PRICED_REGION else f" at the prices of {PRICED_REGION}"
    return f"about {price.usd_per_hour:.2f} USD an hour{where}, without {', '.join(price.not_included)}"


def have_agreed(stacks: Iterable[tuple[str, Iterable[str]]], told: str, verb: str, *, yes: bool, command: str) -> None:
    """Show what would happen, and have the user agree.

    Args:
        stacks: what happens to stacks, in one word, and their names.
        told: a sentence about the price.
        verb: what is asked: ``Deploy``.
        yes: the user has agreed beforehand.
        command: the same command with that agreement.

    Raises:
        BadInputError: the user does not agree, or cannot be asked.
    """
    for what, names in stacks:
        if listed := ", ".join(names):
            print(f"{what}: {listed}", file=sys.stderr)
    print(told, file=sys.stderr, flush=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadInputError(
            "there is no terminal to ask on, so nothing was done", hint=f"to agree beforehand: {command}"
        )
    print(f"{verb}? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise BadInputError("nothing was done", hint=f"to agree beforehand: {command}")
