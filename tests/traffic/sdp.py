"""Descriptions of streams by which players find and decode them. Source: RFC 8866; RFC 3551; RFC 6184, section 8.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from mcastlab.traffic.media import Media


def description(media: Media, *, name: str, source: str, group: IPv4Address, port: int, ttl: int, session: int) -> str:
    """Return the description of a stream to a group.

    Args:
        media: what is sent.
        name: what players list it as.
        source: the sender's address.
        group: where it is sent to.
        port: the UDP port there.
        ttl: how many routers it passes at most.
        session: the number of this session, another one for each stream of a source.
    """
    kind = "audio" if media.is_audio else "video"
    lines = [
        "v=0",
        f"o=- {session} 1 IN IP4 {source}",
        f"s={name}",
        f"c=IN IP4 {group}/{ttl}",
        "t=0 0",
        f"m={kind} {port} RTP/AVP {media.payload_type}",
        f"a=rtpmap:{media.payload_type} {media.encoding}",
    ]
    if media.format_parameters:
        lines.append(f"a=fmtp:{media.payload_type} {media.format_parameters}")
    if media.is_audio:
        lines.append(f"a=ptime:{media.interval_us // 1000}")
    return "".join(f"{line}\r\n" for line in (*lines, "a=recvonly"))
