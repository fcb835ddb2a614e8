"""Lines of which a section holds one: another value takes the place of the first."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_INTERFACE: Final = r"^interface "
_PROPOSAL: Final = r"^crypto ikev2 proposal "
_PROFILE: Final = r"^crypto ikev2 profile "
_KEYRING: Final = r"^crypto ikev2 keyring "
_IPSEC: Final = r"^crypto ipsec profile "

SINGLE: Final[tuple[tuple[str, ...], ...]] = (
    (r"^ip pim register-source ",),
    (r"^crypto ipsec df-bit ",),
    (r"^crypto ipsec transform-set (\S+) ",),
    (r"^crypto ipsec transform-set ", r"^mode "),
    (_INTERFACE, r"^description "),
    (_INTERFACE, r"^ip address \S+ \S+$"),
    (_INTERFACE, r"^ip mtu "),
    (_INTERFACE, r"^ip tcp adjust-mss "),
    (_INTERFACE, r"^ip igmp version "),
    (_INTERFACE, r"^ip pim (?:sparse|dense|sparse-dense)-mode\b"),
    (_INTERFACE, r"^tunnel source "),
    (_INTERFACE, r"^tunnel mode "),
    (_INTERFACE, r"^tunnel destination "),
    (_INTERFACE, r"^tunnel protection ipsec profile "),
    (_PROPOSAL, r"^encryption "),
    (_PROPOSAL, r"^integrity "),
    (_PROPOSAL, r"^prf "),
    (_PROPOSAL, r"^group "),
    (_KEYRING, r"^peer ", r"^address "),
    (_KEYRING, r"^peer ", r"^pre-shared-key "),
    (_PROFILE, r"^match address "),
    (_PROFILE, r"^identity local "),
    (_PROFILE, r"^authentication (local|remote) "),
    (_PROFILE, r"^keyring local "),
    (_PROFILE, r"^lifetime "),
    (_PROFILE, r"^dpd "),
    (_IPSEC, r"^set transform-set "),
    (_IPSEC, r"^set pfs "),
    (_IPSEC, r"^set ikev2-profile "),
    (_IPSEC, r"^set security-association lifetime seconds "),
    (_IPSEC, r"^set security-association replay window-size "),
    (r"^router bgp ", r"^neighbor (\S+) remote-as "),
    (r"^router bgp ", r"^neighbor (\S+) timers "),
)
"""Patterns from the section to the line; what a group catches is part of what tells one line from another.

Source: Cisco IOS command references, each command's usage guidelines.
"""

_COMPILED: Final = tuple(tuple(re.compile(pattern) for pattern in patterns) for patterns in SINGLE)


@lru_cache(maxsize=4096)
def _kinds_below(above: tuple[str, ...]) -> tuple[tuple[int, re.Pattern[str]], ...]:
    """Return the kinds of which the section with these headers holds one line each; headers hold no keys."""
    return tuple(
        (number, patterns[-1])
        for number, patterns in enumerate(_COMPILED)
        if len(patterns) == len(above) + 1
        and all(pattern.search(text) for pattern, text in zip(patterns, above, strict=False))
    )


def key_of(path: tuple[str, ...]) -> tuple[object, ...] | None:
    """Return what a line shares with the line that it would replace, or None where lines stand side by side.

    >>> key_of(("interface Tunnel200", "ip mtu 1380")) == key_of(("interface Tunnel200", "ip mtu 1400"))
    True
    >>> key_of(("interface GigabitEthernet1", "ip igmp join-group 239.1.1.1")) is None
    True
    """
    above = path[:-1]
    for number, pattern in _kinds_below(above):
        found = pattern.search(path[-1])
        if found is not None:
            return (*above, number, *found.groups())
    return None
