"""What a lab's traffic proof consists of, and what it found, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mcastlab.lab.design.roles import Roles

if TYPE_CHECKING:
    from mcastlab.lab.model import Group, Hosts, Lab
    from mcastlab.lab.site import Site


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
    """Return the trials of a lab: for each group and site, both directions where the lab file has them.

    Towards a site the first sending host sends and the other hosts stand by without joining; towards AWS every
    receiving host joins.
    """
    return tuple(
        trial
        for group in lab.groups
        for site in lab.sites
        for trial in (_to_site(lab, group, site), _to_aws(lab, group, site))
        if trial is not None
    )


def _to_site(lab: Lab, group: Group, site: Site) -> Trial | None:
    senders = _names(Roles(lab).hosts(group, "senders"))
    if not senders or site not in Roles(lab).sites(group, "receivers"):
        return None
    return Trial(
        direction=Direction.TO_SITE,
        group=group,
        sender=senders[0],
        receivers=tuple(device.name for device in site.machines),
        bystanders=tuple(name for name in lab.host_names if name != senders[0]),
    )


def _to_aws(lab: Lab, group: Group, site: Site) -> Trial | None:
    receivers = _names(Roles(lab).hosts(group, "receivers"))
    if not receivers or site not in Roles(lab).sites(group, "senders"):
        return None
    others = tuple(name for name in lab.host_names if name not in receivers)
    return Trial(
        direction=Direction.TO_AWS,
        group=group,
        sender=site.machines[0].name,
        receivers=receivers,
        bystanders=(*others, *(device.name for device in site.machines[1:])),
    )


def _names(entries: tuple[Hosts, ...]) -> tuple[str, ...]:
    return tuple(name for hosts in entries for name in hosts.names)
