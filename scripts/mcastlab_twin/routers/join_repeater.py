"""Joins a source's tree once more, a moment after pimd has.

pimd 8.4 keeps the expiry timer of a downstream neighbour that pruned itself. A Join within the hold time goes on with
that timer: the tree is cut when the pruned Join would have run out, until the next periodic Join, up to 10 s later. A
Join in the joined state starts the timer anew (RFC 7761, 4.5.2).
"""

from __future__ import annotations

import logging
import socket
from functools import partial
from typing import TYPE_CHECKING, Final

from mcastlab_twin.routers.configured_interfaces import other_end
from mcastlab_twin.routers.kernel_mroutes import changes
from mcastlab_twin.routers.pim_messages import ALL_ROUTERS, PIM, join
from mcastlab_twin.routers.pimd_lines import JOIN_HOLD_S
from mcastlab_twin.sandbox.netns import within
from mcastlab_twin.services.service import Background

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from ipaddress import IPv4Interface

    from mcastlab_twin.routers.kernel_mroutes import KernelMroute

_AFTER_S: Final = 0.3
"""pimd's own Join has been sent and taken by then."""
_log = logging.getLogger(__name__)


class JoinRepeater(Background):
    """Looks after the pimd of the namespace `netns`."""

    def __init__(self, netns: str) -> None:
        super().__init__(f"joins of {netns}")
        self._netns = netns
        self._tunnels: Mapping[str, IPv4Interface] = {}

    async def look_after(self, tunnels: Mapping[str, IPv4Interface]) -> None:
        """Look from now on at the trees that come through tunnels, by their kernel names with their addresses."""
        self._tunnels = tunnels
        if tunnels:
            self.start(self._follow)
        else:
            await self.stop()

    async def _follow(self) -> None:
        async for changed in changes(self._netns, _AFTER_S):
            if joined := trees(changed):
                try:
                    await within(self._netns, partial(self._repeat, joined))
                except OSError as failure:
                    # Its interfaces go and come.
                    _log.debug("joins of %s: %s", self._netns, failure)

    def _repeat(self, joined: Iterable[KernelMroute]) -> None:
        numbers = {socket.if_nametoindex(device): address for device, address in self._tunnels.items()}
        for each in joined:
            own = numbers.get(each.incoming or 0)
            if own is not None and (upstream := other_end(own)) is not None:
                _send(join(each.source, each.group, upstream, JOIN_HOLD_S), own)


def trees(changed: Iterable[KernelMroute]) -> list[KernelMroute]:
    """Return the sources' trees that go somewhere after these changes."""
    last = {(each.source, each.group): each for each in changed}
    return [
        each
        for each in last.values()
        if not each.is_of_shared_tree
        and not each.gone
        and each.incoming is not None
        and each.outgoing - {each.incoming}
    ]


def _send(message: bytes, own: IPv4Interface) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, PIM) as raw:
        raw.bind((str(own.ip), 0))
        raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, own.ip.packed)
        raw.sendto(message, (ALL_ROUTERS, 0))
