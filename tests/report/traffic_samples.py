"""Traffic as it could come out: every sender, group and receiver of a lab."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.roles import Roles
from mcastlab.traffic.results import (
    Delivery,
    Latency,
    Path,
    Payload,
    Rate,
    Silence,
    SilenceKind,
    Slice,
    TrafficReport,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.lab.model import Group, Lab

SENT: Final = 500
SLICES: Final = 20


def members(lab: Lab, group: Group, role: str) -> list[tuple[str, str | None]]:
    """Return hosts and devices with a role in a group, each with its site."""
    hosts = [(name, None) for hosts in Roles(lab).hosts(group, role) for name in hosts.names]  # type: ignore[arg-type]
    devices = [(each.name, site.name) for site in Roles(lab).sites(group, role) for each in site.machines]  # type: ignore[arg-type]
    return [*hosts, *devices]


def path_of(source: str | None, target: str | None) -> Path:
    match source is None, target is None:
        case True, True:
            return Path.WITHIN_AWS
        case True, False:
            return Path.TO_SITE
        case False, True:
            return Path.TO_AWS
    return Path.WITHIN_SITE if source == target else Path.BETWEEN_SITES


def traffic(
    lab: Lab, *, lose: Callable[[str, str], float] = lambda _sender, _receiver: 0.0, leak: int = 0
) -> TrafficReport:
    """Return traffic in which a pair of sender and receiver loses a share."""
    dice = random.Random(7)  # noqa: S311  (a sample, no secret)
    deliveries = tuple(
        _delivery(dice, group, sender, receiver, lose(sender[0], receiver[0]))
        for group in lab.groups
        for sender in members(lab, group, "senders")
        for receiver in members(lab, group, "receivers")
        if sender[0] != receiver[0]
    )
    silences = tuple(
        Silence(group=group.name, address=str(group.address), host=name, kind=kind, heard=leak * (index == 0))
        for group in lab.groups
        for index, (name, kind) in enumerate(
            (name, kind) for name in (*lab.host_names, lab.sites[0].devices[0].name) for kind in SilenceKind
        )
    )
    first = lab.groups[0]
    device = lab.sites[0].devices[0].name
    return TrafficReport(
        profile="matrix",
        stream="G.711 audio: 50 datagrams of 172 octets a second",
        deliveries=deliveries,
        silences=silences,
        payloads=tuple(
            Payload(group=first.name, sender=a, receiver=b, path=path, largest_octets=size, budget_octets=1352)
            for a, b, path, size in (
                (lab.host_names[0], device, Path.TO_SITE, 1352),
                (device, lab.host_names[-1], Path.TO_AWS, 1352 if leak == 0 else 1300),
            )
        ),
        rates=(
            Rate(
                group=first.name, sender=lab.host_names[0], receivers=(device,), path=Path.TO_SITE, size_octets=172,
                asked_pps=2000, sustained_pps=2000, sender_cpu_percent=11.5, receiver_cpu_percent=9.25,
            ),
        ),
    )  # fmt: skip


def _delivery(
    dice: random.Random, group: Group, sender: tuple[str, str | None], receiver: tuple[str, str | None], share: float
) -> Delivery:
    path = path_of(sender[1], receiver[1])
    base = {Path.WITHIN_AWS: 180, Path.WITHIN_SITE: 90, Path.BETWEEN_SITES: 2600}.get(path, 1400)
    lost = round(SENT * share)
    timeline: list[Slice] = []
    for index in range(SLICES):
        part = min(SENT // SLICES, lost - sum(each.lost for each in timeline))
        timeline.append(
            Slice(
                at_ms=index * 100.0,
                sent=SENT // SLICES,
                lost=max(part, 0),
                latency_median_us=None if part == SENT // SLICES else int(base * dice.lognormvariate(0, 0.18)),
            )
        )
    gone = lost == SENT
    medians = sorted(each.latency_median_us for each in timeline if each.latency_median_us is not None)
    return Delivery(
        group=group.name,
        address=str(group.address),
        port=group.port,
        sender=sender[0],
        receiver=receiver[0],
        path=path,
        site=receiver[1] or sender[1],
        sent=SENT,
        received=SENT - lost,
        stalled=0,
        duplicates=0,
        reordered=0,
        latency=None
        if gone
        else Latency(
            min_us=medians[0] // 2,
            median_us=medians[len(medians) // 2],
            p95_us=medians[-1],
            max_us=medians[-1] * 2,
            clock_offset_us=120,
            clock_error_us=35,
        ),
        bound=None,
        jitter_us=None if gone else base // 9,
        established_after_s=None if gone else 0.4,
        join_delay_ms=None if gone else round(dice.uniform(4, 60), 1),
        leave_delay_ms=None if gone else round(dice.uniform(200, 1900), 1),
        timeline=tuple(timeline),
    )
