"""From the text of a lab file to a `Lab`, with every problem reported at once and by its path."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import ValidationError

from mcastlab.lab.announcements import announcement_groups
from mcastlab.lab.lines import LabFileLines
from mcastlab.lab.model import BLOCKS, Lab
from mcastlab.lab.own_files import FOLDER
from mcastlab.lab.problems import problems_of
from mcastlab.lab.reading import read_json, read_yaml
from mcastlab.lab.short_forms import with_blocks
from mcastlab.lab.types import (
    LONGEST_RANGE,
    NAME_PATTERN,
    PATTERNS_IN_WORDS,
    shown,
)
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab_base.frozen import Frozen

    LineOf = Callable[[str], int | None]

_Model = TypeVar("_Model", bound="Frozen")

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
    return parse(document, where, folder, line_of=lines_of_cdk_json(text))


def parse_yaml(text: str, where: str, folder: Path = _HERE) -> Lab:
    """Return the lab that a YAML (or JSON) document describes; files that it names are relative to `folder`.

    Raises:
        BadInputError: it is not YAML, or the lab is not sound.
    """
    return parse(read_yaml(text, where), where, folder, line_of=lines_of(text))


def lines_of(text: str) -> LineOf:
    """Return what finds the line of a field in a YAML text, by the field's path."""
    lines = cache(LabFileLines)  # a text without a problem needs none
    return lambda path: lines(text).of(path)


def lines_of_cdk_json(text: str) -> LineOf:
    """Return what finds the line of a field of the lab in the context of a ``cdk.json``, which is YAML too."""
    line_of = lines_of(text)
    return lambda path: line_of(f"context.{CONTEXT_KEY}.{path}")


def parse(document: object, where: str, folder: Path = _HERE, *, line_of: LineOf = lambda _: None) -> Lab:
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
    lab = validated(Lab, expanded(document), where, line_of, {FOLDER: folder})
    if lab.tests:
        # Few labs have any, and their model would cost every command its time.
        from mcastlab.lab.device_tests import DeviceTests  # noqa: PLC0415

        validated(DeviceTests, {"tests": list(lab.tests)}, where, line_of)
    return lab


def validated(
    model: type[_Model],
    document: object,
    where: str,
    line_of: LineOf,
    context: dict[str, Any] | None = None,
    *,
    hint: str = "correct each line and run again",
) -> _Model:
    """Return the model that a document describes.

    Raises:
        BadInputError: it describes none; the text has one line for each problem.
    """
    try:
        return model.model_validate(document, context=context)
    except ValidationError as error:
        lines = [
            # What is wrong between fields names its path in its text.
            f"{at_line(where, line_of(problem.path or problem.text.partition(':')[0]))}: {problem}"
            for problem in problems_of(error, document, model)
        ]
        raise BadInputError("\n".join(lines), hint=hint) from None


def at_line(where: str, line: int | None) -> str:
    """Return a place in a file as errors tell it, with the line if that is known."""
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

    Blocks of groups that are followed stand apart from them, and stay as they are. Behind the groups come those in
    which some of them are announced.

    >>> expanded({"groups": [{"name": "page", "address": "239.1.1.1-239.1.1.2"}]})["groups"]
    [{'name': 'page-1', 'address': '239.1.1.1'}, {'name': 'page-2', 'address': '239.1.1.2'}]
    """
    document = with_blocks(document)
    groups = document.get("groups")
    if not isinstance(groups, list | tuple):
        return document
    listed = [group for entry in groups for group in _groups(entry)]
    return {**document, "groups": [*listed, *announcement_groups((*listed, *document.get(BLOCKS, ())))]}


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
