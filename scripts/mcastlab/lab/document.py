"""From the text of a lab file to a `Lab`, with every problem told at once and by its path."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from mcastlab.lab.lines import LabFileLines
from mcastlab.lab.model import BLOCKS, Lab, with_blocks
from mcastlab.lab.problems import problems_of
from mcastlab.lab.reading import read_json, read_yaml
from mcastlab.lab.types import FOLDER, LONGEST_RANGE, NAME_PATTERN, PATTERNS_IN_WORDS, shown
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.lab.problems import LabFileProblem

CONTEXT_KEY: Final = "lab"
"""Where cdk.json's context holds the lab file."""
_HERE: Final = Path()


def parse_cdk_json(text: str, where: str, folder: Path = _HERE) -> Lab:
    """Return the lab that the context of a ``cdk.json`` holds; files that it names are relative to `folder`.

    Raises:
        BadInputError: it is not JSON, or holds no lab, or the lab is not sound.
    """
    content = read_json(text, where)
    context = content.get("context") if isinstance(content, dict) else None
    document = context.get(CONTEXT_KEY) if isinstance(context, dict) else None
    return parse(document, where, folder)


def parse_yaml(text: str, where: str, folder: Path = _HERE) -> Lab:
    """Return the lab that a YAML (or JSON) document describes; files that it names are relative to `folder`.

    Raises:
        BadInputError: it is not YAML, or the lab is not sound.
    """
    lines = cache(LabFileLines)  # a lab file without a problem needs none
    return parse(read_yaml(text, where), where, folder, line_of=lambda path: lines(text).of(path))


def parse(
    document: object, where: str, folder: Path = _HERE, *, line_of: Callable[[str], int | None] = lambda _: None
) -> Lab:
    """Return the lab that a mapping describes.

    Args:
        document: the mapping.
        where: what holds it, in words.
        folder: what files that it names are relative to.
        line_of: the line of a field in the text that the mapping was read from, by its path.

    Raises:
        BadInputError: it is no mapping, or not a sound lab; the text has one line for each problem.
    """
    if not isinstance(document, dict):
        raise BadInputError(
            f"{where} holds no lab file: a mapping is expected, not {shown(document)}",
            hint="./scripts/lab init FILE writes one to start from; cdk.json has one under context.lab",
        )
    if BLOCKS in document:
        raise BadInputError(
            f"{where}: {BLOCKS}: there is no such field", hint="write blocks under groups, each with bridge: follow"
        )
    whole = expanded(document)
    try:
        return Lab.model_validate(whole, context={FOLDER: folder})
    except ValidationError as error:
        lines = [f"{_place(where, problem, line_of)}: {problem}" for problem in problems_of(error, whole)]
        raise BadInputError("\n".join(lines), hint="correct each line and run again") from None


def _place(where: str, problem: LabFileProblem, line_of: Callable[[str], int | None]) -> str:
    # What is wrong between fields names its path in its text.
    line = line_of(problem.path or problem.text.partition(":")[0])
    return where if line is None else f"{where}:{line}"


def renamed(lab: Lab, name: str) -> Lab:
    """Return a lab that differs in its name alone, so that one document serves labs side by side.

    Raises:
        BadInputError: it is no name.
    """
    if re.fullmatch(NAME_PATTERN, name) is None:
        raise BadInputError(f"{shown(name)} is no name for a lab", hint=f"write {PATTERNS_IN_WORDS[NAME_PATTERN]}")
    return lab.model_copy(update={"name": name})


def expanded(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document whose ranges of groups are written out, each group with a number in its name.

    Blocks of groups that are followed stand apart from them, and stay as they are.

    >>> expanded({"groups": [{"name": "page", "address": "239.1.1.1-239.1.1.2"}]})["groups"]
    [{'name': 'page-1', 'address': '239.1.1.1'}, {'name': 'page-2', 'address': '239.1.1.2'}]
    """
    document = with_blocks(document)
    groups = document.get("groups")
    if not isinstance(groups, list | tuple):
        return document
    return {**document, "groups": [group for entry in groups for group in _groups(entry)]}


def _groups(entry: object) -> list[Any]:
    """Return the groups that an entry stands for; what is no sound range is left for the model to refuse."""
    if (
        not isinstance(entry, dict)
        or not isinstance(entry.get("address"), str)
        or not isinstance(entry.get("name"), str)
    ):
        return [entry]
    first_text, dash, last_text = entry["address"].partition("-")
    if not dash:
        return [entry]
    try:
        first, last = IPv4Address(first_text.strip()), IPv4Address(last_text.strip())
    except ValueError:
        return [entry]
    size = int(last) - int(first) + 1
    if not 1 <= size <= LONGEST_RANGE:
        return [entry]
    return [
        {**entry, "name": f"{entry['name']}-{number + 1}", "address": str(first + number)} for number in range(size)
    ]
