"""``twin``: start, show and end the local AWS region with its far sites."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from mcastlab.errors import CheckFailedError, ExitCode
from mcastlab.lab_files import read_lab
from mcastlab.twin import lifecycle

if TYPE_CHECKING:
    import argparse

    from mcastlab.twin.rundir import Twin


def run(arguments: argparse.Namespace) -> int:
    """Carry out an action on the twin of a lab."""
    lab = read_lab(arguments.lab, arguments.name)
    if arguments.action == "down":
        removed = lifecycle.down(lab.name)
        print(f"twin {removed.name}: {'removed' if removed.was_up or removed.had_files else 'there was none'}")
        return ExitCode.OK
    twin = lifecycle.find(lab.name) or lifecycle.up(lab, lab.name) if arguments.action == "up" else found(lab.name)
    if arguments.action == "env":
        print(f"unset {' '.join(lifecycle.FOREIGN_VARIABLES)}")
        for key, value in lifecycle.environment(twin).items():
            print(f"export {key}={shlex.quote(value)}")
    else:
        print(f"twin {twin.name}: AWS API on {twin.endpoint}, {twin.way}, files in {twin.run_dir}")
    return ExitCode.OK


def found(name: str) -> Twin:
    """Return the running twin of that name.

    Raises:
        CheckFailedError: there is none.
    """
    twin = lifecycle.find(name)
    if twin is None:
        raise CheckFailedError(f"no twin called {name} is up", hint="./scripts/lab twin up starts one")
    return twin
