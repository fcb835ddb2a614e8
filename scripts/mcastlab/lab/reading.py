"""From the text of a file to plain mappings, lists and values, without trusting the text.

Anchors, aliases and merge keys are read, tags are not. A lab file is small: what could make a reader slow, deep or
double is refused by its line. Sources: YAML 1.2.2, sections 3.2.1.1 (keys are unique) and 3.2.2.2 (anchors and
aliases); YAML 1.1's merge key language-independent type.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import yaml

from mcastlab.lab.scalars import value_of
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
MERGE: Final = "tag:yaml.org,2002:merge"
MOST_VALUES: Final = 200_000
"""Values that a text may stand for with its aliases written out, beyond one for each of its own octets."""


@lru_cache(maxsize=1)
def composed(text: str) -> yaml.Node | None:
    """Return a YAML text's tree, which is read for its values first, and for lines where something is wrong.

    Raises:
        yaml.YAMLError: it is not YAML.
    """
    return yaml.compose(text, Loader=yaml.CSafeLoader)


def read_yaml(text: str, where: str) -> object:
    """Return what a YAML (or JSON) text holds.

    Raises:
        BadInputError: it is not YAML, or uses what a lab file has no need of.
    """
    refuse_large(len(text), where)
    try:
        _refuse_what_no_lab_needs(text, where)
        node = composed(text)
        return None if node is None else _Reader(where, MOST_VALUES + len(text)).value(node, 1)
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


def _refuse_what_no_lab_needs(text: str, where: str) -> None:
    depth = 0
    documents = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = 0 if event.start_mark is None else event.start_mark.line + 1
        if getattr(event, "tag", None) is not None:
            raise BadInputError(f"{where}:{line}: tags are not read", hint="write the value without its tag")
        depth += _DEEPER.get(type(event), 0)
        if depth > DEEPEST:
            raise _too_deep(where, line)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise BadInputError(
                f"{where}:{line}: a second document begins",
                hint="write each lab in a file of its own",
            )


def _too_deep(where: str, line: int) -> BadInputError:
    return BadInputError(f"{where}:{line}: nests too deeply", hint=f"a lab needs fewer than {DEEPEST} levels")


class _Reader:
    """Nodes made values; aliases may stand for many, or for themselves."""

    def __init__(self, where: str, most: int) -> None:
        self._where = where
        self._left = most

    def value(self, node: yaml.Node, depth: int) -> object:
        """Return a node's value.

        Raises:
            BadInputError: it is too deep, too much, or has what no lab file may have.
        """
        self._left -= 1
        line = node.start_mark.line + 1
        if depth > DEEPEST:
            raise _too_deep(self._where, line)
        if self._left < 0:
            raise self._refused(line, "aliases stand for more values than any lab has", "write the values out")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, depth + 1) for item in node.value]
        if not isinstance(node, yaml.ScalarNode) or node.style:
            return node.value
        try:
            return value_of(node.value)
        except ValueError as error:
            raise self._refused(line, str(error), "quotes make text of a number") from None

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, object]:
        merged: dict[str, object] = {}
        own: dict[str, object] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.tag == MERGE:
                # The first of several goes before the others, and what is the mapping's own before all of them.
                merged = {**self._merged(value, depth, line), **merged}
                continue
            if not isinstance(key, yaml.ScalarNode):
                raise self._refused(line, "a key is no plain word", "write a field's name")
            if key.value in own:
                raise self._refused(
                    line, f"the key {shown(key.value)} is there twice in one mapping", "keep one of them"
                )
            own[key.value] = self.value(value, depth + 1)
        return {**merged, **own}

    def _merged(self, node: yaml.Node, depth: int, line: int) -> dict[str, object]:
        several = node.value if isinstance(node, yaml.SequenceNode) else [node]
        found: dict[str, object] = {}
        for each in several:
            if not isinstance(each, yaml.MappingNode):
                raise self._refused(line, "<< merges mappings, and this is none", "write <<: *ANCHOR of a mapping")
            value = self.value(each, depth + 1)
            assert isinstance(value, dict)  # noqa: S101  (a mapping is made one)
            found = {**value, **found}
        return found

    def _refused(self, line: int, text: str, hint: str) -> BadInputError:
        return BadInputError(f"{self._where}:{line}: {text}", hint=hint)


def _not_yaml(error: yaml.MarkedYAMLError, text: str, where: str) -> BadInputError:
    mark = error.problem_mark or error.context_mark
    problem = ascii(str(error.problem or error.context))[1:-1]
    if mark is None:
        return BadInputError(f"{where} is not YAML: {problem}", hint="write a lab file as UTF-8 text")
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return BadInputError(
            f"{where}:{mark.line + 1}: begins with a tab", hint="indent with spaces; YAML takes no tabs there"
        )
    return BadInputError(
        f"{where}:{mark.line + 1}:{mark.column + 1}: this is not YAML: {problem}",
        hint="correct that line, or the one before it",
    )


def _unique(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    document: dict[str, object] = {}
    for key, value in pairs:
        if key in document:
            raise ValueError(f"the key {shown(key)} is there twice in one object")
        document[key] = value
    return document
