"""What every piece of the network shares: when it is made, where it stands, and the lines that make it. Pure.

A piece has an identity (`key`) and a content. Pieces of equal key and other content are one piece that changed: it is
made anew in place where the kernel can replace it in one step, else unmade and made.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

Tool = Literal["netns", "sysctl", "nft", "ip", "bridge"]
Place = tuple[str, str]
"""A namespace and a link in it."""


class Phase(IntEnum):
    """What must stand before what: namespaces, then the links between them, then all within a namespace."""

    NAMESPACE = 0
    LINK = 1
    SETUP = 2


@dataclass(frozen=True, slots=True)
class ToolLine:
    """A line for one of the tools: ``ip -batch``, ``bridge -batch``, ``nft -f``, ``KEY=VALUE`` for a sysctl.

    For a namespace it is ``add NAME`` or ``del NAME``.
    """

    tool: Tool
    text: str


class Piece(ABC):
    """What every piece has. Subclasses are frozen dataclasses, and say by which lines they are made and unmade."""

    __slots__ = ()
    phase: ClassVar = Phase.SETUP
    in_place: ClassVar = False
    """The kernel can replace it in one step."""
    identity: ClassVar[tuple[str, ...]]
    """The fields that say which piece it is."""

    @property
    def key(self) -> Hashable:
        """Identity."""
        return type(self), *(getattr(self, field) for field in self.identity)

    @property
    @abstractmethod
    def netns(self) -> str | None:
        """Where it stands; None is the sandbox's own namespace."""

    @property
    def needs(self) -> frozenset[Place]:
        """The links that it stands on: it goes with them."""
        return frozenset()

    def up(self) -> tuple[ToolLine, ...]:
        """How it is made."""
        return tuple(self._up())

    def down(self) -> tuple[ToolLine, ...]:
        """How it is unmade."""
        return tuple(self._down())

    @abstractmethod
    def _up(self) -> Iterator[ToolLine]: ...

    @abstractmethod
    def _down(self) -> Iterator[ToolLine]: ...
