"""What is wrong with a command line in words, and the command that was probably meant."""

from __future__ import annotations

import argparse
import difflib
import re
from typing import TYPE_CHECKING, Final

from mcastlab.command_line import PROGRAM, command
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcastlab.cli.arguments import Parser, UsageError

_RENAMED: Final[dict[tuple[str, ...], str]] = {("twin", "shell"): "ssh"}
"""Commands of before, and what does their work now."""
_NO_CHOICE: Final = re.compile(r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)", re.DOTALL)
_MISSING: Final = "the following arguments are required: "


def mistake(error: UsageError, words: Sequence[str]) -> BadInputError:
    """Return what argparse found wrong with a command line, with the nearest command that is right."""
    text, meant = str(error), None
    if error.surplus:
        meant = _without_surplus(error, words)
    elif (found := _NO_CHOICE.match(text)) is not None:
        argument, word, listed = found.groups()
        choices = re.findall(r"[\w.-]+", listed)
        what = f"command {word!r}" if _has_verbs(error.parser) else f"value {word!r} of {argument}"
        text = f"unknown {what}; expected one of: {', '.join(choices)}"
        if new := _RENAMED.get((*error.parser.prog.removeprefix(PROGRAM).split(), word)):
            old = {word, *error.parser.prog.removeprefix(PROGRAM).split()}
            meant = [new, *(each for each in words if each not in old)]
        else:
            meant = _with_nearest(words, word, choices)
    elif text.startswith(_MISSING) and (unknown := _unknown_option(error.parser, words)) is not None:
        # What is missing may be in the option that was meant: help needs no verb.
        text = f"unrecognized arguments: {unknown}"
        meant = _with_nearest(words, unknown, error.parser._option_string_actions)  # noqa: SLF001
    path = error.parser.prog.removeprefix(PROGRAM).split()
    hint = f"see: {command(*path, '--help')}" if meant is None else f"did you mean: {command(*meant)}"
    return BadInputError(text, hint=hint)


def _without_surplus(error: UsageError, words: Sequence[str]) -> list[str] | None:
    """Return the words with the nearest option, of the verb beside it that takes the option, or without it."""
    surplus = error.surplus[0]
    if not surplus.startswith("-"):
        if error.siblings[error.parser.prog.rpartition(" ")[2]].passes_on:
            return [*words[: words.index(surplus)], "--", *words[words.index(surplus) :]]
        at = len(words) - 1 - list(reversed(words)).index(surplus)
        return [*words[:at], *words[at + 1 :]]
    flag = surplus.partition("=")[0]
    verb = error.parser.prog.rpartition(" ")[2]
    for name, sibling in error.siblings.items():
        if len(error.parser.prog.removeprefix(PROGRAM).split()) > 1 and flag in sibling.flags():
            return _replaced(words, verb, name)
    everywhere = ("--help", "--version") if words[0] == surplus else ("--help",)
    return _with_nearest(words, flag, (*error.siblings[verb].flags(), *everywhere))


def _unknown_option(parser: Parser, words: Sequence[str]) -> str | None:
    """Return the first option that a command line has and a parser does not."""
    known = parser._option_string_actions  # noqa: SLF001
    return next((flag for word in words if word[:1] == "-" and (flag := word.partition("=")[0]) not in known), None)


def _with_nearest(words: Sequence[str], old: str, known: Iterable[str]) -> list[str] | None:
    """Return words with the nearest known one in the place of one of them; None where none is near."""
    near = _nearest(old, known)
    return _replaced(words, old, near) if near else None


def _replaced(words: Sequence[str], old: str, new: str) -> list[str]:
    """Return words with one of them replaced, or the part of it that stands before or behind an equals sign."""
    found = list(words)
    for at, word in enumerate(found):
        if old in (parts := word.split("=", 1)):
            found[at] = "=".join(new if part == old else part for part in parts)
            break
    return found


def _nearest(word: str, known: Iterable[str]) -> str | None:
    bare = {each.lstrip("-"): each for each in known}
    return next((bare[each] for each in difflib.get_close_matches(word.lstrip("-"), bare, 1)), None)


def _has_verbs(parser: Parser) -> bool:
    return any(isinstance(action, argparse._SubParsersAction) for action in parser._actions)  # noqa: SLF001
