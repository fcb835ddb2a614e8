"""Packets a second of each group through the router, from its counts read twice. Pure; time is a number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mcastlab.follow.schedule import router_pause

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address


@dataclass(slots=True)
class PacketRates:
    """Rates of the groups, where somebody looks at them."""

    every_s: float | None = None
    """How often the counts are read; None where nobody looks at them."""
    pps: Mapping[IPv4Address, float] = field(default_factory=dict)
    """Packets a second, by group."""
    _packets: Mapping[IPv4Address, int] = field(default_factory=dict)
    _taken: float = 0.0
    _due: float = float("-inf")

    def is_due(self, now: float) -> bool:
        """Say whether the counts are to be read."""
        return self.every_s is not None and now >= self._due

    def add(self, packets: Mapping[IPv4Address, int], begun: float, ended: float) -> None:
        """Take counts that were read from `begun` to `ended`; a count that went back was cleared, and says nothing."""
        seconds = begun - self._taken
        self.pps = {
            group: (count - before) / seconds
            for group, count in packets.items()
            if (before := self._packets.get(group)) is not None and count >= before and seconds > 0
        }
        self._packets, self._taken = packets, begun
        self._due = max(begun + (self.every_s or 0.0), ended + router_pause(ended - begun))
