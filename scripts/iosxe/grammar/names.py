"""Interface names: the types that IOS-XE knows, their abbreviations and short forms."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

HARDWARE: Final = (
    "GigabitEthernet",
    "TenGigabitEthernet",
    "TwentyFiveGigE",
    "FortyGigabitEthernet",
    "HundredGigE",
    "FastEthernet",
    "Ethernet",
    "Serial",
    "Cellular",
)
"""The types that a router has or has not, by slot and port; a configuration makes all others."""
CHANNELS: Final = frozenset({"Serial"})
"""Of these a port may be divided into channels: ``Serial0/1/0:15``. Source: Cisco, ``controller`` and ``pri-group``."""
BUNDLES: Final = ("Port-channel",)
NUMBERED: Final = ("Vlan", "BDI", "Dialer", "Virtual-Template", "VirtualPortGroup")
TYPES: Final = (HARDWARE[0], "Loopback", "Tunnel", "Null", *HARDWARE[1:], *BUNDLES, *NUMBERED)
"""The types that this router may have, as IOS writes them."""

OTHER_TYPES: Final = (
    "ATM",
    "Async",
    "CEM",
    "Container",
    "LISP",
    "Lspvif",
    "Multilink",
    "NVI",
    "Overlay",
    "nve",
)
"""Types that IOS-XE knows besides; they make an abbreviation ambiguous, as they do there."""

_SPLIT: Final = re.compile(r"([A-Za-z-]+)(\d.*)?")
_NUMBER: Final = re.compile(r"\d{1,10}")
_PORT: Final = re.compile(r"\d{1,10}(?:/\d{1,3}){0,3}(?P<channel>:\d{1,3})?")
_SUBINTERFACE: Final = re.compile(r"\d{1,10}(?:/\d{1,3}){0,3}(?P<channel>:\d{1,3})?\.\d{1,10}")
_ORDER: Final = ("Loopback", *BUNDLES, "Tunnel", *HARDWARE, *NUMBERED)


def split_name(name: str) -> tuple[str, str]:
    """Return an interface name's type and number.

    >>> split_name("GigabitEthernet1")
    ('GigabitEthernet', '1')
    """
    match = _SPLIT.fullmatch(name)
    if match is None:
        return name, ""
    return match[1], match[2] or ""


def is_subinterface(name: str) -> bool:
    """Say whether a name is that of a part of another interface: ``GigabitEthernet1.100``."""
    return "." in name


def is_hardware(name: str) -> bool:
    """Say whether an interface is there or not, whatever the configuration says."""
    return split_name(name)[0] in HARDWARE and not is_subinterface(name)


def number_of(kind: str, text: str) -> str | None:
    """Return how IOS writes the number behind a type, or None where it cannot stand there.

    >>> number_of("GigabitEthernet", "0/0/1.100"), number_of("Tunnel", "007"), number_of("Tunnel", "0/1")
    ('0/0/1.100', '7', None)
    >>> number_of("Serial", "0/1/0:15"), number_of("GigabitEthernet", "0/1/0:15")
    ('0/1/0:15', None)
    """
    if _NUMBER.fullmatch(text):
        return str(int(text))
    ports, parts = kind in HARDWARE, kind in {*HARDWARE, *BUNDLES}
    fits = (ports and _PORT.fullmatch(text)) or (parts and _SUBINTERFACE.fullmatch(text))
    return text if fits and (fits["channel"] is None or kind in CHANNELS) else None


def types_like(word: str) -> list[str]:
    """Return the types that `word` abbreviates; the type itself alone where it is written out.

    >>> types_like("gi"), types_like("lo")
    (['GigabitEthernet'], ['Loopback'])
    >>> types_like("t")
    ['Tunnel', 'TenGigabitEthernet', 'TwentyFiveGigE']
    """
    wanted = word.lower()
    found = [name for name in (*TYPES, *OTHER_TYPES) if name.lower().startswith(wanted)]
    return next(([name] for name in found if name.lower() == wanted), found)


def numbers_of(name: str) -> tuple[int, ...]:
    """Return the numbers of slot, port and part, to order names by."""
    return tuple(map(int, re.findall(r"\d+", split_name(name)[1])))


@lru_cache(maxsize=4096)
def sort_key(name: str) -> tuple[int, tuple[int, ...]]:
    """Order interfaces as the running configuration does: loopbacks, bundles, tunnels, then the physical ones."""
    kind = split_name(name)[0]
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER), numbers_of(name)


def short_name(name: str) -> str:
    """Return the form that IOS prints where a column is too narrow for the name.

    >>> short_name("TenGigabitEthernet0/0/0"), short_name("Port-channel1")
    ('Te0/0/0', 'Po1')
    """
    kind, number = split_name(name)
    return kind[:2] + number
