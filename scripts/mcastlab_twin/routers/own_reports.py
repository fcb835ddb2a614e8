"""A router's own IGMP reports make no multicast route.

Linux hands them to multicast routing like any datagram to their group, so that pimd would have an (S,G) of the router
itself for each group that it joins, which IOS has not. They are looked up in a table without interfaces instead: they
are delivered, and nothing is routed.

Source: net/ipv4/ipmr.c, ip_mr_input; ip-mroute(8), "mrule".
"""

from __future__ import annotations

import contextlib
import socket
from typing import Final

from mcastlab_twin.sandbox.netns import within
from mcastlab_twin.sandbox.process import ip

MARK: Final = 0x6F77
"""Of a router's own reports."""
_TABLE: Final = 0x6F77
_MRT_TABLE: Final = 209
"""Makes a table, which stays. Source: linux/mroute.h."""


def rule(names: str) -> str:
    """Return the rule of nftables that marks the router's own reports, by the names of interfaces."""
    return f"  iifname {{ {names} }} ip protocol igmp fib saddr type local meta mark set {MARK:#x}"


async def divert(netns: str) -> None:
    """Have a namespace look up what is so marked in a table of its own; nothing where the kernel has one table.

    Raises:
        ProgramError, OSError: the namespace is not there, or refused.
    """
    if await within(netns, _make_table):
        await ip(netns, (f"mrule add fwmark {MARK:#x} lookup {_TABLE}",))


def _make_table() -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP) as raw, contextlib.suppress(OSError):
        raw.setsockopt(socket.IPPROTO_IP, _MRT_TABLE, _TABLE)
        return True
    return False
