"""Names of a router's interfaces: short as they are typed, in full as IOS prints them."""

from __future__ import annotations

import re
from typing import Final

_SHORT: Final = {
    "Ethernet": ("eth", "et"),
    "FastEthernet": ("fa",),
    "GigabitEthernet": ("gig", "gi"),
    "TwoGigabitEthernet": ("tw",),
    "FiveGigabitEthernet": ("fi",),
    "TenGigabitEthernet": ("ten", "te"),
    "TwentyFiveGigE": ("twe",),
    "FortyGigabitEthernet": ("fo",),
    "HundredGigE": ("hu",),
    "Serial": ("se",),
    "ATM": (),
    "Cellular": ("ce",),
    "Dialer": ("di",),
    "Vlan": ("vl",),
    "BDI": ("bd",),
    "BVI": ("bv",),
    "Port-channel": ("po",),
    "Loopback": ("lo",),
    "Tunnel": ("tu",),
}
"""Source: Cisco IOS-XE, ``show interfaces status`` and ``show ip interface brief``, which print the short forms."""
_FULL: Final = {name.lower(): full for full, short in _SHORT.items() for name in (full, *short)}
_NAME: Final = r"(?P<kind>[A-Za-z-]+) ?(?P<number>\d+(?:/\d+){0,3}(?::\d+)?(?:\.\d+)?)"
_WHOLE: Final = re.compile(_NAME)
_HEADER: Final = re.compile(rf"^(?P<before>(?:no )?interface ){_NAME}$")
_WORD: Final = re.compile(r"(?<=\s)(?P<kind>[A-Z][a-z]{1,2})(?P<number>\d+(?:/\d+){0,3}(?::\d+)?(?:\.\d+)?)(?=\s|$)")
_FREE_TEXT: Final = re.compile(r"^(?:no )?(?:description|remark|name|banner|snmp-server (?:location|contact)) ")


def in_full(name: str) -> str:
    """Return an interface's name as IOS prints it; what is no known kind stays as it is.

    >>> in_full("Gi1"), in_full("gigabitethernet 0/0/1.100"), in_full("Po1.20"), in_full("Te0/0/0"), in_full("X9")
    ('GigabitEthernet1', 'GigabitEthernet0/0/1.100', 'Port-channel1.20', 'TenGigabitEthernet0/0/0', 'X9')
    """
    found = _WHOLE.fullmatch(name)
    kind = None if found is None else _FULL.get(found["kind"].lower())
    return name if found is None or kind is None else f"{kind}{found['number']}"


def line_in_full(line: str) -> str:
    """Return a configuration line with the names of interfaces in full; a person's own text stays as it is.

    >>> line_in_full("interface gi 3"), line_in_full("tunnel source Gi1"), line_in_full("description Gi1 to Gi2")
    ('interface GigabitEthernet3', 'tunnel source GigabitEthernet1', 'description Gi1 to Gi2')
    """
    if _FREE_TEXT.match(line):
        return line
    header = _HEADER.match(line)
    if header is not None:
        return f"{header['before']}{in_full(header['kind'] + header['number'])}"
    return _WORD.sub(lambda found: in_full(found[0]), line)
