"""``cdk ARG ...``: the pinned AWS CDK command line, as it is, on the target."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from mcastlab.cli.arguments import REMAINDER, TargetVerb, option, positional
from mcastlab.command_line import LabCommand
from mcastlab.lab_choice import named

if TYPE_CHECKING:
    from mcastlab.cli.context import Context

ASKING: Final = frozenset({"diff", "drift"})
CHANGING: Final = frozenset({"bootstrap", "deploy", "destroy", "gc", "import", "refactor", "rollback", "watch"})
"""Commands that change an account, and those that only ask it. Source: AWS CDK CLI reference."""
SYNTHESISING: Final = frozenset({"list", "ls", "metadata", "synth", "synthesize"})
"""Commands that run the app, and ask no account."""

_CONTEXT: Final = re.compile(r"(?:(?:-c|--context)=)?(lab|name)=(.*)", re.DOTALL)
_HELP: Final = frozenset({"--help", "-h", "--version"})


class CdkVerb(TargetVerb):
    """Run the pinned AWS CDK command line on the target."""

    examples: ClassVar = ("cdk diff --all", "cdk synth --quiet")
    rank: ClassVar = 160
    passes_on: ClassVar = "arguments"
    passes_all: ClassVar = True

    lab: Path | None = option(
        "--lab",
        type=Path,
        metavar="FILE",
        help="Lab file, or demo, like -c lab=FILE (default: lab.yaml or the one *.lab.yaml here)",
    )
    name: str | None = option("--name", metavar="NAME", help="Another name for the lab, like -c name=NAME")
    arguments: tuple[str, ...] = positional(
        default=(), nargs=REMAINDER, metavar="ARG", help="Arguments of the CDK command line, all as they are"
    )

    def __call__(self, context: Context) -> int:
        from mcastlab.aws.cdk import run_interactively

        words, values = _context(self.arguments)
        runs = not _HELP.intersection(words)
        enters = runs and bool((CHANGING | ASKING).intersection(words))
        if self.lab is None and "lab" in values:
            context.command = LabCommand(
                lab_file=Path(values["lab"]), name=self.name or values.get("name"), target=self.target
            )
        if enters:
            context.enter(changes=bool(CHANGING.intersection(words)))
        own_app = any(word.partition("=")[0] in {"-a", "--app"} for word in words)
        synthesises = runs and not own_app and (enters or not SYNTHESISING.isdisjoint(words))
        said = context.command.context if synthesises or self.lab is not None or "lab" in values else ()
        return run_interactively((*words, *said))


def _context(words: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
    """Return the words and our context values in them, a lab file's made absolute: the app may run elsewhere."""
    found, passed = {}, list(words)
    for at, word in enumerate(words):
        before = words[at - 1] if at else ""
        known = _CONTEXT.fullmatch(word)
        if known is None or not (word.startswith("-") or before in {"-c", "--context"}):
            continue
        key, value = known.groups()
        found[key] = str(named(Path(value)).resolve()) if key == "lab" else value
        passed[at] = f"{word[: known.start(1)]}{key}={found[key]}"
    return passed, found
