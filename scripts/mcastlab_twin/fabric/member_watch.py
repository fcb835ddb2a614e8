"""Members by IGMP as the gateways' bridges know them: read when the kernel says that a bridge has one more or less.

A look once in a while would show a member late, and read thousands for nothing.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Final

from mcastlab_twin.fabric.observation import members
from mcastlab_twin.sandbox.netns import within

if TYPE_CHECKING:
    from collections.abc import Iterable

    from awsregion.cloud import Cloud
    from awsregion.live import IgmpMember

_MDB_NEWS: Final = 1 << 25
"""Source: Linux, include/uapi/linux/rtnetlink.h, RTNLGRP_MDB is 26; netlink(7): groups of an address are a mask."""
_CHUNK: Final = 65536
SPARED: Final = 2.0
"""For how many times the duration of a reading the tables are left alone, as thousands may join one after the other."""


class MemberWatch:
    """Who is a member in the domains of a cloud's gateways."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self._turn = asyncio.Lock()
        self._sockets: dict[str, socket.socket] = {}
        self._cloud: Cloud | None = None
        self._found: tuple[IgmpMember, ...] = ()

    def forget_all_but(self, gateways: Iterable[str]) -> None:
        """Let go of the namespaces of all other gateways, which would outlive their names otherwise."""
        loop = asyncio.get_running_loop()
        for name in self._sockets.keys() - set(gateways):
            loop.remove_reader(self._sockets[name])
            self._sockets.pop(name).close()

    async def look_at(self, cloud: Cloud) -> None:
        """Watch the gateways of this cloud, whose namespaces are there.

        Raises:
            OSError: the kernel does not tell.
        """
        loop = asyncio.get_running_loop()
        for gateway in cloud.transit_gateways:
            if gateway.id not in self._sockets:
                listening = self._sockets[gateway.id] = await within(gateway.id, _listening)
                loop.add_reader(listening, self._take, listening)
        self._cloud = cloud
        self._news.set()

    def _take(self, listening: socket.socket) -> None:
        """Drop what came in: that something did is enough, even where it was too much for the socket."""
        self._news.set()
        try:
            while listening.recv(_CHUNK):
                pass
        except OSError:
            return

    async def members(self) -> tuple[IgmpMember, ...]:
        """Return the members of now.

        Raises:
            ProgramError, TimeoutError: a gateway's bridges could not be asked; that may pass.
        """
        async with self._turn:
            if self._cloud is not None and self._news.is_set():
                self._news.clear()
                try:
                    self._found = await members(self._cloud)
                except BaseException:
                    self._news.set()
                    raise
        return self._found

    async def changed(self) -> None:
        """Wait until members may have come or gone since they were read last."""
        await self._news.wait()


def _listening() -> socket.socket:
    listening = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
    try:
        listening.bind((0, _MDB_NEWS))
    except OSError:
        listening.close()
        raise
    return listening
