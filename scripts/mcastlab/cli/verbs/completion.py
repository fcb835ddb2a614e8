"""``completion SHELL``: what makes a shell complete verbs, options and files; the script asks no program of ours."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mcastlab.cli.arguments import Verb, positional
from mcastlab.command_line import PROGRAM
from mcastlab_base.errors import ExitCode

if TYPE_CHECKING:
    from mcastlab.cli.context import Context


class CompletionVerb(Verb):
    """Print a shell's completion script, for eval."""

    examples: ClassVar = ("completion bash > lab.bash",)
    rank: ClassVar = 170
    evaluated: ClassVar = True

    shell: str = positional(choices=("bash", "zsh", "fish"), metavar="SHELL", help="Shell: bash, zsh or fish")

    def __call__(self, _context: Context) -> int:
        import shtab

        from mcastlab.cli.main import parser

        top = parser()
        # A shell goes by the last part of a command's path.
        top.prog = Path(PROGRAM).name
        _complete_files(top, shtab.FILE)
        print(shtab.complete(top, self.shell))
        return ExitCode.OK


def _complete_files(parser: argparse.ArgumentParser, files: object) -> None:
    """Have files completed wherever an argument is a path."""
    for action in parser._actions:  # noqa: SLF001  (argparse has no other way to ask)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in action.choices.values():
                _complete_files(command, files)
        elif action.type is Path:
            action.complete = files  # type: ignore[attr-defined]  # where shtab looks for it
