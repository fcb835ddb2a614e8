"""Write image fields into the text of a lab file, which stays as it is otherwise: comments, order and style."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

_IMAGE = "image"


def with_images(text: str, router: str, hosts: Mapping[str, str], path: tuple[str, ...] = ()) -> str:
    r"""Return the text of a lab file with an image for the router and for hosts entries.

    Args:
        text: YAML or JSON that was read before.
        router: the router's image.
        hosts: images by the names of hosts entries; others stay as they are.
        path: where the lab stands in the text: ``("context", "lab")`` in a cdk.json.

    >>> print(with_images("name: a\nhosts:\n- name: doppel # two\n", "ami-1", {"doppel": "ami-2"}), end="")
    name: a
    hosts:
    - name: doppel # two
      image: ami-2
    router: {image: ami-1}
    >>> with_images('{"router": {"image": "ami-0"}, "hosts": [{"name": "b"}]}', "ami-1", {"b": "ami-2"})
    '{"router": {"image": "ami-1"}, "hosts": [{"image": "ami-2", "name": "b"}]}'
    """
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    for step in path:
        root = _value(root, step)
    edits: dict[tuple[int, int], str] = {}
    if isinstance(own := _value(root, "router"), yaml.MappingNode):
        edits |= _with_field(text, own, router)
    elif isinstance(root, yaml.MappingNode):
        edits |= _appended(text, root, router)
    entries = _value(root, "hosts")
    for entry in entries.value if isinstance(entries, yaml.SequenceNode) else ():
        name = _value(entry, "name")
        if isinstance(name, yaml.ScalarNode) and name.value in hosts and isinstance(entry, yaml.MappingNode):
            edits |= _with_field(text, entry, hosts[name.value])
    for (begin, end), put in sorted(edits.items(), reverse=True):
        text = f"{text[:begin]}{put}{text[end:]}"
    return text


def _with_field(text: str, node: yaml.MappingNode, image: str) -> dict[tuple[int, int], str]:
    """Return what is put where, so that a mapping has that image."""
    own = next((value for key, value in node.value if key.value == _IMAGE), None)
    if own is not None:
        put = f'"{image}"' if own.style == '"' else image
        return {(own.start_mark.index, own.end_mark.index): put}
    start = node.start_mark.index
    if node.flow_style:
        quote = '"' if node.value and node.value[0][0].style == '"' else ""
        more = ", " if node.value else ""
        return {(start + 1, start + 1): f"{quote}{_IMAGE}{quote}: {quote}{image}{quote}{more}"}
    key, value = node.value[0]
    indent = " " * key.start_mark.column
    if isinstance(value, yaml.ScalarNode) and value.end_mark.line == key.start_mark.line:
        end = text.find("\n", value.end_mark.index)
        end = len(text) if end < 0 else end
        return {(end, end): f"\n{indent}{_IMAGE}: {image}"}
    return {(start, start): f"{_IMAGE}: {image}\n{indent}"}


def _appended(text: str, root: yaml.MappingNode, image: str) -> dict[tuple[int, int], str]:
    """Return what is put where, so that a lab file without a router has one with that image."""
    if root.flow_style:
        start = root.start_mark.index + 1
        quote = '"' if root.value and root.value[0][0].style == '"' else ""
        return {(start, start): f"{quote}router{quote}: {{{quote}{_IMAGE}{quote}: {quote}{image}{quote}}}, "}
    end = len(text)
    return {(end, end): f"{'' if text.endswith(chr(10)) else chr(10)}router: {{{_IMAGE}: {image}}}\n"}


def _value(node: yaml.Node | None, name: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if key.value == name), None)
