"""What may stand behind ``|``: begin, count, exclude, include, section."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from iosxe.grammar.pattern import parse
from iosxe.grammar.trie import Grammar, Match, Refusal

Filter = Callable[[str], str]


def _begin(pattern: re.Pattern[str], lines: list[str]) -> list[str]:
    first = next((at for at, line in enumerate(lines) if pattern.search(line)), len(lines))
    return lines[first:]


def _include(pattern: re.Pattern[str], lines: list[str]) -> list[str]:
    return [line for line in lines if pattern.search(line)]


def _exclude(pattern: re.Pattern[str], lines: list[str]) -> list[str]:
    return [line for line in lines if not pattern.search(line)]


def _count(pattern: re.Pattern[str], lines: list[str]) -> list[str]:
    return [f"Number of lines which match regexp = {len(_include(pattern, lines))}"]


def _section(pattern: re.Pattern[str], lines: list[str]) -> list[str]:
    """Return each line that matches with the lines that are indented below it."""
    kept: list[str] = []
    depth: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if depth is not None and indent > depth and line.strip():
            kept.append(line)
            continue
        depth = indent if line.strip() and pattern.search(line) else None
        if depth is not None:
            kept.append(line)
    return kept


_FILTERS: Final[Mapping[str, Callable[[re.Pattern[str], list[str]], list[str]]]] = {
    "begin": _begin,
    "count": _count,
    "exclude": _exclude,
    "include": _include,
    "section": _section,
}


def _grammar() -> Grammar[str]:
    grammar: Grammar[str] = Grammar()
    for name in _FILTERS:
        for path in parse(f"{name} <expression:line>").set_paths():
            grammar.add(path, name)
    grammar.add_ghosts("", ("append", "format", "redirect", "tee"))
    return grammar


GRAMMAR: Final = _grammar()


def read_filter(line: str, start: int) -> Filter | Refusal | str:
    """Return the filter that stands in `line` from column `start` on, why there is none, or what IOS says of it."""
    found = GRAMMAR.match(line, start)
    if isinstance(found, Refusal):
        return found
    return _filter(found)


def _filter(found: Match[str]) -> Filter | str:
    try:
        pattern = re.compile(found.args["expression"])
    except re.error:
        return "% Failed to compile regular expression.\n"
    keep = _FILTERS[found.leaf]
    return lambda text: "".join(f"{line}\n" for line in keep(pattern, text.splitlines()))
