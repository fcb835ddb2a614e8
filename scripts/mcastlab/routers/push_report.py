"""What a run did, as values: each router's side, what was sent, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from mcastlab.text import count
from mcastlab_base.errors import ExitCode

SCHEMA_VERSION: Final = 2
"""Rises with the form of `PushReport.as_json`. 2: sides are in snake_case."""


class Side(StrEnum):
    """Which configuration a router runs after a run."""

    IN_SYNC = "in_sync"
    """There was nothing to send."""
    NEW = "new"
    OLD = "old"
    PENDING = "new_unconfirmed"
    """The device's own timer rolls it back unless it is confirmed."""
    UNKNOWN = "unknown"
    """The router cannot be reached."""
    PLANNED = "old_change_planned"
    """Nothing was sent: a dry run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterReport:
    """One router after a run; `lines` are those of the change, and `replaced` what each takes the place of, masked."""

    router: str
    side: Side
    lines: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    error: str = ""
    hint: str = ""
    notes: tuple[str, ...] = ()
    """What of the router's own configuration stands in the lab's way, with the lines that help."""

    @property
    def summary(self) -> str:
        """What became of the router, in words."""
        lines = count(len(self.lines), "line")
        match self.side:
            case Side.IN_SYNC:
                return "in sync"
            case Side.NEW:
                return f"new configuration, confirmed and saved; {lines} sent"
            case Side.OLD:
                return "previous configuration; nothing of the change stays"
            case Side.PENDING:
                return "new configuration, unconfirmed: its own timer rolls it back unless the next run confirms it"
            case Side.UNKNOWN:
                return "which configuration it runs is not known"
            case Side.PLANNED:
                return f"differs from what is wanted; {lines} to send"

    @property
    def shown(self) -> tuple[str, ...]:
        """The lines, each below what it takes the place of: as a comment, so that a router takes them as they are."""
        found: list[str] = []
        for line, before in zip(self.lines, self.replaced or ("",) * len(self.lines), strict=True):
            if before:
                found.append(f"{line[: len(line) - len(line.lstrip())]}! instead of: {before}")
            found.append(line)
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReport:
    """All routers after a run, and the exit code that it ends in."""

    routers: tuple[RouterReport, ...]
    exit_code: ExitCode = ExitCode.OK
    settled: tuple[str, ...] = ()
    """What was done first to bring all routers to one side, where a run before had left them on two."""

    @property
    def changed(self) -> bool:
        """Whether anything differs or differed from what is wanted."""
        return any(router.lines for router in self.routers)

    def as_json(self) -> dict[str, Any]:
        """Return the report for machines."""
        return {
            "schema_version": SCHEMA_VERSION,
            "exit_code": int(self.exit_code),
            "settled": list(self.settled),
            "routers": [
                {
                    "router": each.router,
                    "side": each.side.value,
                    "lines": list(each.lines),
                    "replaced": list(each.replaced),
                    "error": each.error,
                    "hint": each.hint,
                    "notes": list(each.notes),
                }
                for each in self.routers
            ],
        }

    def as_text(self) -> str:
        """Return the report for people."""
        found: list[str] = list(self.settled)
        for each in self.routers:
            found.append(f"{each.router}: {each.summary}")
            if each.side in {Side.NEW, Side.PENDING, Side.PLANNED}:
                found += [f"  {line}" for line in each.shown]
            found += [f"  note: {note}" for note in each.notes]
            if each.error:
                found += [f"  error: {each.error}", *([f"  hint:  {each.hint}"] if each.hint else [])]
        return "\n".join(found)
