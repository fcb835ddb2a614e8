"""How streams are announced: as what, from when to when, how often. Sources: RFC 8866; RFC 2974; RFC 6184, 8.2."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mcastlab.lab.announcements import SAP_PORT, announcement_scope
from mcastlab.traffic.flow_faults import ABSENCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcastlab.lab.model import Group
    from mcastlab.traffic.media import Media
    from mcastlab.traffic.plan import PlannedFlow, TrafficPlan

SOURCE: Final = "{source}"
"""What stands in a description for its sender's address, which only the sender knows."""
LEAST_INTERVAL_S: Final = 300
MOST_BITS_A_SECOND: Final = 4000
"""Between two announcements, and what all of a scope take together. Source: RFC 2974, section 3.1."""
_LONGEST_ADDRESS: Final = 15


class AnnouncedSession(NamedTuple):
    """A host sends a stream to a group that is announced: to players one session, whichever of its devices sends."""

    sender: int
    group: Group
    media: Media
    start_ms: int
    stop_ms: int
    number: int
    """The first of its flows."""
    away_ms: tuple[tuple[int, int], ...]
    """When none of its devices is there."""


def announced_sessions(groups: Sequence[Group], flows: Sequence[PlannedFlow]) -> Iterator[AnnouncedSession]:
    """Return what is announced of some flows."""
    by_session: dict[tuple[int, int, int], list[int]] = {}
    for number, flow in enumerate(flows):
        if flow.media is not None and groups[flow.group].announce:
            by_session.setdefault((flow.sender, flow.group, id(flow.media)), []).append(number)
    for numbers in by_session.values():
        sent = [flows[number] for number in numbers]
        first = sent[0]
        away = [{(fault.begin_ms, fault.end_ms) for fault in flow.faults if fault.kind in ABSENCES} for flow in sent]
        if first.media is not None:
            yield AnnouncedSession(
                sender=first.sender,
                group=groups[first.group],
                media=first.media,
                start_ms=min(flow.start_ms for flow in sent),
                stop_ms=max(flow.stop_ms for flow in sent),
                number=numbers[0],
                away_ms=tuple(sorted(set.intersection(*away))),
            )


def announcement_rows(plan: TrafficPlan, sources: Sequence[int]) -> list[list[Any]]:
    """Return what each node announces, as the probe reads it.

    Args:
        plan: the plan.
        sources: the synchronisation source (SSRC) of each of its flows.
    """
    sessions = list(announced_sessions(plan.groups, plan.flows))
    texts = [description(each, session=sources[each.number], ttl=plan.ttl, in_band=plan.in_band) for each in sessions]
    scopes = [announcement_scope(each.group.address).address for each in sessions]
    octets: Counter[object] = Counter()
    for scope, text in zip(scopes, texts, strict=True):
        octets[scope] += len(text.encode()) + _LONGEST_ADDRESS
    return [
        [
            *(each.sender, str(scope), SAP_PORT, each.start_ms, each.stop_ms),
            *(max(LEAST_INTERVAL_S, 8 * octets[scope] // MOST_BITS_A_SECOND) * 1000, text, each.away_ms),
        ]
        for each, scope, text in zip(sessions, scopes, texts, strict=True)
    ]


def title_of(group: Group) -> str:
    """Return as what players list a group."""
    return group.announce if isinstance(group.announce, str) else group.name


def description(announced: AnnouncedSession, *, session: int, ttl: int, in_band: bool = False) -> str:
    """Return the description of a session by which players find and decode it.

    Args:
        announced: the session.
        session: its number, another one for each of a source.
        ttl: how many routers a datagram passes at most.
        in_band: whether packets carry the time of their sampling.
    """
    media, group = announced.media, announced.group
    lines = [
        "v=0",
        f"o=- {session} 1 IN IP4 {SOURCE}",
        f"s={title_of(group)}",
        f"c=IN IP4 {group.address}/{ttl}",
        "t=0 0",
        "a=recvonly",
        f"m={'audio' if media.is_audio else 'video'} {group.port} RTP/AVP {media.payload_type}",
        f"a=rtpmap:{media.payload_type} {media.encoding}",
    ]
    if media.format_parameters:
        lines.append(f"a=fmtp:{media.payload_type} {media.format_parameters}")
    if media.is_audio:
        lines.append(f"a=ptime:{media.interval_us // 1000}")
    if in_band:
        # Source: RFC 6051, section 3.3; RFC 8285, section 5.
        lines.append("a=extmap:1 urn:ietf:params:rtp-hdrext:ntp-64")
    return "".join(f"{line}\r\n" for line in lines)
