"""What remains of a lab, as values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from mcastlab.text import count, identifier
from mcastlab_base.errors import ExitCode

SCHEMA_VERSION: Final = 2
"""Rises with the form of `CleanupReport.as_json`. 2: `kind` and `found_by` are in snake_case, `within` is new."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class RemainingResource:
    """Something that is still there."""

    place: str
    """The account's region, or a router's name."""
    kind: str
    id: str
    """Of a resource its id; of a router's configuration the line."""
    state: str = ""
    found_by: str = ""
    """``tag``, ``recorded id``, ``within``, ``record of the push`` or ``name``."""
    within: str = ""
    """The id of what it is within, where it was found by that."""

    def as_json(self) -> dict[str, str]:
        """Return it for machines: kind and way are identifiers."""
        return {**asdict(self), "kind": identifier(self.kind), "found_by": identifier(self.found_by)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupReport:
    """What remains, and what could not be asked."""

    lab: str
    left: tuple[RemainingResource, ...]
    unknown: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    """What was looked at, for people."""
    notes: tuple[str, ...] = ()
    """What was not asked, and hides nothing that the lab's stacks made."""

    @property
    def exit_code(self) -> ExitCode:
        """1 if anything is left; 3 if not, but something could not be asked."""
        if self.left:
            return ExitCode.CHECK_FAILED
        return ExitCode.REFUSED if self.unknown else ExitCode.OK

    def as_json(self) -> dict[str, Any]:
        """Return the report for machines."""
        return {
            "schema_version": SCHEMA_VERSION,
            "lab": self.lab,
            "nothing_left": self.exit_code is ExitCode.OK,
            "left": [each.as_json() for each in self.left],
            "unknown": list(self.unknown),
            "asked": list(self.asked),
            "notes": list(self.notes),
        }

    def as_text(self) -> str:
        """Return the report for people."""
        lines = [f"asked: {each}" for each in self.asked]
        for place in dict.fromkeys(each.place for each in self.left):
            lines.append(f"{place}: this is left")
            for each in self.left:
                if each.place == place:
                    state = f", {each.state}" if each.state else ""
                    lines.append(
                        f"  {each.kind}: {each.id}{state} (by {each.found_by}{each.within and ' '}{each.within})"
                    )
        lines += [f"note: {each}" for each in self.notes]
        lines += [f"could not be asked: {each}" for each in self.unknown]
        verdict = {
            ExitCode.OK: f"nothing of {self.lab} is left",
            ExitCode.CHECK_FAILED: f"{count(len(self.left), 'thing')} of {self.lab} left",
        }
        lines.append(verdict.get(self.exit_code, f"whether something of {self.lab} is left is not known"))
        return "\n".join(lines)
