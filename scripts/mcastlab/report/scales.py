"""Axes: round numbers, and where a value stands. The template draws them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

ROUND: Final = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """An axis from 0 to a round number, laid over a length of the picture."""

    top: float
    ticks: tuple[float, ...]
    begin: float
    """Where 0 stands."""
    end: float
    """Where `top` stands; before `begin` where the picture's coordinates run the other way."""

    def at(self, value: float) -> float:
        """Return where a value stands, to a tenth of the picture's unit."""
        return round(self.begin + (self.end - self.begin) * value / self.top, 1)

    def marks(self) -> tuple[tuple[float, str], ...]:
        """Return where each tick stands, and its number."""
        return tuple((self.at(tick), f"{tick:g}") for tick in self.ticks)


def axis(largest: float, begin: float, end: float, *, steps: int = 4) -> Axis:
    """Return an axis with about so many steps of a round number, which holds the largest value.

    >>> axis(1.37, 0, 100).ticks
    (0.0, 0.5, 1.0, 1.5)
    >>> axis(0, 0, 100).top
    1.0
    """
    if not math.isfinite(largest) or largest <= 0:
        largest = 1.0
    rough = largest / steps
    magnitude = 10 ** math.floor(math.log10(rough))
    step = next(each * magnitude for each in ROUND if each * magnitude >= rough * (1 - 1e-9))
    number = math.ceil(largest / step - 1e-9)
    return Axis(
        top=number * step, ticks=tuple(round(step * index, 9) for index in range(number + 1)), begin=begin, end=end
    )
