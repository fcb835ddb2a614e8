"""What the kernel says of its multicast routes as they change. Pure but for `changes`.

Sources: linux/rtnetlink.h; net/ipv4/ipmr.c, ipmr_fill_mroute and mroute_netlink_event.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import struct
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from mcastlab_twin.sandbox.netns import within

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator

_LARGEST: Final = 65536
"""Of what is received at once, in octets."""
_GROUP_OF_MROUTES: Final = 1 << 5
"""RTNLGRP_IPV4_MROUTE, as a bit."""
_NEW, _GONE = 24, 25
"""RTM_NEWROUTE and RTM_DELROUTE."""
_FAMILY: Final = 128
"""RTNL_FAMILY_IPMR."""
_DESTINATION, _SOURCE, _INCOMING, _OUTGOING = 1, 2, 3, 9
"""RTA_DST, RTA_SRC, RTA_IIF and RTA_MULTIPATH."""
_HEADER: Final = struct.Struct("=IHHII")
_ROUTE: Final = struct.Struct("=8BI")
_ATTRIBUTE: Final = struct.Struct("=HH")
_NEXT_HOP: Final = struct.Struct("=HBBi")
_INTERFACE: Final = struct.Struct("=I")
_ANY: Final = IPv4Address(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelMroute:
    """A multicast route by the numbers of its interfaces."""

    source: IPv4Address
    """0.0.0.0 of a shared tree's."""
    group: IPv4Address
    incoming: int | None
    """None while it is not resolved."""
    outgoing: frozenset[int]
    gone: bool = False

    @property
    def is_of_shared_tree(self) -> bool:
        """Whether it is a group's, of no source."""
        return self.source == _ANY


async def changes(netns: str, settle_s: float) -> AsyncIterator[list[KernelMroute]]:
    """Yield what changes in a namespace, in its order, each time with what follows within so many seconds.

    More at once than the kernel keeps is passed over.

    Raises:
        OSError: the namespace is not there, or the kernel refuses the socket.
    """
    with await within(netns, _listening) as events:
        while True:
            received = [await _received(asyncio.get_running_loop().sock_recv(events, _LARGEST))]
            await asyncio.sleep(settle_s)
            with contextlib.suppress(OSError):
                while True:
                    received.append(events.recv(_LARGEST))
            yield [each for data in received for each in parse(data)]


def _listening() -> socket.socket:
    events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
    events.bind((0, _GROUP_OF_MROUTES))
    return events


async def _received(data: Awaitable[bytes]) -> bytes:
    try:
        return await data
    except OSError as failure:
        if failure.errno != errno.ENOBUFS:
            raise
        return b""


def parse(data: bytes) -> Iterator[KernelMroute]:
    """Read what such a socket received; all else is passed over."""
    for kind, body in _pieces(data, _HEADER):
        if kind not in {_NEW, _GONE} or len(body) < _ROUTE.size or body[0] != _FAMILY:
            continue
        found = dict(_pieces(body[_ROUTE.size :], _ATTRIBUTE))
        if _DESTINATION in found:
            incoming = found.get(_INCOMING)
            yield KernelMroute(
                source=IPv4Address(found.get(_SOURCE, _ANY.packed)),
                group=IPv4Address(found[_DESTINATION]),
                incoming=None if incoming is None else _INTERFACE.unpack(incoming)[0],
                outgoing=frozenset(_next_hops(found.get(_OUTGOING, b""))),
                gone=kind == _GONE,
            )


def _pieces(data: bytes, header: struct.Struct) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of messages or attributes, each padded to four octets."""
    while len(data) >= header.size:
        length, kind, *_ = header.unpack_from(data)
        if not header.size <= length <= len(data):
            return
        yield kind, data[header.size : length]
        data = data[(length + 3) & ~3 :]


def _next_hops(data: bytes) -> Iterator[int]:
    while len(data) >= _NEXT_HOP.size:
        length, _, _, interface = _NEXT_HOP.unpack_from(data)
        yield interface
        data = data[max(length, _NEXT_HOP.size) :]


@dataclass
class KernelMroutes:
    """Which sources the kernel forwards to nobody, although their group's shared tree goes on elsewhere."""

    shared: dict[IPv4Address, frozenset[int]] = field(default_factory=dict)
    """Where each group's shared tree goes, as far as that was heard."""
    silent: dict[IPv4Address, dict[IPv4Address, KernelMroute]] = field(default_factory=dict)
    """The routes of sources that go nowhere, by group and source, but for those that were `left_out`."""
    changed: set[IPv4Address] = field(default_factory=set)
    """The groups of which something has changed since `left_out` looked."""

    def take(self, changes: Iterable[KernelMroute]) -> None:
        """Note changes, in their order."""
        for each in changes:
            self.changed.add(each.group)
            if each.is_of_shared_tree:
                self.shared.pop(each.group, None)
                if not each.gone:
                    # pimd lists the interface towards the RP, too.
                    self.shared[each.group] = each.outgoing - {each.incoming}
                continue
            self._forget(each)
            if not each.gone and each.incoming is not None and not each.outgoing:
                self.silent.setdefault(each.group, {})[each.source] = each

    @property
    def may_leave_out(self) -> bool:
        """Whether a silent source is of a group that has changed."""
        return not self.changed.isdisjoint(self.silent)

    def left_out(self, without: frozenset[int]) -> list[KernelMroute]:
        """Return once the silent routes whose group goes on elsewhere, or who knows where; `without` does not count.

        Those of the others are looked at again when something of their group changes.
        """
        found = [
            each
            for group in self.changed & self.silent.keys()
            for each in self.silent[group].values()
            if group not in self.shared or self.shared[group] - {each.incoming} - without
        ]
        self.changed.clear()
        for each in found:
            self._forget(each)
        return found

    def _forget(self, route: KernelMroute) -> None:
        of_group = self.silent.get(route.group, {})
        of_group.pop(route.source, None)
        if not of_group:
            self.silent.pop(route.group, None)
