"""Interface names: the types that IOS-XE knows, their abbreviations and short forms."""

from __future__ import annotations

import re
from typing import Final

TYPES: Final = ("GigabitEthernet", "Loopback", "Tunnel", "Null")
"""The types that this router may have, as IOS writes them."""

OTHER_TYPES: Final = (
    "Async",
    "BDI",
    "CEM",
    "Container",
    "Dialer",
    "LISP",
    "Lspvif",
    "Multilink",
    "NVI",
    "Overlay",
    "Port-channel",
    "TenGigabitEthernet",
    "Virtual-Template",
    "VirtualPortGroup",
    "Vlan",
    "nve",
)
"""Types that IOS-XE knows besides; they make an abbreviation ambiguous, as they do there."""

_SPLIT: Final = re.compile(r"([A-Za-z-]+)(\d.*)?")
_NUMBER: Final = re.compile(r"\d{1,10}")


def split_name(name: str) -> tuple[str, str]:
    """Return an interface name's type and number.

    >>> split_name("GigabitEthernet1")
    ('GigabitEthernet', '1')
    """
    match = _SPLIT.fullmatch(name)
    if match is None:
        return name, ""
    return match[1], match[2] or ""


def is_number(text: str) -> bool:
    """Say whether `text` may stand behind an interface type on this platform: it has neither slots nor ports."""
    return _NUMBER.fullmatch(text) is not None


def types_like(word: str) -> list[str]:
    """Return the types that `word` abbreviates; the type itself alone where it is written out.

    >>> types_like("gi"), types_like("lo")
    (['GigabitEthernet'], ['Loopback'])
    >>> types_like("t")
    ['Tunnel', 'TenGigabitEthernet']
    """
    wanted = word.lower()
    found = [name for name in (*TYPES, *OTHER_TYPES) if name.lower().startswith(wanted)]
    return next(([name] for name in found if name.lower() == wanted), found)


def sort_key(name: str) -> tuple[int, int]:
    """Order interfaces as the running configuration does: loopbacks, tunnels, then the physical ones."""
    kind, number = split_name(name)
    order = ("Loopback", "Tunnel", "GigabitEthernet")
    return order.index(kind) if kind in order else len(order), int(number or 0)
