"""What every piece of the fabric shares: when it is made, where it stands, and the lines that make it.

A piece has an identity (`key`) and a content. Pieces of equal key and other content are one piece that changed: it is
made anew in place where the kernel can replace it in one step, else unmade and made.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

Tool = Literal["netns", "sysctl", "nft", "ip", "bridge"]
Place = tuple[str, str]
"""A namespace and a link in it."""


class Phase(IntEnum):
    """What must stand before what: namespaces, then the links between them, then all within a namespace."""

    NAMESPACE = 0
    LINK = 1
    SETUP = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A line for one of the tools: ``ip -batch``, ``bridge -batch``, ``nft -f``, ``KEY=VALUE`` for a sysctl.

    For a namespace it is ``add NAME`` or ``del NAME``.
    """

    tool: Tool
    text: str
