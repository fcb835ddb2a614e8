"""H.264 in RTP: frames of an Annex B stream, cut into packets. Source: RFC 6184, non-interleaved mode."""

from __future__ import annotations

import re
from typing import Final

_START: Final = re.compile(rb"\x00\x00\x00?\x01")
_SLICES: Final = frozenset({1, 5})
"""Types of units that are pictures: a slice, and one of a picture that needs no other."""
_FU_A: Final = 28
_FU_HEADER: Final = 2


def packetized(stream: bytes, largest_octets: int) -> list[list[bytes]]:
    """Return the payloads of each frame, none larger than so many octets; parameter sets go with the frame after them.

    >>> frames = packetized(bytes.fromhex("00000167616263000001650102030405060708"), 6)
    >>> [[payload.hex() for payload in frame] for frame in frames]
    [['67616263', '7c8501020304', '7c4505060708']]
    """
    frames: list[list[bytes]] = [[]]
    for unit in filter(None, _START.split(stream)):
        frames[-1] += _packets(unit, largest_octets)
        if unit[0] & 31 in _SLICES:
            frames.append([])
    return frames[:-1]


def _packets(unit: bytes, largest_octets: int) -> list[bytes]:
    """Return a unit as one packet, or in fragments. Source: RFC 6184, sections 5.6 and 5.8."""
    if len(unit) <= largest_octets:
        return [unit]
    header, size = unit[0], largest_octets - _FU_HEADER
    parts = [unit[begin : begin + size] for begin in range(1, len(unit), size)]
    last = len(parts) - 1
    return [
        bytes((header & 0xE0 | _FU_A, (0x80 if not place else 0x40 if place == last else 0) | header & 31)) + part
        for place, part in enumerate(parts)
    ]
