"""Packet rates of a router's interfaces, from its own counters read twice.

IOS shows rates itself, averaged over five minutes: too slow to see whether something flows now.
Source: Cisco IOS Interface command reference, show interfaces.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.ios.show.system import interface_counts
from mcastlab.ios.show.tables import UnreadableError
from mcastlab.verify.snapshot.routers import TunnelRate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcastlab.ios.show.system import InterfaceCounts
    from mcastlab.ports import RouterSession

APART_S: Final = 1.0
"""At least: counters of a platform may be a fraction of a second old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceReadings:
    """Counters at one moment of this machine's clock, by interface."""

    at_s: float
    by_interface: Mapping[str, InterfaceCounts]


def counts_of(session: RouterSession, interfaces: Sequence[str]) -> InterfaceReadings:
    """Read the counters of interfaces; one that the router does not have is missing."""
    answers = session.show_all(*(f"show interfaces {name}" for name in interfaces)) if interfaces else ()
    at_s = time.monotonic()
    found: dict[str, InterfaceCounts] = {}
    for text in answers:
        # A router that is not configured yet has no such interface, and says so.
        with suppress(UnreadableError):
            found.update({each.name: each for each in interface_counts(text)})
    return InterfaceReadings(at_s=at_s, by_interface=found)


def rates_since(before: InterfaceReadings, session: RouterSession, interfaces: Sequence[str]) -> tuple[TunnelRate, ...]:
    """Return the rates since counters were read, not before `APART_S` after."""
    if not before.by_interface:
        return ()
    time.sleep(max(0.0, before.at_s + APART_S - time.monotonic()))
    after = counts_of(session, interfaces)
    seconds = after.at_s - before.at_s
    return tuple(
        TunnelRate(
            interface=name,
            # Counters that were cleared in between say nothing.
            in_pps=max(0, later.packets_in - earlier.packets_in) / seconds,
            out_pps=max(0, later.packets_out - earlier.packets_out) / seconds,
            seconds=seconds,
        )
        for name, later in after.by_interface.items()
        if (earlier := before.by_interface.get(name)) is not None
    )
