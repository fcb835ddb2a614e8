"""The server of the control socket; `control` is its client.

Whoever reaches it reads pre-shared keys and takes commands, so it answers processes of its own user only.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import struct
from contextlib import suppress
from http import HTTPStatus
from math import inf
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from pydantic import ValidationError

from awsregion.bell import Bell
from awsregion.ec2.errors import AwsError
from awsregion.faults import DELAYED, RegionFault
from awsregion.live import Live
from awsregion.slowness import Slowness

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from awsregion.core import Region

_LOG: Final = logging.getLogger(__name__)
_LONGEST_WAIT_S: Final = 60.0
MOST_BYTES: Final = 8 * 1024 * 1024
"""Of a request: what the fabric sees of the largest labs is a tenth of it."""
MOST_AT_ONCE: Final = 64
"""Connections; the fabric has four."""
REQUEST_S: Final = 10.0
"""Seconds within which a request must be here."""
_PEER: Final = struct.Struct("3i")
"""struct ucred: process, user and group. Source: unix(7), SO_PEERCRED."""


class _RefusalError(Exception):
    """A request that is not answered as asked."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


class ControlServer:
    """Answers the fabric."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._bell = Bell(asyncio.get_running_loop())
        self._server: asyncio.Server | None = None
        self._open = 0
        region.on_change(self._bell.ring)

    async def start(self, path: Path) -> None:
        """Listen on a Unix socket that only its owner can open."""
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, path=str(path))
        finally:
            os.umask(before)

    def close(self) -> None:
        """Listen no longer."""
        self._region.off_change(self._bell.ring)
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            status, body = await self._answered(reader, writer)
            payload = b"" if body is None else body
            head = (
                f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(payload)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode() + payload)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            _LOG.debug("the fabric hung up: %s", error)
        finally:
            self._open -= 1
            writer.close()

    async def _answered(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[HTTPStatus, bytes | None]:
        try:
            async with asyncio.timeout(REQUEST_S):
                if refusal := self._turned_away(writer):
                    # What has been sent is taken in: the kernel would drop the answer with it.
                    await reader.read(MOST_BYTES)
                    return refusal
                asked = await _request(reader)
        except TimeoutError:
            return HTTPStatus.REQUEST_TIMEOUT, _error_body(f"no whole request came within {REQUEST_S:.0f} s")
        except _RefusalError as refused:
            return refused.status, _error_body(str(refused))
        return await self._answer(reader, *asked)

    def _turned_away(self, writer: asyncio.StreamWriter) -> tuple[HTTPStatus, bytes] | None:
        if peer_of(writer.get_extra_info("socket")) != os.geteuid():
            return HTTPStatus.FORBIDDEN, _error_body("this socket is another user's")
        if self._open > MOST_AT_ONCE:
            return HTTPStatus.SERVICE_UNAVAILABLE, _error_body(f"{MOST_AT_ONCE} connections are open")
        return None

    async def _answer(
        self, reader: asyncio.StreamReader, method: str, target: str, body: bytes
    ) -> tuple[HTTPStatus, bytes | None]:
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        work = asyncio.ensure_future(self._route(f"{method} {url.path}", query, body))
        # Whoever hangs up does not get an answer: a command is then left for the next who asks.
        gone = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait([work, gone], return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                message = "closed before it was answered"
                raise ConnectionError(message)
            return work.result()
        finally:
            for task in (work, gone):
                task.cancel()

    async def _route(self, call: str, query: dict[str, str], body: bytes) -> tuple[HTTPStatus, bytes | None]:
        try:
            wait_s = _seconds(query.get("wait", "0"))
            match call:
                case "GET /cloud":
                    return await self._cloud(int(query.get("after", "-1")), wait_s)
                case "POST /commands/next":
                    return await self._next_command(wait_s)
                case "POST /commands/finish" | "POST /live" | "POST /slow" | "POST /clock" | "POST /publish":
                    self._accept(call, body)
                    return HTTPStatus.OK, b"{}"
                case "GET /keys" | "POST /faults" | "GET /faults" | "DELETE /faults" | "POST /delay" | "POST /lose":
                    return HTTPStatus.OK, self._faults(call, body) if call != "GET /keys" else self._keys(query)
                case _:
                    return HTTPStatus.NOT_FOUND, _error_body(f"there is no {call}")
        except (AwsError, ValidationError, ValueError, KeyError, TypeError, RecursionError) as error:
            return HTTPStatus.BAD_REQUEST, _error_body(str(error))

    def _accept(self, call: str, body: bytes) -> None:
        match call:
            case "POST /live":
                self._region.report(Live.model_validate_json(body))
            case "POST /slow":
                self._region.slow(Slowness.model_validate_json(body))
            case "POST /publish":
                self._region.publish_newer()
            case "POST /clock":
                self._region.advance(float(json.loads(body)["advance"]))
            case _:
                self._region.finish_command(json.loads(body))

    def _keys(self, query: dict[str, str]) -> bytes:
        keys = self._region.pushed_keys.of(query["instance"], query["user"])
        return json.dumps({"keys": keys}).encode()

    def _faults(self, call: str, body: bytes) -> bytes:
        faults = self._region.faults
        match call:
            case "POST /faults":
                faults.add(RegionFault.model_validate_json(body))
            case "DELETE /faults":
                faults.clear()
            case "POST /delay":
                payload = json.loads(body)
                if payload["type"] not in DELAYED:
                    message = f"{payload['type']} has no states that take time; {', '.join(DELAYED)} have"
                    raise ValueError(message)
                self._region.delay(DELAYED[payload["type"]], float(payload["seconds"]))
            case "POST /lose":
                self._region.lose(json.loads(body)["attachment"])
        return json.dumps({"faults": [one.model_dump(mode="json") for one in faults.all()]}).encode()

    async def _cloud(self, after: int, wait_s: float) -> tuple[HTTPStatus, bytes | None]:
        def newer() -> bytes | None:
            revision, cloud = self._region.cloud()
            if revision <= after:
                return None
            shown = cloud.model_dump_json(context={"reveal": True})
            return f'{{"revision": {revision}, "cloud": {shown}}}'.encode()

        return await self._answer_when(newer, wait_s, self._region.due_s)

    async def _next_command(self, wait_s: float) -> tuple[HTTPStatus, bytes | None]:
        def taken() -> bytes | None:
            command = self._region.take_command()
            return None if command is None else command.model_dump_json().encode()

        return await self._answer_when(taken, wait_s)

    async def _answer_when(
        self, look: Callable[[], bytes | None], wait_s: float, due_s: Callable[[], float] = lambda: inf
    ) -> tuple[HTTPStatus, bytes | None]:
        """Answer what `look` gives, as soon as it does: it is asked at each ring, and when something is due."""
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while (found := look()) is None:
                    await self._bell.wait(due_s())
                return HTTPStatus.OK, found
        return HTTPStatus.NO_CONTENT, None


def _seconds(text: str) -> float:
    wait_s = float(text)
    if not 0 <= wait_s <= _LONGEST_WAIT_S:
        message = f"wait is up to {_LONGEST_WAIT_S:.0f} s"
        raise ValueError(message)
    return wait_s


def peer_of(connection: socket.socket) -> int:
    """Return the user of the process at the other end of a Unix socket, as this process' namespace counts."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    return int(_PEER.unpack(raw)[1])


async def _request(reader: asyncio.StreamReader) -> tuple[str, str, bytes]:
    """Return method, target and body.

    Raises:
        _RefusalError: it is no request, or too long.
    """
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        request, *fields = head.split("\r\n")
        method, target, _version = request.split(" ", 2)
        lengths = [field.partition(":")[2] for field in fields if field.lower().startswith("content-length:")]
        length = int(lengths[0]) if lengths else 0
        urlsplit(target)
    except (ValueError, asyncio.LimitOverrunError):
        raise _RefusalError(HTTPStatus.BAD_REQUEST, "this is no HTTP request") from None
    if not 0 <= length <= MOST_BYTES:
        raise _RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has up to {MOST_BYTES} bytes")
    return method, target, await reader.readexactly(length)


def _error_body(text: str) -> bytes:
    payload: dict[str, Any] = {"error": text}
    return json.dumps(payload).encode()
