"""Who may play in a lab's traffic, and what they send."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mcastlab.lab.appliances import of_appliances
from mcastlab.lab.design.roles import Roles
from mcastlab.lab.design.sizes import largest_payload
from mcastlab.traffic.options import US_PER_S, Stream, stream
from mcastlab.traffic.plan import PlannedFlow, TrafficNode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from mcastlab.lab.design.roles import Role
    from mcastlab.lab.model import Group, Lab
    from mcastlab.traffic.options import Options

LAB_PPS: Final = 3000
DELIVERED_PPS: Final = 30000
"""What an elastic stream takes of the whole lab: datagrams sent, and datagrams received, a second."""
CARRIED_PPS: Final = 5000
"""What routers may have to carry through tunnels for an elastic stream or a search, copies of all flows together.

At 200 octets that is some 14 Mbit/s in ESP: a proof is not to load a small router, or one whose tunnels are made in
user space, so far that it loses by itself.
"""
LEAST_PPS: Final = 2
BATCHES_MS: Final = 800
"""Three batches, and the time until the first of them begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Participants:
    """Who may send to a group and who receives from it, by place among the nodes."""

    senders: tuple[int, ...]
    receivers: tuple[int, ...]

    @property
    def pairs(self) -> Iterator[tuple[int, int]]:
        """Every sender with every receiver that is another."""
        return ((a, b) for a in self.senders for b in self.receivers if a != b)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficSetup:
    """A lab's traffic before it is known when what happens."""

    lab: Lab
    options: Options
    nodes: tuple[TrafficNode, ...]
    groups: tuple[Group, ...]
    roles: tuple[Participants, ...]
    """One a group."""
    stream: Stream
    guard_ms: int
    """How far the nodes' clocks may be apart, and the time on the way."""
    settle_ms: int
    """How long paths have to establish themselves."""

    def flow(self, group: int, sender: int, *, start_ms: int, stop_ms: int) -> PlannedFlow:
        """Return the stream of a sender to a group for a time."""
        sent = self.stream
        us = (stop_ms - start_ms) * 1000
        count = sent.media.count_until(us) if sent.media else us // sent.interval_us * sent.burst
        return PlannedFlow(
            group=group,
            sender=sender,
            start_ms=start_ms,
            interval_us=sent.interval_us,
            burst=sent.burst,
            count=max(sent.burst, count),
            sizes=sent.sizes,
            media=sent.media,
        )

    def carried(self, flows: Iterable[tuple[int, int]]) -> int:
        """Return how many copies routers carry through tunnels of one datagram of each of some groups' senders."""
        return sum(carried(self.roles[group], self.nodes, sender) for group, sender in flows)

    def one_a_path(self) -> tuple[tuple[int, int], ...]:
        """Return groups and senders, so that each pair of sides between which something may flow has one."""
        seen: dict[tuple[str | None, str | None], tuple[int, int]] = {}
        for group, of_group in enumerate(self.roles):
            for sender, receiver in of_group.pairs:
                seen.setdefault((self.nodes[sender].site, self.nodes[receiver].site), (group, sender))
        return tuple(dict.fromkeys(seen.values()))


def nodes_of(lab: Lab, site: str | None = None) -> tuple[TrafficNode, ...]:
    """Return what runs the probe: the lab's hosts and Linux devices; of a site, only its devices."""
    return (
        *(TrafficNode(name=name, site=None) for name in lab.host_names),
        *(
            TrafficNode(name=device.name, site=each.name, of_appliances=of_appliances(each, lab))
            for each in lab.sites
            if site in {None, each.name}
            for device in each.machines
        ),
    )


def participants_of(roles: Roles, group: Group, nodes: tuple[TrafficNode, ...]) -> Participants:
    """Return who has which role in a group."""

    def having(role: Role) -> tuple[int, ...]:
        names = {name for hosts in roles.hosts(group, role) for name in hosts.names}
        sites = {site.name for site in roles.sites(group, role)}
        return tuple(
            number
            for number, node in enumerate(nodes)
            if (node.name in names if node.site is None else node.site in sites)
        )

    return Participants(senders=having("senders"), receivers=having("receivers"))


def setting_of(
    lab: Lab,
    options: Options,
    *,
    guard_ms: int,
    settle_ms: int | None = None,
    absent: Collection[str] = (),
) -> TrafficSetup:
    """Return who plays in a lab, and what is sent.

    Args:
        lab: the lab.
        options: what is asked for.
        guard_ms: how far the nodes' clocks may be apart, and the time on the way.
        settle_ms: how long paths have to establish themselves; without it as long as is asked for.
        absent: hosts and devices that take no part, not even as those who hear nothing.
    """
    design = Roles(lab)
    nodes = tuple(node for node in nodes_of(lab, options.site) if node.name not in absent)
    groups = tuple(group for group in lab.groups if options.groups is None or group.name in options.groups)
    roles = tuple(_narrowed(participants_of(design, group, nodes), nodes, options) for group in groups)
    sent = slowed(stream(options.stream, largest_octets=largest_payload(lab)), roles, nodes)
    return TrafficSetup(
        lab=lab,
        options=options,
        nodes=nodes,
        groups=groups,
        roles=roles,
        stream=sent,
        guard_ms=guard_ms,
        settle_ms=max(settle_ms or options.settle_ms, BATCHES_MS, 4 * sent.interval_us // 1000),
    )


def carried(roles: Participants, nodes: tuple[TrafficNode, ...], sender: int) -> int:
    """Return how many copies of a sender's datagram tunnels carry: one to each other site, of a site one to AWS."""
    own = nodes[sender].site
    others = {nodes[receiver].site for receiver in roles.receivers} - {own}
    return len(others - {None}) + (own is not None and bool(others))


def slowed(sent: Stream, roles: tuple[Participants, ...], nodes: tuple[TrafficNode, ...]) -> Stream:
    """Return a stream that all of a lab's flows together may send; a codec's is left as it is."""
    flows = sum(len(each.senders) for each in roles)
    deliveries = sum(1 for each in roles for _ in each.pairs)
    if not sent.elastic or not deliveries:
        return sent
    copies = sum(carried(each, nodes, sender) for each in roles for sender in each.senders)
    pps = max(LEAST_PPS, min(sent.pps, LAB_PPS / flows, DELIVERED_PPS / deliveries, CARRIED_PPS / max(1, copies)))
    return replace(
        sent, interval_us=round(US_PER_S / pps), what=f"{sent.sizes[0]} octets, {pps:.0f} datagrams a second"
    )


def _narrowed(roles: Participants, nodes: tuple[TrafficNode, ...], options: Options) -> Participants:
    """Return the roles with those only that have a flow of a wanted path."""
    pairs = [
        (sender, receiver)
        for sender, receiver in roles.pairs
        if options.paths is None or nodes[sender].path_to(nodes[receiver]) in options.paths
    ]
    return Participants(
        senders=tuple(dict.fromkeys(a for a, _ in pairs)), receivers=tuple(dict.fromkeys(b for _, b in pairs))
    )
