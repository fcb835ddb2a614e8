"""The server of the control socket; `control` is its client."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from pydantic import ValidationError

from mcastlab.twin.region.core import Bell, Region
from mcastlab.twin.region.ec2.errors import AwsError
from mcastlab.twin.region.faults import DELAYED, Fault
from mcastlab.twin.region.live import Live

if TYPE_CHECKING:
    from pathlib import Path

_LOG: Final = logging.getLogger(__name__)
_LONGEST_WAIT_S: Final = 60.0


class ControlServer:
    """Answers the fabric."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._bell = Bell(asyncio.get_running_loop())
        self._server: asyncio.Server | None = None
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
        try:
            status, body = await self._answer(reader)
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
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[HTTPStatus, bytes | None]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        request, *fields = head.split("\r\n")
        method, target, _version = request.split(" ", 2)
        lengths = [field.partition(":")[2] for field in fields if field.lower().startswith("content-length:")]
        body = await reader.readexactly(int(lengths[0]) if lengths else 0)
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
        wait_s = min(float(query.get("wait", "0")), _LONGEST_WAIT_S)
        try:
            match call:
                case "GET /cloud":
                    return await self._cloud(int(query.get("after", "-1")), wait_s)
                case "POST /commands/next":
                    return await self._next_command(wait_s)
                case "POST /commands/finish" | "POST /live":
                    self._told(call, body)
                    return HTTPStatus.OK, b"{}"
                case "POST /faults" | "GET /faults" | "DELETE /faults" | "POST /delay" | "POST /lose":
                    return HTTPStatus.OK, self._faults(call, body)
                case _:
                    return HTTPStatus.NOT_FOUND, _said(f"there is no {call}")
        except (AwsError, ValidationError, ValueError, KeyError) as error:
            return HTTPStatus.BAD_REQUEST, _said(str(error))

    def _told(self, call: str, body: bytes) -> None:
        if call == "POST /live":
            self._region.report(Live.model_validate_json(body))
        else:
            self._region.finish_command(json.loads(body))

    def _faults(self, call: str, body: bytes) -> bytes:
        faults = self._region.faults
        match call:
            case "POST /faults":
                faults.add(Fault.model_validate_json(body))
            case "DELETE /faults":
                faults.clear()
            case "POST /delay":
                told = json.loads(body)
                if told["type"] not in DELAYED:
                    message = f"{told['type']} has no states that take time; {', '.join(DELAYED)} have"
                    raise ValueError(message)
                self._region.delay(DELAYED[told["type"]], float(told["seconds"]))
            case "POST /lose":
                self._region.lose(json.loads(body)["attachment"])
        return json.dumps({"faults": [one.model_dump(mode="json") for one in faults.all()]}).encode()

    async def _cloud(self, after: int, wait_s: float) -> tuple[HTTPStatus, bytes | None]:
        deadline = asyncio.get_running_loop().time() + wait_s
        while True:
            revision, cloud = self._region.cloud()
            if revision > after:
                shown = cloud.model_dump_json(context={"reveal": True})
                return HTTPStatus.OK, f'{{"revision": {revision}, "cloud": {shown}}}'.encode()
            left_s = deadline - asyncio.get_running_loop().time()
            if left_s <= 0:
                return HTTPStatus.NO_CONTENT, None
            await self._bell.wait(left_s)

    async def _next_command(self, wait_s: float) -> tuple[HTTPStatus, bytes | None]:
        deadline = asyncio.get_running_loop().time() + wait_s
        while True:
            command = self._region.take_command()
            if command is not None:
                return HTTPStatus.OK, command.model_dump_json().encode()
            left_s = deadline - asyncio.get_running_loop().time()
            if left_s <= 0:
                return HTTPStatus.NO_CONTENT, None
            await self._bell.wait(left_s)


def _said(text: str) -> bytes:
    told: dict[str, Any] = {"error": text}
    return json.dumps(told).encode()
