"""Times within a test, in milliseconds from its begin: what they share, what is left of them, and their union."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

TOUCHING_MS: Final = 50
"""A host whose last device leaves and whose next one joins so soon stays a member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time."""

    begin_ms: int
    end_ms: int

    def meets(self, other: Span) -> bool:
        """Say whether both have some time in common."""
        return self.begin_ms < other.end_ms and other.begin_ms < self.end_ms

    def without(self, others: Iterable[Span]) -> tuple[Span, ...]:
        """Return what is left of it outside of others.

        >>> Span(begin_ms=0, end_ms=9).without([Span(begin_ms=2, end_ms=4)])
        (Span(begin_ms=0, end_ms=2), Span(begin_ms=4, end_ms=9))
        """
        left = [self]
        for other in others:
            left = [
                Span(begin_ms=begin, end_ms=end)
                for each in left
                for begin, end in (
                    (each.begin_ms, min(each.end_ms, other.begin_ms)),
                    (max(each.begin_ms, other.end_ms), each.end_ms),
                )
                if begin < end
            ]
        return tuple(left)


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return times as few as they can be: those that overlap or touch are one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda each: each.begin_ms):
        if found and span.begin_ms <= found[-1].end_ms + TOUCHING_MS:
            found[-1] = Span(begin_ms=found[-1].begin_ms, end_ms=max(found[-1].end_ms, span.end_ms))
        else:
            found.append(span)
    return found
