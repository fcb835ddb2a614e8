"""What a command acts on: a twin on this machine, or an AWS account in a Region. `targeting` finds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mcastlab.lab.model import Lab


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a command acts. Printed, it is what the user is told before anything is done."""

    text: str
    asks: bool
    """Changes are shown and agreed to first: it is not the lab's own twin."""
    lock: Path
    """The file that one changing command at a time holds."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What the environment gets, so that every tool acts there too."""
    foreign: tuple[str, ...] = ()
    """What is to go from the environment, as it would lead elsewhere."""

    def __str__(self) -> str:
        return f"target: {self.text}"


class Enter(Protocol):
    """How a verb comes to its target, once what it was given is known to be sound."""

    def __call__(self, lab: Lab, *, changes: bool = False, ended: bool = False) -> Target:
        """Find the target, tell it, and point this process at it for as long as the verb runs.

        Args:
            lab: the lab to act on.
            changes: the verb changes it, so that no other command may at the same time.
            ended: a twin that has crashed will do, as its files are to be removed.

        Raises:
            BadInputError: there is none, or there are two and none was chosen.
            RefusedError: the credentials are refused, or another command works on it.
        """
