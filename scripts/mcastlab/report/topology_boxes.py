"""Boxes and lines of a lab's picture, and how a line runs between two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcastlab.report.topology_marks import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle, or a dot, and what it stands for."""

    kind: str
    """`container`, `node`, `chip` or `dot`."""
    x: float
    y: float
    width: float
    height: float
    label: str = ""
    detail: str = ""
    mark: Mark | None = None

    @property
    def middle(self) -> float:
        """The height of its middle."""
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLink:
    """A line between two boxes, with where its sign stands."""

    kind: str
    """`vpn`, `gre` or `plain`."""
    path: str
    mark: Mark | None = None
    label: str = ""
    x: float = 0
    y: float = 0


Point = tuple[float, float]


def curve_to(start: Point, end: Point) -> str:
    """Return how a path goes on to an end, level at both ends."""
    middle = (start[0] + end[0]) / 2
    return f"C{coordinates((middle, start[1]))} {coordinates((middle, end[1]))} {coordinates(end)}"


def coordinates(point: Point) -> str:
    """Return a point as paths have it."""
    return f"{point[0]:g} {point[1]:g}"


def plain_link(x: float, y: float, to_x: float, to_y: float) -> PictureLink:
    """Return a line without a sign."""
    return PictureLink(kind="plain", path=f"M{coordinates((x, y))}{curve_to((x, y), (to_x, to_y))}")
