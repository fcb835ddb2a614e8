"""Where in a lab file a field stands."""

from __future__ import annotations

import re
from typing import Final

import yaml

from mcastlab.lab.problems import first_number, plain_name
from mcastlab.lab.reading import MERGE, composed
from mcastlab.lab.scalars import value_of

_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[([^\]]*)\]")


class LabFileLines:
    """The lines of the fields of a YAML text that was read before."""

    def __init__(self, text: str) -> None:
        self._root = composed(text)
        self._items: dict[yaml.Node, dict[str, yaml.Node]] = {}
        """Of each list that was asked about, its items by the names or numbers by which paths call them."""

    def of(self, path: str) -> int | None:
        r"""Return the line of a field, or else of the nearest part around it that the text has.

        >>> LabFileLines("vpc:\n  cidr: x\nsites:\n- name: berlin\n  lan: y\n").of("sites[berlin].lan")
        5
        """
        node, line, last = self._root, None, ""
        for field, item in _STEP.findall(path):
            found = _field(node, field.strip("'")) if field else self._item(node, item, first_number(last))
            last = field
            if found is None:
                break
            node, line = found[1], found[0].start_mark.line + 1
        return line

    def _item(self, node: yaml.Node | None, name: str, first: int) -> tuple[yaml.Node, yaml.Node] | None:
        """Return an item by its name or, where it has none, by its number."""
        if not isinstance(node, yaml.SequenceNode):
            return None
        if node not in self._items:
            named = [(_name(item) or str(number), item) for number, item in enumerate(node.value, first)]
            self._items[node] = dict(reversed(named))  # of several of one name, the first
        found = self._items[node].get(name)
        return None if found is None else (found, found)


def _field(node: yaml.Node | None, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Return a field's name and value, from the mappings that are merged into its own too."""
    if not isinstance(node, yaml.MappingNode):
        return None
    own = next(((key, value) for key, value in node.value if key.value == name), None)
    if own is not None:
        return own
    merged = (each for key, value in node.value if key.tag == MERGE for each in _listed(value))
    return next((found for each in merged if (found := _field(each, name)) is not None), None)


def _listed(node: yaml.Node) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else [node]


def _name(node: yaml.Node) -> str | None:
    """Return the name by which a path calls an item."""
    found = _field(node, "name")
    if found is None or not isinstance(found[1], yaml.ScalarNode):
        return None
    word = found[1].value
    return plain_name(word if found[1].style else value_of(word))
