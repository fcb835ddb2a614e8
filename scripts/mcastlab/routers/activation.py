"""The lab's BGP neighbours on a router that makes none active by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mcastlab.ios.configuration import ACTIVE, NOT_ACTIVE_BY_DEFAULT

if TYPE_CHECKING:
    from mcastlab.ios.configuration import ConfigLine, Tree

_REMOTE_AS: Final = " remote-as"


def activated(wanted: Tree, running: Tree) -> Tree:
    """Return what is wanted of a router, with a line that makes each neighbour active where none is by default.

    Source: Cisco IOS IP Routing: BGP Command Reference, bgp default ipv4-unicast and neighbor activate.
    """
    headers = {line.text for line in running if any(each.text == NOT_ACTIVE_BY_DEFAULT for each in line.below)}
    return tuple(
        replace(line, below=(*line.below, *_activations(line))) if line.text in headers else line for line in wanted
    )


def _activations(section: ConfigLine) -> Tree:
    there = {line.text for line in section.below}
    neighbors = ((line, line.text.partition(_REMOTE_AS)[0]) for line in section.below if _REMOTE_AS in line.text)
    found = ((line, f"{neighbor}{ACTIVE}") for line, neighbor in neighbors)
    return tuple(replace(line, text=text, shown=text) for line, text in found if text not in there)
