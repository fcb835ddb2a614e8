"""Has a rendezvous point's pimd forward sources whose site has pruned them off the shared tree before their Register.

Such an (S,G,rpt) prune makes pimd 8.4 give the kernel an empty outgoing list, for all interfaces, until the source's
next Register (FRR pull request 22934); IOS prunes the one interface. A Null-Register of the router's own has pimd
look up the list (RFC 7761, 4.4.2).
"""

from __future__ import annotations

import logging
import socket
import struct
import time
from functools import partial
from typing import TYPE_CHECKING, Final

from mcastlab_twin.routers.kernel_mroutes import KernelMroutes, changes
from mcastlab_twin.routers.pim_messages import PIM, checksum, message
from mcastlab_twin.sandbox.netns import within
from mcastlab_twin.services.service import Background

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from mcastlab_twin.routers.kernel_mroutes import KernelMroute

_FILLED_WITHIN_S: Final = 0.001
"""pimd gives the kernel an empty list of each new source, and at once the right one."""
_AGAIN_S: Final = 1.0
"""After so long a source is registered once more."""
_REGISTER: Final = "pimreg"
_log = logging.getLogger(__name__)


class SilentSources(Background):
    """Looks after the pimd of the namespace `netns`, where it is a rendezvous point."""

    def __init__(self, netns: str) -> None:
        super().__init__(f"silent sources of {netns}")
        self._netns = netns
        self._rps: frozenset[IPv4Address] = frozenset()
        self._registered: dict[tuple[IPv4Address, IPv4Address], float] = {}

    async def look_after(self, rps: frozenset[IPv4Address]) -> None:
        """Look from now on; `rps` are the rendezvous points that this router is."""
        self._rps = rps
        if rps:
            self.start(self._follow)
        else:
            await self.stop()

    async def _follow(self) -> None:
        table = KernelMroutes()
        async for changed in changes(self._netns, _FILLED_WITHIN_S):
            table.take(changed)
            if table.may_leave_out:
                try:
                    await within(self._netns, partial(self._register, table))
                except OSError as failure:
                    # Its interfaces go and come with pimd.
                    _log.debug("silent sources of %s: %s", self._netns, failure)

    def _register(self, table: KernelMroutes) -> None:
        now = time.monotonic()
        self._registered = {key: at for key, at in self._registered.items() if now - at < _AGAIN_S}
        for each in table.left_out(frozenset({socket.if_nametoindex(_REGISTER)})):
            key = each.source, each.group
            if key not in self._registered:
                self._registered[key] = now
                for rp in self._rps:
                    _send(null_register(each), rp)


def null_register(route: KernelMroute) -> bytes:
    """Return a Null-Register of a route's source and group. Source: RFC 7761, 4.9.3."""
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20, 0, 0, 0, PIM, 0) + route.source.packed + route.group.packed
    inner = header[:10] + checksum(header) + header[12:]
    # Its checksum covers the first eight octets alone.
    return message(1, struct.pack("!I", 1 << 30)) + inner


def _send(register: bytes, rp: IPv4Address) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, PIM) as raw:
        raw.sendto(register, (str(rp), 0))
