"""A tunnel of an EC2 Instance Connect Endpoint: a WebSocket whose binary frames are an instance's TCP connection.

What answers for an instance is a Unix socket in a folder, named by the instance's id. Where nothing comes through, the
tunnel opens and is closed again, as AWS does it.
Source: RFC 6455, sections 5.6 and 7.4.1; the AWS CLI's open-tunnel; aws-cdk issue 26226 (its reason of a closure).
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from awsregion.ec2.errors import AwsError
from awsregion.instance_connect import LONGEST_S, MOST_TUNNELS

if TYPE_CHECKING:
    from pathlib import Path

    from awsregion.asgi_request import Receive, Send
    from awsregion.core import Region


PATH: Final = "/openTunnel"
_CHUNK: Final = 1 << 16
_NORMAL: Final = 1000
_UNABLE: Final = 1011
"""The server met a condition that kept it from doing what was asked."""


class EndpointTunnels:
    """The tunnels of a region's endpoints."""

    def __init__(self, region: Region, instances: Path | None) -> None:
        self._region = region
        self._instances = instances
        self._open: Counter[str] = Counter()

    async def serve(self, query: str, receive: Receive, send: Send) -> None:
        """Be one tunnel, which is asked for in a query.

        Raises:
            AwsError: it is not opened.
        """
        asked = dict(parse_qsl(query))
        target = self._region.tunnel_target(asked)
        endpoint = asked["instanceConnectEndpointId"]
        if self._open[endpoint] >= MOST_TUNNELS:
            raise AwsError("LimitExceeded", f"The endpoint has {MOST_TUNNELS} connections, which is the most.", 429)
        self._open[endpoint] += 1
        try:
            await receive()  # what begins every WebSocket
            await send({"type": "websocket.accept"})
            streams = await self._connected(target, asked["remotePort"])
            if streams is None:
                await send({"type": "websocket.close", "code": _UNABLE, "reason": "Unable to connect to target"})
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(float(asked.get("maxTunnelDuration", LONGEST_S))):
                    await _pass_on(*streams, receive, send)
            streams[1].close()
            with suppress(Exception):  # hypercorn's own, where the client has hung up
                await send({"type": "websocket.close", "code": _NORMAL})
        finally:
            self._open[endpoint] -= 1

    async def _connected(
        self, target: str | None, port: str
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        if target is None or self._instances is None or port != "22":
            return None
        try:
            return await asyncio.open_unix_connection(self._instances / target)
        except OSError:
            return None


async def refuse(error: AwsError, send: Send) -> None:
    """Answer that a tunnel is not opened, and why."""
    body = json.dumps({"ErrorCode": error.code, "Message": error.message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, receive: Receive, send: Send) -> None:
    """Pass bytes both ways until one side has ended."""
    ways = [asyncio.ensure_future(_to_client(reader, send)), asyncio.ensure_future(_to_instance(receive, writer))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _to_client(reader: asyncio.StreamReader, send: Send) -> None:
    while data := await reader.read(_CHUNK):
        await send({"type": "websocket.send", "bytes": data})


async def _to_instance(receive: Receive, writer: asyncio.StreamWriter) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        writer.write(message.get("bytes") or b"")
        await writer.drain()
