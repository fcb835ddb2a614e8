"""``cdk ARG ...``: the pinned AWS CDK command line, as it is, on the target."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from mcastlab.cli.arguments import REMAINDER, TargetVerb, option, positional
from mcastlab.places import DEFAULT_LAB

if TYPE_CHECKING:
    from mcastlab.cli.context import Context

ASKING: Final = frozenset({"diff", "drift"})
CHANGING: Final = frozenset({"bootstrap", "deploy", "destroy", "gc", "import", "rollback", "watch"})
"""Commands that change an account, and those that only ask it. Source: AWS CDK CLI reference."""

_CONTEXT: Final = ("-c", "--context")
_HELP: Final = frozenset({"--help", "-h"})


class CdkVerb(TargetVerb):
    """Run the pinned AWS CDK command line on the target."""

    rank: ClassVar = 160

    lab: Path = option(
        "--lab", default=DEFAULT_LAB, type=Path, metavar="FILE", help="Lab file, like -c lab=FILE (default: cdk.json)"
    )
    name: str | None = option("--name", metavar="NAME", help="Another name for the lab, like -c name=NAME")
    arguments: tuple[str, ...] = positional(
        default=(), nargs=REMAINDER, metavar="ARG", help="Arguments of the CDK command line"
    )

    def __call__(self, context: Context) -> int:
        from mcastlab.aws.cdk import run_interactively

        words, told = _context(self.arguments)
        said = context.command.context
        if context.command.lab_file == DEFAULT_LAB and "lab" in told:
            context.command = replace(context.command, lab_file=Path(told["lab"]))
        context.command = replace(context.command, name=context.command.name or told.get("name"))
        if (CHANGING | ASKING).intersection(words) and not _HELP.intersection(words):
            context.enter(changes=bool(CHANGING.intersection(words)))
        return run_interactively((*words, *said))


def _context(words: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
    """Return the words and the context values in them, a lab file's made absolute: the CDK runs in another folder."""
    found, passed = {}, list(words)
    for at, (before, word) in enumerate(pairwise(words), 1):
        key, equals, value = word.partition("=")
        if before in _CONTEXT and equals:
            found[key] = str(Path(value).resolve()) if key == "lab" else value
            passed[at] = f"{key}={found[key]}"
    return passed, found
