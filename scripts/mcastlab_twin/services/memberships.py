"""The groups that a router itself has joined: sockets of ours in its namespace, for which the kernel sends reports.

pimd has lines for that too. It opens a raw socket for each group, which hears every IGMP packet of the namespace, and
validates its whole configuration after each line: a second for 200 groups where there are a thousand.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from dataclasses import dataclass, field
from ipaddress import IPv4Address  # noqa: TC003  (annotations of a dataclass)
from typing import TYPE_CHECKING, Final

from mcastlab_twin.sandbox.netns import within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

GROUPS_A_SOCKET: Final = 20
"""Source: Linux, ``net.ipv4.igmp_max_memberships``, default."""


@dataclass(frozen=True, slots=True, order=True)
class RouterMembership:
    """A group that is joined on an interface."""

    device: str
    """Its kernel name."""
    group: IPv4Address


@dataclass(slots=True, eq=False)
class _Joined:
    """A socket and what it has joined, with the interfaces' numbers of then: a new interface has another."""

    socket: socket.socket
    joined: dict[RouterMembership, int] = field(default_factory=dict)

    def join(self, membership: RouterMembership) -> None:
        try:
            number = socket.if_nametoindex(membership.device)
        except OSError:
            raise OSError(errno.ENODEV, f"{os.strerror(errno.ENODEV)}: {membership.device}") from None
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, _request(membership, number))
        self.joined[membership] = number

    def leave(self, membership: RouterMembership) -> None:
        request = _request(membership, self.joined.pop(membership))
        try:
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_DROP_MEMBERSHIP, request)
        except OSError:
            # The interface has gone, and its memberships with it.
            return


def _request(membership: RouterMembership, number: int) -> bytes:
    """Return a ``struct ip_mreqn``. Source: ip(7)."""
    return membership.group.packed + bytes(4) + struct.pack("@i", number)


class Memberships:
    """What the router in the namespace `netns` has joined."""

    def __init__(self, netns: str) -> None:
        self._netns = netns
        self._sockets: list[_Joined] = []

    async def apply(self, wanted: Iterable[RouterMembership]) -> None:
        """Join what is new and leave what is not wanted any more; what stays sends no report anew.

        Raises:
            OSError: the kernel refused, e.g. because an interface is not there; the rest is as it was.
        """
        there = frozenset(wanted)
        self._leave(lambda each: each not in there)
        new = sorted(there.difference(*(one.joined for one in self._sockets)))
        if new:
            await within(self._netns, lambda: self._join(new))

    def _join(self, new: Iterable[RouterMembership]) -> None:
        for each in new:
            free = next((one for one in reversed(self._sockets) if len(one.joined) < GROUPS_A_SOCKET), None)
            if free is None:
                free = _Joined(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                self._sockets.append(free)
            free.join(each)

    def forget(self, devices: frozenset[str]) -> None:
        """Leave what is joined on these interfaces, as they go."""
        self._leave(lambda each: each.device in devices)

    def _leave(self, goes: Callable[[RouterMembership], bool]) -> None:
        for one in self._sockets:
            for each in list(filter(goes, one.joined)):
                one.leave(each)

    def clear(self) -> None:
        """Leave everything: who routes multicast here has ended, and hears of it anew when it has started again."""
        sockets, self._sockets = self._sockets, []
        for one in sockets:
            one.socket.close()
