"""Connections that are not as quick or as whole as loopback: what is sent arrives later, or in pieces."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import asyncssh

SPLIT_S: Final = 0.005
"""How long the rest of a character follows its first octet: what came before was read meanwhile."""


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


class SplitSender:
    """Sends text on a channel in pieces, each of which but the last ends within a character."""

    def __init__(self, channel: asyncssh.SSHServerChannel[str]) -> None:
        self._channel = channel
        self._waiting: deque[bytes] = deque()
        self._later: asyncio.TimerHandle | None = None

    def send(self, text: str) -> None:
        """Send text behind what still waits."""
        self._waiting += pieces_within_characters(text)
        if self._later is None:
            self._next()

    def finish(self) -> None:
        """Send what still waits at once."""
        if self._later is not None:
            self._later.cancel()
        while self._waiting:
            self._write(self._waiting.popleft())

    def _next(self) -> None:
        self._later = None
        if self._waiting and not self._channel.is_closing():
            self._write(self._waiting.popleft())
            if self._waiting:
                self._later = asyncio.get_running_loop().call_later(SPLIT_S, self._next)

    def _write(self, octets: bytes) -> None:
        encoding, errors = self._channel.get_encoding()
        self._channel.set_encoding(None)
        self._channel.write(octets)  # without an encoding it takes octets
        self._channel.set_encoding(encoding, errors)


def pieces_within_characters(text: str) -> list[bytes]:
    r"""Return a text's octets in pieces, which end behind the first octet of each character that has several.

    >>> pieces_within_characters("Zürich")
    [b'Z\xc3', b'\xbcrich']
    """
    found = [b""]
    for character in text:
        first, rest = character.encode()[:1], character.encode()[1:]
        found[-1] += first
        if rest:
            found.append(rest)
    return found
