"""What a sender does wrong for a time, or what is done to its datagrams before they leave."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    """What devices do wrong; the probe knows them by these words."""

    VANISH = "vanish"
    REBOOT = "reboot"
    CORRUPT = "corrupt"
    TRUNCATE = "truncate"
    WRONG_PAYLOAD_TYPE = "wrong_payload_type"
    SAME_SSRC = "same_ssrc"

    @property
    def is_absence(self) -> bool:
        """Whether a device neither sends nor listens."""
        return self in ABSENCES


ABSENCES: Final = frozenset({Fault.VANISH, Fault.REBOOT})


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFault:
    """What is wrong with a flow for a time, in milliseconds from the plan's begin."""

    kind: str
    """A fault, or `impair`."""
    begin_ms: int
    end_ms: int
    loss: float = 0
    delay_ms: int = 0
    jitter_ms: int = 0
    seed: str = ""
    """What is drawn is drawn by it."""

    def row(self) -> list[object]:
        """Return it as the probe reads it."""
        return [self.kind, self.begin_ms, self.end_ms, self.loss, self.delay_ms, self.jitter_ms, self.seed]
