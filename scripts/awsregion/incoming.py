"""A request's body: read when it is asked for, within a size and a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from awsregion.ec2.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

MOST_BYTES: Final = 16 * 1024 * 1024
"""Of a body that is not an object's: what the largest of the services' own limits allows (a layer of an image)."""
MOST_OBJECT_BYTES: Final = 256 * 1024 * 1024
"""Of one part of an object, as it is held in memory; S3's own limit is 5 GB."""

_MOST_DRAINED_BYTES: Final = 4 * 1024 * 1024
_BODY_S: Final = 60.0
_DRAIN_S: Final = 2.0


class IncomingBody:
    """The body of one request. `service` is the one that it was read for, as soon as it is."""

    def __init__(self, receive: Callable[[], Awaitable[MutableMapping[str, Any]]]) -> None:
        self._receive = receive
        self._over = False
        self.service = ""

    async def whole(self, service: str) -> bytes:
        """Return the body of a request to a service.

        Raises:
            AwsError: it is too long, or was not here in time.
        """
        self.service = service
        most = MOST_OBJECT_BYTES if service == "s3" else MOST_BYTES
        parts, size = [], 0
        try:
            async with asyncio.timeout(_BODY_S):
                while not self._over:
                    part = await self._part()
                    size += len(part)
                    if size > most:
                        raise AwsError("EntityTooLarge", f"The request's body is longer than {most} bytes.", 413)
                    parts.append(part)
        except TimeoutError:
            raise AwsError("RequestTimeout", f"The request's body was not here within {_BODY_S:.0f} s.") from None
        return b"".join(parts)

    async def drain(self) -> None:
        """Read on, for a while: whoever still sends when the connection is closed does not hear the answer."""
        left = _MOST_DRAINED_BYTES
        try:
            async with asyncio.timeout(_DRAIN_S):
                while not self._over and left > 0:
                    left -= len(await self._part())
        except TimeoutError:
            return

    async def _part(self) -> bytes:
        message = await self._receive()
        self._over = message["type"] != "http.request" or not message.get("more_body", False)
        part: bytes = message.get("body", b"")
        return part
