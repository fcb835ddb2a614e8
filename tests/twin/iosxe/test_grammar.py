"""Abbreviations, ambiguity and the caret, judged by a plain reading of the rows that knows no tree."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosxe.config.modes import MODE_NAMES, mode
from iosxe.config.node import Row
from iosxe.grammar.pattern import Keyword, Pattern, parse
from iosxe.grammar.trie import Match, Refusal
from iosxe.grammar.unsupported_keywords import GHOSTS

if TYPE_CHECKING:
    from twin.iosxe.typist import Typist

Words = tuple[str, ...]
NAMES = [name for name in MODE_NAMES if any(isinstance(row, Row) for row in mode(name).rows)]


@cache
def ways(name: str) -> tuple[Words, ...]:
    """Every way to say something in a mode, as words; an argument is an empty word."""
    found: dict[Words, None] = {}
    verbs = ("exit", "end", "do <command:line>", *(("exit-address-family",) if name == "bgp-family" else ()))
    patterns: list[tuple[str, Pattern]] = [("", parse(verb)) for verb in verbs]
    for row in mode(name).rows:
        if isinstance(row, Row):
            patterns.append(("", row.parsed))
            unset = row.parsed if row.unset is None else parse(row.unset) if row.unset else None
            patterns += [(word, unset) for word in ("no", "default") if unset is not None]
    for before, pattern in patterns:
        paths = pattern.unset_paths() if before else pattern.set_paths()
        for path in paths:
            words = tuple(step.text if isinstance(step, Keyword) else "" for step in path)
            found[(*before.split(), *words)] = None
    return tuple(found)


def followers(name: str, before: Words) -> set[str]:
    """The keywords that may stand behind these whole words, in this router and in IOS."""
    ours = {way[len(before)] for way in ways(name) if way[: len(before)] == before and len(way) > len(before)}
    ghosts = GHOSTS.get(mode(name).prompt, {}).get(" ".join(before), "").split()
    return (ours | set(ghosts)) - {""}


def leading(name: str) -> st.SearchStrategy[Words]:
    """The keywords up to the first argument of some command."""
    heads = sorted({way[: way.index("")] if "" in way else way for way in ways(name)} - {()})
    return st.sampled_from(heads)


@st.composite
def commands(draw: st.DrawFn) -> tuple[str, Words]:
    name = draw(st.sampled_from(NAMES))
    return name, draw(leading(name))


def outcome(name: str, line: str) -> str | tuple[str, int]:
    found = mode(name).grammar.match(line)
    if isinstance(found, Match) or found.kind == "incomplete":
        return "understood"
    return found.kind, found.column


@settings(max_examples=400, deadline=None)
@given(commands(), st.data())
def test_a_prefix_of_a_keyword_is_the_keyword_unless_another_begins_so(
    command: tuple[str, Words], data: st.DataObject
) -> None:
    name, words = command
    at = data.draw(st.integers(0, len(words) - 1))
    length = data.draw(st.integers(1, len(words[at])))
    typed = words[at][:length]
    line = " ".join((*words[:at], typed, *words[at + 1 :]))
    alike = {word for word in followers(name, words[:at]) if word.startswith(typed)}
    if typed in alike or len(alike) == 1:
        meant = typed if typed in alike else words[at]
        if meant == words[at]:
            assert outcome(name, line) == "understood"
    else:
        assert outcome(name, line) == ("ambiguous", len(" ".join((*words[:at], ""))))


@settings(max_examples=400, deadline=None)
@given(commands(), st.data())
def test_the_caret_stands_below_the_first_character_that_no_keyword_has_there(
    command: tuple[str, Words], data: st.DataObject
) -> None:
    name, words = command
    at = data.draw(st.integers(0, len(words) - 1))
    place = data.draw(st.integers(0, len(words[at])))
    typed = words[at][:place] + "%" + words[at][place:]
    line = " ".join((*words[:at], typed, *words[at + 1 :]))
    if any(way[:at] == words[:at] and len(way) > at and way[at] == "" for way in ways(name)):
        return
    before = len(" ".join((*words[:at], "")))
    assert outcome(name, line) == ("invalid", before + place)


@pytest.mark.parametrize("name", MODE_NAMES)
def test_help_lists_what_a_line_may_begin_with(name: str) -> None:
    found = mode(name).grammar.next_words("")
    assert not isinstance(found, Refusal)
    assert {word for word, keyword in found if keyword} == {way[0] for way in ways(name) if way[0]}


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("interface GigabitEthernet4", 25),
        ("interface Gi 4", 13),
        ("interface ATM0", 10),
        ("ip route 10.0.0.0 255.0.0.0 Tunnel9", 34),
        ("ip route 10.0.0.256 255.0.0.0 Null0", 18),
        ("hostname A B", 11),
        ("ip ssh version 3", 15),
        ("ip access-list standard 100", 24),
        ("router bgp 0", 11),
        ("frobnicate", 1),
        ("  ip fubar", 6),
    ],
)
def test_the_caret_counts_from_the_prompt(typist: Typist, line: str, column: int) -> None:
    prompt = len("R(config)#")
    answer = typist.type(line)
    assert answer == f"{' ' * (prompt + column)}^\n% Invalid input detected at '^' marker.\n\n"


def test_short_forms_are_written_out(typist: Typist) -> None:
    typist.type("int lo 7", "ip add 10.7.7.7 255.255.255.255", "desc  two  words ", "no sh", "exi")
    assert typist.section("interface Loopback7") == ["description two  words", "ip address 10.7.7.7 255.255.255.255"]
