"""Has a rendezvous point's pimd forward sources whose site has pruned them off the shared tree before their Register.

Such an (S,G,rpt) prune makes pimd 8.4 give the kernel an empty outgoing list, for all interfaces, until the source's
next Register (FRR pull request 22934); IOS prunes the one interface. A Null-Register of the router's own has pimd
look up the list (RFC 7761, 4.4.2).
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import struct
import time
from functools import partial
from typing import TYPE_CHECKING, Final

from mcastlab_twin.routers import kernel_mroutes
from mcastlab_twin.routers.kernel_mroutes import KernelMroutes
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
_PIM: Final = 103
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
        with await within(self._netns, kernel_mroutes.listening) as events:
            while True:
                table.take(kernel_mroutes.parse(await _received(events)))
                await asyncio.sleep(_FILLED_WITHIN_S)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        table.take(kernel_mroutes.parse(events.recv(kernel_mroutes.LARGEST)))
                if table.silent:
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


async def _received(events: socket.socket) -> bytes:
    try:
        return await asyncio.get_running_loop().sock_recv(events, kernel_mroutes.LARGEST)
    except OSError as failure:
        if failure.errno != errno.ENOBUFS:
            raise
        # More changed at once than it holds: what was missed comes with the next Register.
        return b""


def null_register(route: KernelMroute) -> bytes:
    """Return a Null-Register of a route's source and group. Source: RFC 7761, 4.9.3."""
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20, 0, 0, 0, _PIM, 0) + route.source.packed + route.group.packed
    inner = header[:10] + struct.pack("!H", _checksum(header)) + header[12:]
    # Its checksum covers the first eight octets alone.
    words = struct.pack("!BBHI", 0x21, 0, 0, 1 << 30)
    return words[:2] + struct.pack("!H", _checksum(words)) + words[4:] + inner


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def _send(message: bytes, rp: IPv4Address) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, _PIM) as raw:
        raw.sendto(message, (str(rp), 0))
