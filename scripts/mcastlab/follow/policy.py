"""When the AWS router joins and leaves a group that devices want or do not want any more. Pure; time is a number."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from mcastlab.follow.events import FollowEvent, Kind
from mcastlab.lab.blocks import MEMBERS_A_GATEWAY, block_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from ipaddress import IPv4Address

    from mcastlab.follow.demand import Demand
    from mcastlab.follow.reading import GatewayReading
    from mcastlab.lab.model import GroupBlock

MEMBERS_A_GROUP: Final = 100
"""Fixed. Source: AWS Transit Gateway quotas."""

READ_BACK_S: Final = 5.0
"""How long a membership may take to show in the gateway."""

RETRY_S: Final = 30.0
"""After a router refused to join a group, or a membership did not show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedGroup:
    """A group that somebody wants, or that the AWS router has joined. Times in seconds of one clock."""

    group: IPv4Address
    wanted_by: frozenset[str] = frozenset()
    wanted_since: float | None = None
    unwanted_since: float | None = None
    joined_at: float | None = None
    joined_after: float | None = None
    """How long after it was first seen to be wanted."""
    member_since: float | None = None
    """Since when the gateway has been listing the router as a member."""
    foreign: bool = False
    """The line that joins it was on the router and is not ours: it is never taken out."""
    refused: str = ""
    """Why it is wanted and not joined."""
    retry_at: float = 0.0
    """When to try again what was refused, or to look again for a membership."""
    reported: bool = False
    """Whether it was reported that the gateway does not list the router."""

    @property
    def live(self) -> bool:
        """Whether the router takes part in it."""
        return self.joined_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done at one moment."""

    groups: Mapping[IPv4Address, FollowedGroup]
    joins: tuple[IPv4Address, ...] = ()
    leaves: tuple[IPv4Address, ...] = ()
    events: tuple[FollowEvent, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether the router is to be configured."""
        return bool(self.joins or self.leaves)


def decide(
    groups: Mapping[IPv4Address, FollowedGroup], demand: Demand, blocks: Sequence[GroupBlock], now: float
) -> Decision:
    """Return what to join and to leave, of the blocks' groups alone.

    What is wanted is joined, up to the ceiling of its block; for that, what is not wanted any more goes before its
    hold time is over. Who waited longest comes first.
    """
    events: list[FollowEvent] = []
    found: dict[IPv4Address, FollowedGroup] = {}
    for group in groups.keys() | demand.wanted.keys():
        if block_of(group, blocks) is None:
            continue
        before = groups.get(group) or FollowedGroup(group=group)
        each = _with_demand(before, demand.wanted.get(group, frozenset()), now, events)
        if each.live or each.wanted_by:
            found[group] = each
    events.sort(key=lambda event: str(event.group))
    joins: list[IPv4Address] = []
    leaves: list[IPv4Address] = []
    for block in blocks:
        mine = [each for each in found.values() if each.group in block.address and not each.foreign]
        block_joins, block_leaves, refused = _of_block(block, mine, now)
        joins += block_joins
        leaves += block_leaves
        for group in refused:
            text = f"{block.name} has {block.ceiling:,} live groups, as many as its ceiling allows"
            if found[group].refused != text:
                events.append(FollowEvent(kind=Kind.REFUSED, group=group, by=found[group].wanted_by, text=text))
            found[group] = replace(found[group], refused=text)
    return Decision(groups=found, joins=tuple(joins), leaves=tuple(leaves), events=tuple(events))


def _with_demand(each: FollowedGroup, by: frozenset[str], now: float, events: list[FollowEvent]) -> FollowedGroup:
    if by == each.wanted_by and (by or each.unwanted_since is not None or not each.live):
        return each
    if by:
        if not each.wanted_by:
            events.append(FollowEvent(kind=Kind.WANTED, group=each.group, by=by))
        since = now if each.wanted_since is None or not each.wanted_by else each.wanted_since
        return replace(each, wanted_by=by, wanted_since=since, unwanted_since=None)
    if each.wanted_by:
        events.append(FollowEvent(kind=Kind.UNWANTED, group=each.group, by=each.wanted_by))
    return replace(each, wanted_by=by, wanted_since=None, unwanted_since=now, refused="")


def _of_block(
    block: GroupBlock, mine: Iterable[FollowedGroup], now: float
) -> tuple[list[IPv4Address], list[IPv4Address], list[IPv4Address]]:
    """Return what to join, to leave and to refuse in a block."""
    waiting: list[FollowedGroup] = []
    held: list[FollowedGroup] = []
    leaves: list[IPv4Address] = []
    live = 0
    for each in mine:
        if not each.live:
            if each.retry_at <= now:
                waiting.append(each)
        elif each.unwanted_since is None:
            live += 1
        elif now - each.unwanted_since >= block.hold:
            leaves.append(each.group)
        else:
            held.append(each)
    room = block.ceiling - live - len(held)
    if len(waiting) > room:
        held.sort(key=lambda each: (each.unwanted_since, each.group))
        early = held[: len(waiting) - room]
        leaves += [each.group for each in early]
        room += len(early)
    waiting.sort(key=lambda each: (each.wanted_since, each.group))
    return [each.group for each in waiting[:room]], leaves, [each.group for each in waiting[max(room, 0) :]]


def after_change(
    groups: Mapping[IPv4Address, FollowedGroup],
    *,
    joined: Iterable[IPv4Address] = (),
    left: Iterable[IPv4Address] = (),
    refused: Mapping[IPv4Address, str] | None = None,
    now: float,
) -> tuple[Mapping[IPv4Address, FollowedGroup], tuple[FollowEvent, ...]]:
    """Return the groups once the router was configured, and what became of them."""
    found = dict(groups)
    events: list[FollowEvent] = []
    for group in joined:
        each = found.get(group) or FollowedGroup(group=group)
        after = max(0.0, now - each.wanted_since) if each.wanted_since is not None else None
        found[group] = replace(
            each, joined_at=now, joined_after=after, member_since=None, refused="", retry_at=0.0, reported=False
        )
        events.append(FollowEvent(kind=Kind.JOINED, group=group, by=each.wanted_by, seconds=after))
    for group in left:
        each = found.pop(group, FollowedGroup(group=group))
        for_ = None if each.joined_at is None else now - each.joined_at
        events.append(FollowEvent(kind=Kind.LEFT, group=group, seconds=for_))
        if each.wanted_by:
            found[group] = FollowedGroup(group=group, wanted_by=each.wanted_by, wanted_since=each.wanted_since)
    for group, text in (refused or {}).items():
        each = found.get(group) or FollowedGroup(group=group)
        if each.refused != text:
            events.append(FollowEvent(kind=Kind.REFUSED, group=group, by=each.wanted_by, text=text))
        found[group] = replace(each, refused=text, retry_at=now + RETRY_S)
    return found, tuple(events)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """What the gateway says of the router's own memberships."""

    groups: Mapping[IPv4Address, FollowedGroup]
    again: tuple[IPv4Address, ...] = ()
    """The groups to report anew, as a report may be lost."""
    events: tuple[FollowEvent, ...] = ()


def read_back(
    groups: Mapping[IPv4Address, FollowedGroup], gateway: GatewayReading, taken: float, now: float
) -> ReadBack:
    """Compare the router's memberships with what the gateway lists; `taken` is when it was asked."""
    changed: dict[IPv4Address, FollowedGroup] = {}
    events: list[FollowEvent] = []
    again: list[IPv4Address] = []
    for each in groups.values():
        if each.joined_at is None or taken <= each.joined_at:
            continue
        if each.group in gateway.own:
            if each.member_since is None or each.reported:
                changed[each.group] = replace(each, member_since=taken, reported=False, retry_at=0.0)
            if each.reported:
                events.append(FollowEvent(kind=Kind.MEMBER, group=each.group, seconds=taken - each.joined_at))
        elif taken - each.joined_at >= READ_BACK_S and now >= each.retry_at:
            if not each.reported:
                events.append(
                    FollowEvent(
                        kind=Kind.NOT_A_MEMBER, group=each.group, text=_why(each.group, gateway), by=each.wanted_by
                    )
                )
            changed[each.group] = replace(each, member_since=None, reported=True, retry_at=now + RETRY_S)
            again.append(each.group)
    return ReadBack(groups={**groups, **changed} if changed else groups, again=tuple(again), events=tuple(events))


def _why(group: IPv4Address, gateway: GatewayReading) -> str:
    members = len(gateway.members.get(group, ()))
    if members >= MEMBERS_A_GROUP:
        return f"the gateway takes {MEMBERS_A_GROUP} members a group, and it has {members} without the AWS router"
    if gateway.total >= MEMBERS_A_GATEWAY:
        return f"the gateway takes {MEMBERS_A_GATEWAY:,} members of all groups, and it has {gateway.total:,}"
    return "the gateway does not list the AWS router; its report may be lost, and is sent again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """Groups as a router's configuration has them."""

    groups: Mapping[IPv4Address, FollowedGroup]
    events: tuple[FollowEvent, ...] = field(default=())


def adopt(
    groups: Mapping[IPv4Address, FollowedGroup],
    *,
    ours: Iterable[IPv4Address],
    foreign: Iterable[IPv4Address],
    blocks: Sequence[GroupBlock],
    now: float,
) -> Adopted:
    """Return the groups with the router's configuration as the truth: what it has is joined, what it lost is not.

    What is ours there and nobody wants is held from now on, and then left.
    """
    mine, others = frozenset(ours), frozenset(foreign)
    found: dict[IPv4Address, FollowedGroup] = {}
    events: list[FollowEvent] = []
    for group in sorted(groups.keys() | mine | others):
        if block_of(group, blocks) is None:
            continue
        each = groups.get(group) or FollowedGroup(group=group)
        there = group in mine or group in others
        if there and not each.live:
            each = replace(each, joined_at=now, unwanted_since=None if each.wanted_by else now, refused="")
            events.append(FollowEvent(kind=Kind.ADOPTED, group=group, by=each.wanted_by))
        elif not there and each.live:
            events.append(FollowEvent(kind=Kind.LOST, group=group, by=each.wanted_by))
            each = FollowedGroup(group=group, wanted_by=each.wanted_by, wanted_since=now if each.wanted_by else None)
        each = replace(each, foreign=group in others and group not in mine)
        if each.live or each.wanted_by:
            found[group] = each
    return Adopted(groups=found, events=tuple(events))
