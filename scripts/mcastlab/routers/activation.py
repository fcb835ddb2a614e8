"""The lab's BGP neighbours are active, where a router makes none so by itself and where somebody undid it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mcastlab.ios.configuration import ACTIVE, NOT_ACTIVE_BY_DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcastlab.ios.configuration import ConfigLine, Path, Tree

_REMOTE_AS: Final = " remote-as"
_STOPS: Final = re.compile(rf"^(?:(?P<down>neighbor \S+) shutdown(?: .*)?|no (?P<inactive>neighbor \S+){ACTIVE})$")


def activated(wanted: Tree, running: Tree) -> Tree:
    """Return what is wanted of a router, with a line that makes each neighbour active where none is by default.

    Source: Cisco IOS IP Routing: BGP Command Reference, bgp default ipv4-unicast and neighbor activate.
    """
    headers = {line.text for line in running if any(each.text == NOT_ACTIVE_BY_DEFAULT for each in line.below)}
    return tuple(
        replace(line, below=(*line.below, *_activations(line))) if line.text in headers else line for line in wanted
    )


def stops(running: Tree, want: Iterable[Path]) -> frozenset[Path]:
    """Return the lines of a configuration that shut a neighbour of what is wanted down or make it inactive.

    Source: Cisco IOS IP Routing: BGP Command Reference, neighbor shutdown and neighbor activate.
    """
    ours = {(*path[:-1], path[-1].partition(_REMOTE_AS)[0]) for path in want if _REMOTE_AS in path[-1]}
    headers = {path[0] for path in ours}
    lines = (path for line in running if line.text in headers for path, _ in line.walk())
    found = ((path, _STOPS.match(path[-1])) for path in lines)
    return frozenset(
        path for path, match in found if match and (*path[:-1], match["down"] or match["inactive"]) in ours
    )


def _activations(section: ConfigLine) -> Tree:
    there = {line.text for line in section.below}
    neighbors = ((line, line.text.partition(_REMOTE_AS)[0]) for line in section.below if _REMOTE_AS in line.text)
    found = ((line, f"{neighbor}{ACTIVE}") for line, neighbor in neighbors)
    return tuple(replace(line, text=text, shown=text) for line, text in found if text not in there)
