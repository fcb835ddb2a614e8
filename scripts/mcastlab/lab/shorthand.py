"""Short forms of a document that stand for longer ones."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

from mcastlab.lab.types import LONGEST_RANGE


def expand(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document whose ranges of groups are written out, each group with a number in its name.

    >>> expand({"groups": [{"name": "page", "address": "239.1.1.1-239.1.1.2"}]})["groups"]
    [{'name': 'page-1', 'address': '239.1.1.1'}, {'name': 'page-2', 'address': '239.1.1.2'}]
    """
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
