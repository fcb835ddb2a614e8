"""The exec commands of a privilege level as a grammar."""

from __future__ import annotations

from functools import cache
from typing import Final

from iosxe.grammar.pattern import parse
from iosxe.grammar.trie import Grammar
from iosxe.grammar.unsupported_keywords import GHOSTS
from iosxe.shell import change_commands, exec_commands, file_commands, show_commands
from iosxe.shell.console import PRIVILEGED, ExecCommand

__all__ = ["COMMANDS", "PRIVILEGED", "grammar"]

COMMANDS: Final = (
    *exec_commands.COMMANDS,
    *file_commands.COMMANDS,
    *change_commands.COMMANDS,
    *show_commands.COMMANDS,
)


@cache
def grammar(level: int) -> Grammar[ExecCommand]:
    """Return the commands that a privilege level may use."""
    found: Grammar[ExecCommand] = Grammar()
    for command in COMMANDS:
        if command.level <= level:
            for path in parse(command.pattern).set_paths():
                found.add(path, command)
    for prefix, words in GHOSTS["exec"].items():
        found.add_ghosts(prefix, words.split())
    return found
