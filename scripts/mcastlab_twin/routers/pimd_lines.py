"""What pimd is given of a router's multicast routing, and which groups the router itself joins. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address

    from iosxe.intent import Interface

_HELLO: Final = "ip pim hello 1 105"
"""IOS's hold time, so that a neighbour is lost after as long; hellos come sooner than IOS's 30 s, so that a neighbour
behind a tunnel that comes up later is found within a second."""
_JOIN_INTERVAL: Final = "ip pim join-prune-interval 10"
"""IOS joins again at once when an upstream neighbour comes back, pimd only with its next periodic join (60 s)."""
JOIN_HOLD_S: Final = 35
"""Of its Joins: three and a half times as long (RFC 7761, 4.11)."""
_REGISTER_TIMERS: Final = ("ip pim register-suppress-time 11", "ip pim rp keep-alive-timer 185")
"""A source's router is silent for up to 85 s after a Register-Stop (RFC 7761 4.11: 60 s, half as much more or less).
A rendezvous point that has lost its state would not know the source for as long. So Registers come again after 0 to
11 s: more than twice the probe time of 5 s is the least that pimd takes. The RP's keepalive would follow; it is as it
was.
"""
TIMERS: Final = (_JOIN_INTERVAL, *_REGISTER_TIMERS)
"""The lines of every router that routes multicast."""


def own_groups(interface: Interface) -> list[IPv4Address]:
    """Return the groups that the router joins on an interface."""
    return sorted({*interface.igmp_join_groups, *interface.igmp_static_groups})


def interface_lines(interface: Interface) -> Iterator[str]:
    """Yield the lines of an interface."""
    if interface.pim_sparse:
        # The interval first, which enables PIM too: pimd says hello at once, and again only after the interval of then.
        yield _HELLO
        yield "ip pim"
    # PIM brings IGMP with it on IOS. A loopback has no hosts to ask.
    if own_groups(interface) or (interface.pim_sparse and not interface.name.startswith("Loopback")):
        yield "ip igmp"
        yield f"ip igmp version {interface.igmp_version}"
