"""What a run did, as values: each router's side, what was sent, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mcastlab.errors import ExitCode


class Side(StrEnum):
    """Which configuration a router runs after a run."""

    IN_SYNC = "in sync"
    """There was nothing to send."""
    NEW = "new"
    OLD = "old"
    PENDING = "new, unconfirmed"
    """The device's own timer takes it back unless it is confirmed."""
    UNKNOWN = "unknown"
    """The router cannot be reached."""
    PLANNED = "old, change planned"
    """Nothing was sent: a dry run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterReport:
    """One router after a run; `lines` are those of the change, with keys masked."""

    router: str
    side: Side
    lines: tuple[str, ...] = ()
    error: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
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
            "exit_code": int(self.exit_code),
            "settled": list(self.settled),
            "routers": [
                {
                    "router": each.router,
                    "side": each.side.value,
                    "lines": list(each.lines),
                    "error": each.error,
                    "hint": each.hint,
                }
                for each in self.routers
            ],
        }

    def as_text(self) -> str:
        """Return the report for people."""
        found: list[str] = list(self.settled)
        for each in self.routers:
            found.append(f"{each.router}: {each.side.value}")
            found += [f"  {line}" for line in each.lines]
            if each.error:
                found += [f"  error: {each.error}", *([f"  hint:  {each.hint}"] if each.hint else [])]
        return "\n".join(found)
