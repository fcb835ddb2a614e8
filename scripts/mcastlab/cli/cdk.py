"""``cdk ARG ...``: the pinned AWS CDK command line, as it is, on the target."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab.aws.cdk_cli import run_interactively
from mcastlab.command_line import LabCommand
from mcastlab.lab_files import read_lab
from mcastlab.places import DEFAULT_LAB

if TYPE_CHECKING:
    import argparse

ASKING: Final = frozenset({"diff", "drift"})
CHANGING: Final = frozenset({"bootstrap", "deploy", "destroy", "gc", "import", "rollback", "watch"})
"""Commands that change an account, and those that only ask it. Source: AWS CDK CLI reference."""

_CONTEXT: Final = ("-c", "--context")
_HELP: Final = ("--help", "-h")


def run(arguments: argparse.Namespace) -> int:
    """Run the CDK command line and return its exit code."""
    words: list[str] = arguments.arguments
    lab = LabCommand(lab_file=arguments.lab or DEFAULT_LAB, name=arguments.name)
    context = _context(words)
    arguments.lab = arguments.lab or Path(context.get("lab", DEFAULT_LAB))
    arguments.name = arguments.name or context.get("name")
    if (CHANGING | ASKING).intersection(words) and not any(word in _HELP for word in words):
        arguments.enter(read_lab(arguments.lab, arguments.name), changes=bool(CHANGING.intersection(words)))
    return run_interactively((*words, *lab.context))


def _context(words: list[str]) -> dict[str, str]:
    """Return the context values that are given, a lab file's made absolute: the CDK runs in the project's folder."""
    found = {}
    for at, (option, word) in enumerate(pairwise(words), 1):
        key, equals, value = word.partition("=")
        if option in _CONTEXT and equals:
            found[key] = str(Path(value).resolve()) if key == "lab" else value
            words[at] = f"{key}={found[key]}"
    return found
