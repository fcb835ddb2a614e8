"""Numbers on the command line: each has a range, so that none is refused by what it is given to later."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable


def number(kind: type[int | float], least: int, most: int) -> Callable[[str], float]:
    """Return what reads a number of a range, for ``type=``; argparse prints what is wrong with another one.

    >>> number(int, 0, 65535)("8022")
    8022
    """

    def read(word: str) -> float:
        value = kind(word)
        # NaN is in no range.
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{word} is not within {least} and {most}")
        return value

    read.__name__ = kind.__name__
    return read


LAST_PORT: Final = 65535
TCP_PORT: Final = number(int, 0, LAST_PORT)
"""0 stands for a free one."""
COUNT: Final = number(int, 1, 1_000_000)
