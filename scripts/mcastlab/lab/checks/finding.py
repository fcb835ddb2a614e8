"""What a design check is, and what it finds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mcastlab.lab.model import Lab


class Severity(StrEnum):
    """How much a finding weighs; in the order in which findings are reported."""

    ERROR = "error"
    """The lab cannot work, or AWS or a router refuses it."""
    WARNING = "warning"
    """It may not work, or only after something was asked for."""
    NOTE = "note"
    """Worth knowing."""


ORDER: Final = tuple(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignFinding:
    """What a check found in a lab, and what to write instead."""

    check: str
    severity: Severity
    path: str
    """Where in the lab file; items of lists are called by their names."""
    text: str
    hint: str
    source: str
    """Who says so."""


ALIKE_SHOWN: Final = 10
"""How many findings of one check and severity are worth reading; more of them mostly have one reason."""


def abridged(findings: Iterable[DesignFinding]) -> tuple[tuple[DesignFinding, ...], tuple[str, ...]]:
    """Return the findings to print, the first few of each check and severity, and a line for each that has more."""
    counts: Counter[tuple[str, Severity]] = Counter()
    kept = []
    for finding in findings:
        kind = finding.check, finding.severity
        counts[kind] += 1
        if counts[kind] <= ALIKE_SHOWN:
            kept.append(finding)
    more = (
        f"{severity}: {count - ALIKE_SHOWN} more of {check}; --json prints all"
        for (check, severity), count in counts.items()
        if count > ALIKE_SHOWN
    )
    return tuple(kept), tuple(more)


@dataclass(frozen=True, slots=True)
class Observation:
    """A finding without its check's name and source."""

    severity: Severity
    path: str
    text: str
    hint: str


def error(path: str, text: str, hint: str) -> Observation:
    """Return an observation of something that cannot work."""
    return Observation(Severity.ERROR, path, text, hint)


def warning(path: str, text: str, hint: str) -> Observation:
    """Return an observation of something that may not work."""
    return Observation(Severity.WARNING, path, text, hint)


def note(path: str, text: str, hint: str) -> Observation:
    """Return an observation that is worth knowing."""
    return Observation(Severity.NOTE, path, text, hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One rule of the design, a pure function of the lab."""

    name: str
    sentence: str
    """What holds in a sound lab."""
    source: str
    look: Callable[[Lab], Iterable[Observation]]

    def __call__(self, lab: Lab) -> tuple[DesignFinding, ...]:
        """Return what a lab has against the rule."""
        return tuple(
            DesignFinding(
                check=self.name,
                severity=seen.severity,
                path=seen.path,
                text=seen.text,
                hint=seen.hint,
                source=self.source,
            )
            for seen in self.look(lab)
        )


def design_check(source: str) -> Callable[[Callable[[Lab], Iterable[Observation]]], Check]:
    """Make a check of a function: its name is the check's, the first line of its docstring the sentence."""

    def make(look: Callable[[Lab], Iterable[Observation]]) -> Check:
        sentence = (look.__doc__ or "").partition("\n")[0]
        return Check(name=look.__name__, sentence=sentence, source=source, look=look)

    return make
