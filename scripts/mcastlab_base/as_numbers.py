"""Autonomous system numbers, whichever way they are written."""

from __future__ import annotations

import re
from typing import Final

LARGEST: Final = 2**32 - 1
_PLAIN: Final = re.compile(r"[0-9]{1,10}", re.ASCII)
_DOT: Final = re.compile(r"([0-9]{1,5})\.([0-9]{1,5})", re.ASCII)
_LINE: Final = re.compile(r"\b(bgp|remote-as|local-as) ([0-9]{1,5}\.[0-9]{1,5})(?=[ )]|$)", re.ASCII)
_IN_PLAIN: Final = re.compile(
    r"^(router bgp| +neighbor \S+ (?:remote-as|local-as)|ip msdp peer \S+ .* remote-as) ([0-9]{1,10})(?= |$)", re.ASCII
)
_HALF: Final = 1 << 16


def as_number(text: str) -> int:
    """Return the AS number that a text in asplain or asdot+ notation means. Source: RFC 5396, section 2; RFC 6793.

    >>> as_number("65000"), as_number("65000.1000"), as_number("0.65000")
    (65000, 4259841000, 65000)

    Raises:
        ValueError: it is neither, or is larger than 4 octets hold.
    """
    dotted = _DOT.fullmatch(text)
    if dotted is not None:
        high, low = int(dotted[1]), int(dotted[2])
        if high < _HALF and low < _HALF:
            return high * _HALF + low
    elif _PLAIN.fullmatch(text) is not None and int(text) <= LARGEST:
        return int(text)
    raise ValueError(f"{text!r} is not an AS number in asplain or asdot notation")


def in_notation(number: int, *, dotted: bool) -> str:
    """Return an AS number as a router writes it; with ``bgp asnotation dot`` those of more than 2 octets in asdot.

    >>> in_notation(4259841000, dotted=True), in_notation(65000, dotted=True), in_notation(65537, dotted=False)
    ('65000.1000', '65000', '65537')
    """
    return f"{number // _HALF}.{number % _HALF}" if dotted and number >= _HALF else str(number)


def in_asdot(line: str) -> str:
    """Return a line of a configuration as a router with ``bgp asnotation dot`` shows it.

    >>> in_asdot(" neighbor 169.254.10.1 remote-as 4259841000")
    ' neighbor 169.254.10.1 remote-as 65000.1000'
    """
    return _IN_PLAIN.sub(lambda found: f"{found[1]} {in_notation(int(found[2]), dotted=True)}", line)


def in_asplain(line: str) -> str:
    """Return a line of a router with its AS number in asplain, as every IOS-XE takes it.

    A router with ``bgp asnotation dot`` shows numbers of more than 2 octets in asdot.
    Source: Cisco, IP Routing: BGP Configuration Guide, BGP Support for 4-byte ASN.

    >>> in_asplain("neighbor 169.254.10.1 remote-as 65000.1000")
    'neighbor 169.254.10.1 remote-as 4259841000'
    >>> in_asplain("unicast (bgp 1.1)")
    'unicast (bgp 65537)'
    """
    found = _LINE.search(line)
    if found is None:
        return line
    try:
        number = as_number(found[2])
    except ValueError:
        return line
    return f"{line[: found.start(2)]}{number}{line[found.end(2) :]}"
