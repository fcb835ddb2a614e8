"""What a test has the AWS router carry at most, against what it is licensed for. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.sizes import largest_payload
from mcastlab.traffic.media import IN_BAND_OCTETS, RTP_HEADER, media

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab
    from mcastlab.scenario.script import Script, Talk

HEADERS_OCTETS: Final = 28
"""IPv4's and UDP's."""


def highest_rate(script: Script, lab: Lab) -> tuple[float, Talk] | None:
    """Return how many bits a second the AWS router carries at most, and the talk with which that begins.

    What stays in the VPC or in one LAN does not pass the router; what several sites receive passes it as often.
    """
    largest = largest_payload(lab)
    changes: list[tuple[int, float, Talk]] = []
    for talk in script.spoken:
        copies = _copies(script, talk)
        if copies:
            bits = copies * bits_a_second(talk.stream, largest, in_band=script.in_band)
            changes += [(talk.span.begin_ms, bits, talk), (talk.span.end_ms, -bits, talk)]
    now, highest = 0.0, None
    for _, bits, talk in sorted(changes, key=lambda each: (each[0], each[1])):
        now += bits
        if highest is None or now > highest[0]:
            highest = now, talk
    return highest


def bits_a_second(stream: str, largest_octets: int, *, in_band: bool = False) -> float:
    """Return the rate of a stream, with its headers down to IPv4.

    >>> round(bits_a_second("g711u", 1352))
    80000
    """
    more = IN_BAND_OCTETS if in_band else 0
    sent = media(stream, largest_octets - more)
    octets = sum(len(packet.payload) + RTP_HEADER + HEADERS_OCTETS + more for packet in sent.packets) / len(
        sent.packets
    )
    return octets * 8 * sent.pps


def _copies(script: Script, talk: Talk) -> int:
    """Return how often a talk's packets pass the AWS router."""
    own = script.nodes[script.devices[talk.device].node].site
    sides = {
        script.nodes[script.devices[stay.device].node].site
        for stay in script.stays
        if stay.group == talk.group and stay.span.meets(talk.span)
    } - {own}
    return len(sides - {None}) + (own is not None and None in sides)
