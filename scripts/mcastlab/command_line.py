"""The commands that a user is asked to run: whole ones, for the lab at hand, quoted for a shell."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab.lab_choice import DEMO
from mcastlab.places import DEFAULT_LAB, IS_CLONE, PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM: Final = "./scripts/lab" if IS_CLONE else "mcastlab"
"""As it is run in a clone's folder, or once it is installed."""

TUNNEL: Final = ("ssh", "--stdio")
"""The words of a ProxyCommand of ours, with the instance's id behind them."""

UNTARGETED: Final = frozenset({"check", "demo", "twin"})
"""Verbs on a lab that act on no target, or on one that need not be chosen by ``--twin`` or ``--aws``."""


def program() -> str:
    """Return how the program is run from the folder that this process is in."""
    if not IS_CLONE:
        return PROGRAM
    try:
        here = Path.cwd()
    except OSError:  # the folder is gone
        here = None
    return PROGRAM if here == PROJECT else shlex.quote(str(PROJECT / PROGRAM))


def command(*words: str) -> str:
    """Return a command of ours that is about no lab."""
    return " ".join((program(), shlex.join(words)))


@dataclass(frozen=True, slots=True, kw_only=True)
class LabCommand:
    """What every command on the lab at hand has to say: its file, its other name, and the target that was chosen."""

    lab_file: Path = DEFAULT_LAB
    found: bool = False
    """A command in the same folder finds the lab file by itself."""
    name: str | None = None
    target: str | None = None
    """``twin`` or ``aws``; None where the environment decides."""

    def __call__(self, *words: str) -> str:
        """Return a command on this lab: its verb, or verb and action in one word, and what stands behind them.

        >>> LabCommand(lab_file=Path("my lab.yaml")).__call__("twin env").split(" ", 1)[1]
        "twin env --lab 'my lab.yaml'"
        """
        verb, *rest = words
        # What has no name has to stand right behind its action; what follows a double dash is another program's.
        at = next((at for at, word in enumerate(rest) if word.startswith("-")), len(rest))
        behind = (*rest[:at], *self._options(verb.split()[0]), *rest[at:])
        return " ".join((program(), verb, *map(shlex.quote, behind)))

    def cdk(self, *words: str) -> str:
        """Return a run of the CDK command line on this lab."""
        return command("cdk", *self._options("cdk"), *words)

    @property
    def context(self) -> tuple[str, ...]:
        """The options that tell the CDK app the lab's file and name; none for cdk.json's own."""
        file = () if self.lab_file == DEFAULT_LAB else ("-c", f"lab={self.lab_file.resolve()}")
        return file if self.name is None else (*file, "-c", f"name={self.name}")

    def _options(self, verb: str) -> Iterator[str]:
        if self.lab_file == DEFAULT_LAB:
            if verb != DEMO and not self.found:
                yield from ("--lab", DEMO)
        elif verb == DEMO or not self.found:
            yield from ("--lab", str(self.lab_file))
        if self.name is not None:
            yield from ("--name", self.name)
        if self.target is not None and verb not in UNTARGETED:
            yield f"--{self.target}"
