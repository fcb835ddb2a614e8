"""Messages of PIM version 2, as far as the twin sends some itself. Pure. Source: RFC 7761, section 4.9."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ipaddress import IPv4Address

PIM: Final = 103
"""Its number as a protocol of IP."""
ALL_ROUTERS: Final = "224.0.0.13"
_JOIN_PRUNE: Final = 3
_IPV4: Final = b"\1\0"
"""Family and encoding of an address."""
_SPARSE: Final = 0x04
_WHOLE: Final = 32


def join(source: IPv4Address, group: IPv4Address, upstream: IPv4Address, hold_s: int) -> bytes:
    """Return a Join of a source's tree, to an upstream neighbour."""
    begin = _IPV4 + upstream.packed + struct.pack("!BBH", 0, 1, hold_s)
    of_group = _IPV4 + bytes((0, _WHOLE)) + group.packed + struct.pack("!HH", 1, 0)
    return message(_JOIN_PRUNE, begin + of_group + _IPV4 + bytes((_SPARSE, _WHOLE)) + source.packed)


def message(kind: int, body: bytes) -> bytes:
    """Return a message of a kind, with its checksum.

    >>> message(0, bytes(4)).hex()
    '2000dfff00000000'
    """
    header = bytes((0x20 | kind, 0))
    return header + checksum(header + b"\0\0" + body) + body


def checksum(data: bytes) -> bytes:
    """Return the Internet checksum of an even number of octets. Source: RFC 1071."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF)
