"""Commands that a user is shown, read as the command line itself reads them."""

from __future__ import annotations

import re
import shlex
from functools import cache
from typing import TYPE_CHECKING, Any

from mcastlab.cli.arguments import LabVerb, TargetVerb
from mcastlab.cli.main import parser
from mcastlab.command_line import PROGRAM, program
from mcastlab.lab_choice import choose_lab

if TYPE_CHECKING:
    from mcastlab.command_line import LabCommand


_parser = cache(parser)


def commands_in(text: str) -> list[str]:
    """The commands of ours in what was printed: each ends its line, but for an eval's brackets."""
    found = re.findall(rf"(?:^|[ (]){re.escape(program())} (.*)", text, re.MULTILINE)
    return [f"{program()} {rest.removesuffix(')' + chr(34))}" for rest in found]


def given(line: str) -> Any:
    """The options that the command line makes of a command."""
    words = shlex.split(line)
    assert words[0] == shlex.split(program())[0], line
    return _parser().parse(words[1:])


def path(line: str) -> str:
    """The verb of a command, with the one below it."""
    prog: str = _parser().parse_args(shlex.split(line)[1:]).leaf[1].prog
    return prog.removeprefix(f"{PROGRAM} ")


def assert_about(line: str, command: LabCommand) -> None:
    """A command is whole: it names the lab's file and name, and the target where its verb has one."""
    verb = given(line)
    if not isinstance(verb, LabVerb):
        return
    assert (choose_lab(verb.lab).lab_file, verb.name) == (command.lab_file, command.name), line
    if isinstance(verb, TargetVerb):
        assert verb.target == command.target, line
