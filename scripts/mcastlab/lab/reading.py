"""From the text of a file to plain mappings, lists and values, without trusting the text.

A lab file needs neither YAML's anchors nor its tags, and is small: what could make a reader slow, deep or double is
refused by its line. Source: YAML 1.2.2, sections 3.2.1.1 (keys are unique) and 3.2.2.2 (anchors and aliases).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import yaml

from mcastlab.lab.types import shown
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST_DOCUMENT: Final = 2 << 20
"""Octets; a thousand sites take a tenth of it, ten thousand groups with lists of senders and receivers most of it."""

DEEPEST: Final = 24
"""Levels of nesting; a lab has seven."""

_DEEPER: Final = {
    yaml.MappingStartEvent: 1,
    yaml.SequenceStartEvent: 1,
    yaml.MappingEndEvent: -1,
    yaml.SequenceEndEvent: -1,
}
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"


def read_yaml(text: str, where: str) -> object:
    """Return what a YAML (or JSON) text holds.

    Raises:
        BadInputError: it is not YAML, or uses what a lab file has no need of.
    """
    refuse_large(len(text), where)
    try:
        _refuse_what_bombs_are_made_of(text, where)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        return None if node is None else _plain(node, yaml.constructor.SafeConstructor(), where)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error, text, where) from None
    except (yaml.YAMLError, ValueError) as error:
        problem = ascii(" ".join(str(error).split()))[1:-1]
        raise BadInputError(f"{where} is not YAML: {problem}", hint="write a lab file as UTF-8 text") from None


def read_json(text: str, where: str) -> object:
    """Return what a JSON text holds.

    Raises:
        BadInputError: it is not JSON, nests too deeply, or has a key twice.
    """
    refuse_large(len(text), where)
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except RecursionError:
        raise BadInputError(f"{where} nests too deeply", hint=f"a lab needs fewer than {DEEPEST} levels") from None
    except ValueError as error:
        problem = ascii(str(error))[1:-1]
        raise BadInputError(f"{where} is not JSON: {problem}", hint="correct the line that the message names") from None


def refuse_large(octets: int, where: str) -> None:
    """Refuse a text that cannot be a lab file.

    Raises:
        BadInputError: it is larger than any lab.
    """
    if octets > LARGEST_DOCUMENT:
        raise BadInputError(
            f"{where} is larger than {LARGEST_DOCUMENT >> 20} MiB and so no lab file",
            hint="name a lab file; ./scripts/lab init FILE writes one to start from",
        )


def _refuse_what_bombs_are_made_of(text: str, where: str) -> None:
    depth = 0
    documents = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = 0 if event.start_mark is None else event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise BadInputError(
                f"{where}: line {line}: anchors and aliases are not read",
                hint="write the value out; equal hosts need only a count, and groups can be a range",
            )
        if getattr(event, "tag", None) is not None:
            raise BadInputError(f"{where}: line {line}: tags are not read", hint="write the value without its tag")
        depth += _DEEPER.get(type(event), 0)
        if depth > DEEPEST:
            raise BadInputError(
                f"{where}: line {line}: nests too deeply", hint=f"a lab needs fewer than {DEEPEST} levels"
            )
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise BadInputError(
                f"{where}: line {line}: a second document begins",
                hint="write each lab in a file of its own",
            )


def _plain(node: yaml.Node, constructor: Any, where: str) -> object:
    """Return a node's value; the recursion is bounded, as deep nesting has been refused."""
    if isinstance(node, yaml.MappingNode):
        document: dict[str, object] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise BadInputError(f"{where}: line {line}: a key is no plain word", hint="write a field's name")
            if key.value in document:
                raise BadInputError(
                    f"{where}: line {line}: the key {shown(key.value)} is there twice in one mapping",
                    hint="keep one of them",
                )
            document[key.value] = _plain(value, constructor, where)
        return document
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, constructor, where) for item in node.value]
    if node.tag == _TIMESTAMP:
        return node.value
    try:
        return constructor.construct_object(node)
    except ValueError:
        # What looks like a number but is none is the text that it is.
        return node.value


def _not_yaml(error: yaml.MarkedYAMLError, text: str, where: str) -> BadInputError:
    mark = error.problem_mark or error.context_mark
    problem = ascii(str(error.problem or error.context))[1:-1]
    if mark is None:
        return BadInputError(f"{where} is not YAML: {problem}", hint="write a lab file as UTF-8 text")
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return BadInputError(
            f"{where}: line {mark.line + 1}: begins with a tab", hint="indent with spaces; YAML takes no tabs there"
        )
    return BadInputError(
        f"{where} is not YAML: line {mark.line + 1}, column {mark.column + 1}: {problem}",
        hint="correct that line, or the one before it",
    )


def _unique(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    document: dict[str, object] = {}
    for key, value in pairs:
        if key in document:
            raise ValueError(f"the key {shown(key)} is there twice in one object")
        document[key] = value
    return document
