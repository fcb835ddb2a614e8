"""The help of every verb and sub-verb is the golden one, without which it fails; every number there has a range."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pytest

from mcastlab.cli.main import listing, parser
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WIDTH = "100"


def each_parser(top: argparse.ArgumentParser, *path: str) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    """Every parser below one, with the words that lead to it."""
    for action in top._actions:  # noqa: SLF001  (argparse has no other way to ask)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for name, command in action.choices.items():
                yield (*path, name), command
                yield from each_parser(command, *path, name)


PARSERS = dict(each_parser(parser()))


@pytest.mark.parametrize("path", PARSERS, ids="-".join)
def test_help_of_a_verb_is_the_golden_one(
    path: tuple[str, ...], golden_help: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", WIDTH)
    golden_help(f"help/{'-'.join(path)}.txt", PARSERS[path].format_help())


def test_every_number_has_a_range() -> None:
    bare = {
        action.dest if not action.option_strings else action.option_strings[0]
        for each in PARSERS.values()
        for action in each._actions  # noqa: SLF001
        if action.type in {int, float}
    }
    # These are checked with what else is asked for: a lab's licence, how long one listens live.
    assert bare == {"--for", "--rate"}


def test_no_golden_help_is_of_a_verb_that_is_gone() -> None:
    named = {"-".join(path) for path in PARSERS} | {"lab"}
    assert {file.stem for file in (PROJECT / "tests" / "golden" / "help").iterdir()} == named


def test_help_that_is_read_from_the_files_says_what_the_verbs_themselves_say() -> None:
    assert listing().format_help() == parser().format_help()
