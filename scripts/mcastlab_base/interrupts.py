"""What a signal raised last: a library that is not Python may put an error of its own in its place.

pydantic does, where the signal came while it made text of an address.

>>> try:
...     raise raised(KeyboardInterrupt())
... except KeyboardInterrupt as interrupt:
...     last() is interrupt
True
"""

from __future__ import annotations

from typing import TypeVar

_Interrupt = TypeVar("_Interrupt", bound=BaseException)

_raised: list[BaseException] = []


def raised(interrupt: _Interrupt) -> _Interrupt:
    """Return what a signal's handler is about to raise, and remember it."""
    _raised[:] = [interrupt]
    return interrupt


def last() -> BaseException | None:
    """Return what a signal raised last; None where none came."""
    return _raised[0] if _raised else None
