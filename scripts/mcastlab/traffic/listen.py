"""What a person wants first: listen to a group for a while, and measure what real devices send to it; page a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from mcastlab.lab.design.roles import Roles
from mcastlab.lab.group import group_at, unknown_group
from mcastlab.lab.types import known_names
from mcastlab.traffic.device_rtp import ForeignStream, Recording, foreign_streams, recordings
from mcastlab.traffic.fleet import Fleet
from mcastlab.traffic.options import TTL
from mcastlab.traffic.participants import nodes_of, participants_of
from mcastlab.traffic.plan import Membership, PlannedFlow, TrafficPlan
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcastlab.lab.model import Group, Lab
    from mcastlab.ports import Shell
    from mcastlab.traffic.media import Media

END_MS: Final = 200
LONGEST_S: Final = 60
"""A person listens or pages for a minute at most."""


def group_named(lab: Lab, name: str) -> Group:
    """Return the group of a name or address; that of an address in a followed block has nobody listed.

    Raises:
        BadInputError: there is none.
    """
    try:
        found = next((group for group in lab.groups if name == group.name), None)
        if found is None and name[:1].isdigit():
            found = group_at(name, lab.groups, lab.blocks)
    except ValueError as error:
        raise BadInputError(str(error), hint="name a group of the lab file, or write an address in a block") from None
    if found is None:
        why, hint = unknown_group(name, lab.groups, lab.blocks)
        raise BadInputError(why, hint=hint)
    return found


def unlisted(lab: Lab, group: Group) -> tuple[Group, ...]:
    """Return a group if nobody lists it, so that somebody has to follow it."""
    return () if group in lab.groups else (group,)


def milliseconds(seconds: int) -> int:
    """Return for how long a person listens or pages.

    Raises:
        BadInputError: it is too short or too long.
    """
    if not 1 <= seconds <= LONGEST_S:
        raise BadInputError(f"--for {seconds}: not between 1 and {LONGEST_S}", hint="seconds, such as 10")
    return seconds * 1000


class Listened(NamedTuple):
    """What was heard of a group."""

    streams: tuple[ForeignStream, ...]
    recordings: tuple[Recording, ...] = ()


def listen(
    lab: Lab,
    group: Group,
    shells: Mapping[str, Shell],
    *,
    for_ms: int,
    record: bool = False,
    progress: Callable[[str], None],
) -> Listened:
    """Let all receivers of a group join it for a time, and return the streams in RTP that they heard.

    Args:
        lab: the lab.
        group: the group.
        shells: a shell on each host and device, by name.
        for_ms: how long they listen.
        record: whether the first of them records what it hears.
        progress: what is reported while it runs.

    Raises:
        RefusedError: a host cannot be reached, or the probe failed there.
        TimedOutError: the same, as commands did not end in time.
    """
    nodes = nodes_of(lab)
    receivers = participants_of(Roles(lab), group, nodes).receivers
    plan = TrafficPlan(
        groups=(group,),
        nodes=nodes,
        flows=(),
        memberships=tuple(Membership(node=node, group=0, join_ms=0, leave_ms=for_ms) for node in receivers),
        settle_ms=0,
        guard_ms=0,
        end_ms=for_ms + END_MS,
        ttl=1,
        foreign=True,
        recording=receivers[:1] if record else (),
    )
    fleet = Fleet(shells)
    names = [nodes[node].name for node in receivers]
    fleet.greet(names)
    for error in fleet.absent.values():
        raise error
    progress(f"{', '.join(names)} listen to {group.address} for {for_ms / 1000:.0f} s")
    found = fleet.carry_out(plan)
    return Listened(tuple(foreign_streams(plan, found)), tuple(recordings(plan, found)))


class Paged(NamedTuple):
    """What was sent to a group."""

    sender: str
    sent: int
    """Packets."""
    refused: int
    """Packets that the host could not send."""


def page(
    lab: Lab,
    group: Group,
    shells: Mapping[str, Shell],
    *,
    sound: Media,
    for_ms: int,
    sender: str | None = None,
    progress: Callable[[str], None],
) -> Paged:
    """Let a host or device send sound to a group, byte for byte as a phone does.

    Args:
        lab: the lab.
        group: the group.
        shells: a shell on each host and device, by name.
        sound: what is sent.
        for_ms: for how long.
        sender: who sends; without it, the first that may.
        progress: what is reported while it runs.

    Raises:
        BadInputError: it may not send to this group.
        RefusedError: it cannot be reached, or the probe failed there.
        TimedOutError: the same, as commands did not end in time.
    """
    nodes = nodes_of(lab)
    able = [nodes[node].name for node in participants_of(Roles(lab), group, nodes).senders]
    if sender not in {None, *able}:
        raise BadInputError(f"{sender} may not send to {group.name}", hint=known_names(str(sender), sorted(able)))
    name = sender or able[0]
    flow = PlannedFlow(
        group=0,
        sender=[node.name for node in nodes].index(name),
        start_ms=END_MS,
        interval_us=sound.interval_us,
        burst=1,
        count=sound.count_until(for_ms * 1000),
        sizes=(sound.largest_octets,),
        media=sound,
    )
    plan = TrafficPlan(
        groups=(group,),
        nodes=nodes,
        flows=(flow,),
        memberships=(),
        settle_ms=0,
        guard_ms=0,
        end_ms=flow.stop_ms + END_MS,
        ttl=TTL,
    )
    fleet = Fleet(shells)
    fleet.greet([name])
    progress(f"{name} sends {sound.encoding} to {group.address}:{group.port} for {for_ms / 1000:.1f} s")
    (row,) = fleet.carry_out(plan)[flow.sender]["sent"]
    return Paged(name, int(row["sent"]), int(row["errors"]))
