"""What a lab's traffic proof consists of, and what it found, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcastlab.lab.model import Group, Lab


class Direction(StrEnum):
    """Which way a flow goes over the tunnel."""

    TO_SITE = "AWS to lab"
    TO_AWS = "lab to AWS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One sender, the receivers that join, and the bystanders that do not."""

    direction: Direction
    group: Group
    sender: str
    receivers: tuple[str, ...]
    bystanders: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What one receiver got of a trial's measured datagrams. Latency in microseconds, one way, by the hosts' clocks."""

    receiver: str
    received: int
    duplicates: int
    reordered: int
    latency_min_us: int | None
    latency_median_us: int | None
    latency_max_us: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a trial found."""

    trial: Trial
    established_after_s: float | None
    """Seconds until a whole batch had reached every receiver; None if that never came true."""
    sent: int
    receptions: tuple[Reception, ...]
    heard_unjoined: tuple[tuple[str, int], ...]
    """Datagrams that reached each bystander's interface: none may."""

    def lost(self, reception: Reception) -> int:
        """Return how many datagrams a receiver missed; a duplicate makes up for none."""
        return self.sent - (reception.received - reception.duplicates)

    @property
    def holds(self) -> bool:
        """Whether every receiver got every datagram and no bystander got any."""
        return (
            self.established_after_s is not None
            and self.sent > 0
            and all(self.lost(reception) == 0 for reception in self.receptions)
            and all(count == 0 for _, count in self.heard_unjoined)
        )


def trials(lab: Lab) -> tuple[Trial, ...]:
    """Return the trials of a lab: for each group and site, both directions.

    Towards a site the first host sends and the other hosts stand by without joining; towards AWS every host joins.
    """
    hosts = lab.host_names
    return tuple(
        trial
        for group in lab.groups
        for site in lab.sites
        for trial in (
            Trial(
                direction=Direction.TO_SITE,
                group=group,
                sender=hosts[0],
                receivers=tuple(device.name for device in site.devices),
                bystanders=hosts[1:],
            ),
            Trial(
                direction=Direction.TO_AWS,
                group=group,
                sender=site.devices[0].name,
                receivers=hosts,
                bystanders=tuple(device.name for device in site.devices[1:]),
            ),
        )
    )
