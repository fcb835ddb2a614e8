"""The fabric's client of the region's control socket: HTTP and JSON over a Unix socket.

The socket is private to the twin (mode 0600): pre-shared keys cross it in clear, and nothing of it exists on AWS.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from pydantic import TypeAdapter

from awsregion.cloud import Cloud
from awsregion.commands import STDERR_LIMIT, STDOUT_LIMIT
from awsregion.faults import RegionFault
from awsregion.live import ShellCommand
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from awsregion.live import CommandEnd, Live
    from awsregion.slowness import Slowness

WAIT_S: Final = 20
"""Seconds that one long poll lasts at the server; the client asks again until it has an answer."""

_OK: Final = 200
_NO_CONTENT: Final = 204


class RegionControl:
    """The region, as the fabric sees it. Calls may run at the same time; each uses a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def cloud(self, after: int | None = None) -> tuple[int, Cloud]:
        """Return the network state and its revision, as soon as it is newer than revision `after`.

        Raises:
            RefusedError: the region is not there, or refuses.
        """
        newer = "" if after is None else f"&after={after}"
        while True:
            answer = await self._call("GET", f"/cloud?wait={WAIT_S}{newer}")
            if answer is not None:
                return TypeAdapter(int).validate_python(answer["revision"]), Cloud.model_validate_json(
                    json.dumps(answer["cloud"])
                )

    async def next_command(self) -> ShellCommand:
        """Wait for a command and take it: it is InProgress from now on, and nobody else gets it.

        Raises:
            RefusedError: the region is not there, or refuses.
        """
        while True:
            answer = await self._call("POST", f"/commands/next?wait={WAIT_S}")
            if answer is not None:
                return ShellCommand.model_validate_json(json.dumps(answer))

    async def finish_command(
        self, command_id: str, instance_id: str, *, status: CommandEnd, code: int, stdout: str, stderr: str
    ) -> None:
        """Tell how a command ended on an instance; the region cuts the output as SSM does.

        Raises:
            RefusedError: the region is not there, or does not know the command.
        """
        await self._call(
            "POST",
            "/commands/finish",
            {
                "command_id": command_id,
                "instance_id": instance_id,
                "status": status,
                "code": code,
                # What the region would cut is not sent.
                "stdout": stdout[:STDOUT_LIMIT],
                "stderr": stderr[:STDERR_LIMIT],
            },
        )

    async def pushed_keys(self, instance_id: str, user: str) -> tuple[str, ...]:
        """Return the public keys that log a user in to an instance now, in OpenSSH form.

        Raises:
            RefusedError: the region is not there.
        """
        query = urlencode({"instance": instance_id, "user": user})
        answer = await self._call("GET", f"/keys?{query}") or {}
        return TypeAdapter(tuple[str, ...]).validate_python(answer["keys"])

    async def report(self, live: Live) -> None:
        """Tell what the fabric sees; this replaces what it reported before.

        Raises:
            RefusedError: the region is not there, or refuses.
        """
        await self._call("POST", "/live", live.model_dump(mode="json"))

    async def fail(self, fault: RegionFault) -> None:
        """Let something fail from now on.

        Raises:
            RefusedError: the region is not there.
        """
        await self._call("POST", "/faults", fault.model_dump(mode="json"))

    async def faults(self) -> tuple[RegionFault, ...]:
        """Return what is yet to fail.

        Raises:
            RefusedError: the region is not there.
        """
        answer = await self._call("GET", "/faults") or {}
        return TypeAdapter(tuple[RegionFault, ...]).validate_python(answer["faults"])

    async def clear_faults(self) -> None:
        """Let nothing fail any more.

        Raises:
            RefusedError: the region is not there.
        """
        await self._call("DELETE", "/faults")

    async def delay(self, resource_type: str, seconds: float) -> None:
        """Let the states of a resource type take that long from now on.

        Raises:
            RefusedError: the region is not there, or the type has no states that take time.
        """
        await self._call("POST", "/delay", {"type": resource_type, "seconds": seconds})

    async def slow(self, slowness: Slowness) -> None:
        """Let the region be as slow as that from now on.

        Raises:
            RefusedError: the region is not there.
        """
        await self._call("POST", "/slow", slowness.model_dump(mode="json"))

    async def publish(self) -> None:
        """Let newer images be published: what the public parameters name from now on.

        Raises:
            RefusedError: the region is not there.
        """
        await self._call("POST", "/publish")

    async def advance(self, seconds: float) -> None:
        """Move the region's clock forward.

        Raises:
            RefusedError: the region is not there, or its clock would go back.
        """
        await self._call("POST", "/clock", {"advance": seconds})

    async def lose(self, attachment_id: str) -> None:
        """Take a gateway's attachment away, as if AWS had lost it.

        Raises:
            RefusedError: the region is not there, or has no such attachment.
        """
        await self._call("POST", "/lose", {"attachment": attachment_id})

    async def _call(
        self, method: str, target: str, body: Mapping[str, object] | None = None
    ) -> dict[str, object] | None:
        """Send one request; no answer yet (204) is None."""
        payload = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {target} HTTP/1.1\r\nHost: region\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n"
        )
        try:
            reader, writer = await asyncio.open_unix_connection(str(self._path))
        except OSError as error:
            raise RefusedError(
                f"the region does not answer on {self._path}: {error.strerror or error}", hint="start the region first"
            ) from error
        try:
            writer.write(head.encode() + payload)
            await writer.drain()
            answer = await reader.read()
        except OSError as error:
            raise RefusedError(f"the region hung up on {target}: {error.strerror or error}") from error
        finally:
            writer.close()
        return _parse(answer, target)


def _parse(answer: bytes, target: str) -> dict[str, object] | None:
    head, separator, body = answer.partition(b"\r\n\r\n")
    words = head.split(b"\r\n", 1)[0].split(b" ", 2)
    if not separator or len(words) < 2 or not words[1].isdigit():  # noqa: PLR2004  (version and status)
        raise RefusedError(f"the region's answer to {target} broke off", hint="see the region's log")
    status = int(words[1])
    if status == _NO_CONTENT:
        return None
    if status != _OK:
        raise RefusedError(f"the region refused {target}: {body.decode(errors='replace')}")
    parsed: dict[str, object] = json.loads(body)
    return parsed
