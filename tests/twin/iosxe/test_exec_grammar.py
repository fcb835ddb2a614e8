"""Prefixes, abbreviations and misspellings of exec commands, judged by a plain reading of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosxe.grammar.pattern import Keyword, parse
from iosxe.grammar.trie import Match, Refusal
from iosxe.grammar.unsupported_keywords import GHOSTS
from iosxe.shell.commands import COMMANDS, grammar

if TYPE_CHECKING:
    from iosxe.shell.console import ExecCommand

Words = tuple[str, ...]
WAYS: tuple[Words, ...] = tuple(
    dict.fromkeys(
        tuple(step.text if isinstance(step, Keyword) else "" for step in way)
        for command in COMMANDS
        for way in parse(command.pattern).set_paths()
    )
)
HEADS = sorted({way[: way.index("")] if "" in way else way for way in WAYS} - {()})
PRIVILEGED = 15


def followers(before: Words) -> set[str]:
    """The keywords that may stand behind these, in this router and in IOS."""
    ours = {way[len(before)] for way in WAYS if way[: len(before)] == before and len(way) > len(before)}
    return (ours | set(GHOSTS["exec"].get(" ".join(before), "").split())) - {""}


def takes_argument(before: Words) -> bool:
    return any(way[: len(before)] == before and len(way) > len(before) and not way[len(before)] for way in WAYS)


def outcome(line: str) -> Match[ExecCommand] | Refusal:
    return grammar(PRIVILEGED).match(line)


@pytest.mark.parametrize("words", [way for way in WAYS if "" not in way], ids=" ".join)
def test_a_command_that_is_written_out_is_understood(words: Words) -> None:
    found = outcome(" ".join(words))
    assert isinstance(found, Match)
    assert found.words == words


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(HEADS), st.data())
def test_a_prefix_is_its_command_or_incomplete_and_an_abbreviation_is_that_of_one_word(
    words: Words, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(words) - 1))
    typed = words[at][: data.draw(st.integers(1, len(words[at])))]
    found = outcome(" ".join((*words[:at], typed)))
    alike = {word for word in followers(words[:at]) if word.startswith(typed)}
    if takes_argument(words[:at]):
        return
    if typed in alike or len(alike) == 1:
        meant = typed if typed in alike else words[at]
        if meant in {way[at] for way in WAYS if way[:at] == words[:at] and len(way) > at}:
            assert isinstance(found, Match) or found.kind == "incomplete"
        else:
            assert isinstance(found, Refusal)
            assert found.kind == "invalid"
    else:
        assert isinstance(found, Refusal)
        assert found.kind == "ambiguous"


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(HEADS), st.data())
def test_a_misspelt_word_is_refused_where_it_goes_wrong(words: Words, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(words) - 1))
    place = data.draw(st.integers(0, len(words[at])))
    if takes_argument(words[:at]):
        return
    typed = words[at][:place] + "%" + words[at][place:]
    found = outcome(" ".join((*words[:at], typed, *words[at + 1 :])))
    assert isinstance(found, Refusal)
    assert (found.kind, found.column) == ("invalid", len(" ".join((*words[:at], ""))) + place)
