"""A connection whose every answer takes a round trip: what the router sends arrives that much later, in order."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncssh


class _SlowTransport:
    """A transport that keeps what is written for a while; everything else is the real one's."""

    def __init__(self, transport: Any, delay_s: float) -> None:
        self._transport = transport
        self._delay_s = delay_s
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[float, bytes | None]] = deque()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send later."""
        self._put(bytes(data))

    def close(self) -> None:
        """Close behind what is still to be sent."""
        self._put(None)

    def _put(self, data: bytes | None) -> None:
        self._waiting.append((self._loop.time() + self._delay_s, data))
        if len(self._waiting) == 1:
            self._loop.call_at(self._waiting[0][0], self._send)

    def _send(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._loop.time():
            _, data = self._waiting.popleft()
            if data is None:
                self._transport.close()
            elif not self._transport.is_closing():
                self._transport.write(data)
        if self._waiting:
            self._loop.call_at(self._waiting[0][0], self._send)


def slow_down(connection: asyncssh.SSHServerConnection, delay_s: float) -> None:
    """Delay everything that a new connection sends; call it before the connection has sent anything."""
    connection._transport = _SlowTransport(connection._transport, delay_s)  # type: ignore[assignment]  # noqa: SLF001  (the library has no place for a transport of one's own; a delegate with the same methods)
