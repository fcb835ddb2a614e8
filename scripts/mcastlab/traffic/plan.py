"""A plan of traffic as values: who sends what when, who is a member when, and at whose interface it has to be silent.

Times are milliseconds from the plan's begin, by each node's own clock. Nodes, groups and flows are named by their place
in the plan.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from mcastlab.traffic.announcements import announcement_rows
from mcastlab.traffic.results import Path, SilenceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from ipaddress import IPv4Address

    from mcastlab.lab.model import Group
    from mcastlab.traffic.flow_faults import FlowFault
    from mcastlab.traffic.media import Media

LATE_MS: Final = 250
"""How late a datagram may come that is measured: from far away, or on a busy host, the last ones miss a leave."""
LEAVE_LATENCY_MS: Final = 2500
"""How long a group may go on after its last leave: two queries, a second each, and some. Source: RFC 2236, 8.8, 8.9."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficNode:
    """A host or device that sends, receives or stands by."""

    name: str
    site: str | None
    """The remote site whose LAN it stands in; None in the VPC."""
    of_appliances: frozenset[IPv4Address] = frozenset()
    """The groups of appliances in its LAN, which therefore need not be silent there."""

    def shares_wire_with(self, other: TrafficNode) -> bool:
        """Say whether one may see what the other gets: a site's LAN is one wire, a VPC interface stands alone."""
        return self == other or (self.site is not None and self.site == other.site)

    def path_to(self, other: TrafficNode) -> Path:
        """Return which way a flow to another node goes."""
        if self.site is None:
            return Path.WITHIN_AWS if other.site is None else Path.TO_SITE
        if other.site is None:
            return Path.TO_AWS
        return Path.WITHIN_SITE if self.site == other.site else Path.BETWEEN_SITES


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFlow:
    """What one node sends to one group."""

    group: int
    sender: int
    start_ms: int
    interval_us: int
    burst: int
    count: int
    sizes: tuple[int, ...]
    kind: str = "main"
    """`main` is measured, a `sweep` looks for the largest size, a `rate` is one step of a sustained rate."""
    asked_pps: int = 0
    """The rate of a step."""
    media: Media | None = None
    """What is sent in RTP; without it numbered datagrams of the probe's own."""
    faults: tuple[FlowFault, ...] = ()
    """What is wrong with it, of what is sent in RTP."""
    source: int | None = None
    """As which flow's source (SSRC) it is sent; without it, its own."""

    @property
    def stop_ms(self) -> int:
        """When the last datagram has left, at its interval's end."""
        bursts = -(-self.count // self.burst)
        last_us = self.media.due_us(self.count - 1) + self.interval_us if self.media else bursts * self.interval_us
        return self.start_ms + last_us // 1000

    def due_ms(self, sequence: int) -> float:
        """Return when a datagram is due."""
        due_us = self.media.due_us(sequence) if self.media else sequence // self.burst * self.interval_us
        return self.start_ms + due_us / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """From when to when a node is a member of a group."""

    node: int
    group: int
    join_ms: int
    leave_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberReturn:
    """When a node reports once more that it is a member of a group, as a device does that has booted."""

    node: int
    group: int
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A time in which a node's interface is watched for a group."""

    node: int
    group: int
    begin_ms: int
    end_ms: int
    kind: SilenceKind | None
    """Why nothing may arrive; None where it may still, and is watched to see for how long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficPlan:
    """Everything that happens in one run."""

    groups: tuple[Group, ...]
    nodes: tuple[TrafficNode, ...]
    flows: tuple[PlannedFlow, ...]
    memberships: tuple[Membership, ...]
    settle_ms: int
    """After a join or a flow's begin, what is not yet measured."""
    late_ms: int = 20
    """How late a datagram may arrive that is measured: what is due so shortly before a leave is not."""
    guard_ms: int
    """How far the nodes' clocks may be apart, and the time on the way."""
    end_ms: int
    ttl: int
    watches: tuple[Watch, ...] = field(default=())
    returns: tuple[MemberReturn, ...] = ()
    loop: bool = False
    """Whether hosts hear what they send themselves, as each has several devices."""
    foreign: bool = False
    """Whether streams in RTP that are none of the plan's are measured too."""
    recording: tuple[int, ...] = ()
    """The nodes that record those streams."""
    awaited: tuple[str, int] | None = None
    """Whose first packet ends a node's part, and so many milliseconds after it; it ends with the plan at the latest."""
    in_band: bool = False
    """Whether packets in RTP carry the time of their sampling. Source: RFC 6051, section 3.3."""
    brief: bool = False
    """Whether of streams in RTP only each packet's arrival is reported, and nothing that follows from it."""

    @property
    def busy(self) -> tuple[int, ...]:
        """The nodes that have something to do."""
        senders = {flow.sender for flow in self.flows}
        members = {membership.node for membership in self.memberships}
        return tuple(sorted(senders | members | {watch.node for watch in self.watches}))

    def document(self, run: str, begins_ns: Mapping[int, int], identities: Mapping[int, str]) -> dict[str, Any]:
        """Return the plan as the probe reads it, the same for all nodes.

        Args:
            run: eight hexadecimal digits, the run's own.
            begins_ns: the plan's begin by each node's clock.
            identities: by what each node knows itself, where that is not its name.
        """
        streams = list({id(each.media): each.media for each in self.flows if each.media}.values())
        sources = [ssrc_of(run, _first(each.source, number)) for number, each in enumerate(self.flows)]
        return {
            "run": run,
            "groups": [[str(group.address), group.port] for group in self.groups],
            "nodes": [
                [identities.get(number, node.name), begins_ns.get(number, 0)] for number, node in enumerate(self.nodes)
            ],
            "flows": [
                [
                    *(each.group, each.sender, each.start_ms, each.interval_us, each.burst, each.count),
                    *(each.sizes, each.kind),
                    *((streams.index(each.media), sources[number]) if each.media else ()),
                    *(([fault.row() for fault in each.faults],) if each.faults else ()),
                ]
                for number, each in enumerate(self.flows)
            ],
            "media": [
                [
                    *(each.payload_type, each.clock_hz, each.ticks, each.is_audio),
                    [[one.tick, one.marker, b64encode(one.payload).decode()] for one in each.packets],
                ]
                for each in streams
            ],
            "memberships": _by_node(
                (each.node, [each.group, each.join_ms, each.leave_ms]) for each in self.memberships
            ),
            "silences": _by_node((each.node, [each.group, each.begin_ms, each.end_ms]) for each in self.watches),
            "returns": _by_node((each.node, [each.group, each.at_ms]) for each in self.returns),
            "settle_ms": self.settle_ms,
            "late_ms": self.late_ms,
            "end_ms": self.end_ms,
            "ttl": self.ttl,
            "loop": self.loop,
            "foreign": self.foreign,
            "recording": self.recording,
            "awaited": self.awaited,
            "rtcp": [place for place, group in enumerate(self.groups) if group.rtcp],
            "brief": self.brief,
            "in_band": self.in_band,
            "announced": announcement_rows(self, sources),
        }

    def meets(self, node: int, flow: PlannedFlow) -> bool:
        """Say whether a node is a member long enough while a flow is sent for something of it to be measured."""
        return any(
            min(each.leave_ms, flow.stop_ms) - max(each.join_ms, flow.start_ms) > self.settle_ms + self.guard_ms
            for each in self.memberships
            if each.node == node and each.group == flow.group
        )

    def watches_of(self, node: int) -> tuple[Watch, ...]:
        """Return a node's watches, in the order in which the probe counts them."""
        return tuple(watch for watch in self.watches if watch.node == node)


def _first(source: int | None, number: int) -> int:
    return number if source is None else source


def ssrc_of(run: str, flow: int) -> int:
    """Return a flow's synchronisation source: another one in each run, and for each flow. Source: RFC 3550, section 8.

    >>> f"{ssrc_of('5eed5eed', 0):08x}", f"{ssrc_of('5eed5eed', 1):08x}"
    ('5eed5eed', 'fd24d89e')
    """
    return (int(run, 16) + flow * _ODD) % 2**32


_ODD: Final = 0x9E3779B1
"""Multiples of an odd number differ from each other modulo a power of two; this one's are far apart."""


def _by_node(rows: Iterator[tuple[int, list[int]]]) -> dict[str, list[list[int]]]:
    found: dict[str, list[list[int]]] = {}
    for node, row in rows:
        found.setdefault(str(node), []).append(row)
    return found


def with_watches(plan: TrafficPlan) -> TrafficPlan:
    """Return a plan with what has to be silent meanwhile."""
    return replace(plan, watches=tuple(watches(plan)))


def watches(plan: TrafficPlan) -> Iterator[Watch]:
    """Return the times in which each node's interface has to be silent for each group, and those after its leaves.

    A wire is silent for an address while nobody on it is a member, and nobody else on it sends to it.
    """
    for number, node in enumerate(plan.nodes):
        wire = {other for other, each in enumerate(plan.nodes) if node.shares_wire_with(each)}
        own = [each for each in plan.memberships if each.node == number]
        for address, sent in _by_address(plan).items():
            if address in node.of_appliances or any(flow.sender in wire - {number} for flow in sent):
                continue
            # Another's clock may be ahead or behind; a node's own memberships begin and end by its own.
            joined = sorted(
                (each.join_ms - apart, each.leave_ms + apart)
                for each in plan.memberships
                for apart in (0 if each.node == number else plan.guard_ms,)
                if each.node in wire and plan.groups[each.group].address == address
            )
            last_ms = max(flow.stop_ms for flow in sent)
            for group in sorted({flow.group for flow in sent if flow.sender != number}):
                yield from (
                    Watch(node=number, group=group, begin_ms=begin, end_ms=end, kind=kind)
                    for begin, end, kind in _silent([each for each in own if each.group != group], joined, last_ms)
                )


def _by_address(plan: TrafficPlan) -> dict[object, list[PlannedFlow]]:
    found: dict[object, list[PlannedFlow]] = {}
    for flow in plan.flows:
        found.setdefault(plan.groups[flow.group].address, []).append(flow)
    return found


def _silent(
    others: list[Membership], joined: list[tuple[int, int]], last_ms: int
) -> Iterator[tuple[int, int, SilenceKind | None]]:
    """Return the silent times of a group on a wire, given when somebody on it is a member of its address.

    They are cut where the node joins or leaves another group.
    """
    cuts = {moment for each in others for moment in (each.join_ms, each.leave_ms)}
    begin = 0
    for place, (join, leave) in enumerate([*joined, (last_ms, last_ms)]):
        for first, end in pairwise(sorted({begin, max(begin, join), *(cut for cut in cuts if begin < cut < join)})):
            other = any(each.join_ms <= first and end <= each.leave_ms for each in others)
            kind = SilenceKind.OTHER_GROUP if other else SilenceKind.LEFT if place else SilenceKind.NEVER_JOINED
            yield first, end, kind
        if begin <= leave < last_ms:
            yield leave, min(last_ms, leave + LEAVE_LATENCY_MS), None
        begin = max(begin, leave + LEAVE_LATENCY_MS)
