"""Commands that are told to a user, read as the command line itself reads them."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from mcastlab.cli.main import parser
from mcastlab.command_line import TARGETED, program

if TYPE_CHECKING:
    import argparse

    from mcastlab.command_line import LabCommand

NO_LAB = frozenset({"init", "region", "router", "schema"})


def commands_in(text: str) -> list[str]:
    """The commands of ours in what was printed: each ends its line, but for an eval's brackets."""
    found = re.findall(rf"(?:^|[ (]){re.escape(program())} (.*)", text, re.MULTILINE)
    return [f"{program()} {rest.removesuffix(')' + chr(34))}" for rest in found]


def given(line: str) -> argparse.Namespace:
    """What the command line makes of a command."""
    words = shlex.split(line)
    assert words[0] == shlex.split(program())[0], line
    return parser().parse_args(words[1:])


def assert_about(line: str, command: LabCommand) -> None:
    """A command is whole: it names the lab's file and name, and the target where its verb has one."""
    arguments = given(line)
    if arguments.verb in NO_LAB:
        return
    if arguments.verb == "cdk":
        words, context = arguments.arguments, list(command.context)
        assert any(words[at : at + len(context)] == context for at in range(1, len(words) + 1)), line
        assert arguments.target == command.target, line
        return
    assert (arguments.lab, arguments.name) == (command.lab_file, command.name), line
    if arguments.verb in TARGETED:
        assert arguments.target == command.target, line
