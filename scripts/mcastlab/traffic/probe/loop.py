"""The one loop of a run: sockets that are read, and what is due at a time."""

from __future__ import annotations

import heapq
import select
import time
from typing import TYPE_CHECKING, Any

from mcastlab.traffic.probe.figures import PAUSE_NS

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

HEARTBEAT_NS = 50_000_000


class EventLoop:
    """Does what is due, each at its time or as soon as it can, and reads what comes meanwhile."""

    def __init__(self, begin_ns: int, end_ns: int) -> None:
        self.begin_ns, self.end_ns = begin_ns, end_ns
        self.pauses_ns: list[tuple[int, int]] = []
        """When this process did not run although it wanted to."""
        self.actions: list[tuple[int, int, Callable[[], Any]]] = []
        self.order = 0
        self.poller = select.epoll()
        self.readers: dict[int, Callable[[], Any]] = {}
        self.is_stopped = False

    def due(self, time_ns: int, action: Callable[[], Any]) -> None:
        """Do something at a time; of the same time, in the order in which it was asked for."""
        self.order += 1
        heapq.heappush(self.actions, (time_ns, self.order, action))

    def read(self, sock: socket.socket, reader: Callable[[], Any]) -> None:
        """Read a socket whenever there is something."""
        self.readers[sock.fileno()] = reader
        self.poller.register(sock, select.EPOLLIN)

    def forget(self, sock: socket.socket) -> None:
        """Close a socket that is read."""
        self.poller.unregister(sock)
        del self.readers[sock.fileno()]
        sock.close()

    def end_by(self, time_ns: int) -> None:
        """End at a time, unless the end is sooner."""
        self.end_ns = min(self.end_ns, time_ns)

    def stop(self) -> None:
        """End at once."""
        self.is_stopped = True

    def run(self, now_ns: int) -> None:
        """Go on to the end, or until stopped, from a moment that may be past the begin."""
        if now_ns > self.begin_ns + PAUSE_NS:
            self.pauses_ns.append((self.begin_ns, now_ns))
        # What is overdue at the end is still done: a host that was busy has sent what it was to send.
        while not self.is_stopped and (now_ns < self.end_ns or (self.actions and self.actions[0][0] <= self.end_ns)):
            next_ns = min(self.end_ns, now_ns + HEARTBEAT_NS, self.actions[0][0] if self.actions else self.end_ns)
            wait_ns = max(0, next_ns - now_ns)
            if self.actions and self.actions[0][0] <= now_ns:
                heapq.heappop(self.actions)[2]()
            for descriptor, _ in self.poller.poll(wait_ns / 1e9):
                self.readers[descriptor]()
            before_ns, now_ns = now_ns, time.time_ns()
            if now_ns - before_ns > wait_ns + PAUSE_NS:
                self.pauses_ns.append((before_ns, now_ns))
