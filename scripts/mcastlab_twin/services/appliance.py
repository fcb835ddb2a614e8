"""A remote site's appliance: a phone or speaker without a shell, which plays its groups and sends when asked to.

It is ffmpeg alone, so that nothing of it is written by who wrote the probe. Its button is HTTP on a socket of this
machine, in place of the page that such devices have.  ``POST /page?group=239.1.1.1&port=5004&seconds=9``
sends a tone; ``GET /heard?group=239.1.1.1`` answers 200 if it has played something of that group in the last seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from mcastlab_twin.network import names
from mcastlab_twin.sandbox.machine import APPLIANCE, find_program
from mcastlab_twin.services.linux import LinuxNode
from mcastlab_twin.services.service import Background, ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab_twin.services.context import TwinContext
    from mcastlab_twin.services.specifications import RemoteAppliance

ENTERED: Final = ("setpriv", "--pdeathsig", "KILL", "--", APPLIANCE)
"""The program in the node: killed with what entered there for it, whose pipes it would keep open otherwise."""
CODECS: Final = {"g711u": ("pcm_mulaw", 8000), "g711a": ("pcm_alaw", 8000), "g722": ("g722", 16000)}
"""ffmpeg's encoders and their sample rates."""
PACKET_MS: Final = 20
OCTETS: Final = 172
"""20 ms of any of these codecs, with RTP's header."""
TTL: Final = 16
LONGEST_S: Final = 3600
REQUEST_S: Final = 10
HEARD_S: Final = 10.0
"""How long something counts as heard just now."""
AGAIN_S: Final = 0.5
_READ: Final = 4096

_log = logging.getLogger(__name__)


class ButtonError(Exception):
    """A request that the button does not take."""


class Appliance(LinuxNode):
    """One appliance."""

    def __init__(self, appliance: RemoteAppliance, context: TwinContext) -> None:
        super().__init__(names.device(appliance.name), appliance.name, context.folder("nodes", appliance.name))
        self._appliance = appliance
        self._socket = context.named[appliance.name]
        self._server: asyncio.Server | None = None
        self._playing = [Background(f"{appliance.name} plays {group}") for group, _ in appliance.receives]
        self._is_mute = find_program(APPLIANCE) is None
        self._sending: dict[tuple[str, int], asyncio.subprocess.Process] = {}
        self.heard_at: dict[str, float] = {}
        """When something of a group was played last."""

    async def _start(self) -> None:
        """Start the node, then what it plays, then its button.

        On a machine without the program it is there and does nothing: a lab is more than its appliances.
        """
        await super()._start()
        if self._is_mute:
            _log.warning("%s does nothing without %s: apt-get install %s", self._appliance.name, APPLIANCE, APPLIANCE)
        else:
            for playing, (group, port) in zip(self._playing, self._appliance.receives, strict=True):
                playing.start(lambda group=group, port=port: self._play(group, port))  # type: ignore[misc]
        self._server = await asyncio.start_server(self._answer, sock=self._socket.dup())

    async def stop(self) -> None:
        """End its button and all its processes."""
        if self._server is not None:
            self._server.close()
        for playing in self._playing:
            await playing.stop()
        await super().stop()
        for process in self._sending.values():
            await process.wait()
        self._sending.clear()

    async def _play(self, group: str, port: int) -> None:
        """Play what is sent to a group, for as long as this is not ended."""
        while True:
            process = await asyncio.create_subprocess_exec(
                *self.argv(*ENTERED, *play_arguments()),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                await self._listen(process, group, description(group, port, self._appliance.address))
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            await asyncio.sleep(AGAIN_S)

    async def _listen(self, process: asyncio.subprocess.Process, group: str, sdp: str) -> None:
        if process.stdin is None or process.stdout is None:
            return
        process.stdin.write(sdp.encode())
        process.stdin.close()
        while await process.stdout.read(_READ):
            self.heard_at[group] = time.monotonic()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_S):
                head = await reader.readuntil(b"\r\n\r\n")
            line = head.decode("ascii", "replace").split("\r\n")[0].split()
            status = await self._asked(*line[:2]) if len(line) > 1 else "400 Bad Request"
        except (ButtonError, ServiceError, EOFError, asyncio.LimitOverrunError, OSError, ValueError) as error:
            _log.warning("%s: %s", self._appliance.name, error)
            status = "400 Bad Request"
        with contextlib.suppress(OSError):
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
            writer.close()

    async def _asked(self, method: str, target: str) -> str:
        if self._is_mute:
            return "503 Service Unavailable"
        url = urlsplit(target)
        asked = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if (method, url.path) == ("POST", "/page"):
            await self._page(asked)
            return "200 OK"
        if (method, url.path) == ("GET", "/heard"):
            ago = time.monotonic() - self.heard_at.get(asked.get("group", ""), float("-inf"))
            return "200 OK" if ago <= HEARD_S else "404 Not Found"
        return "404 Not Found"

    async def _page(self, asked: Mapping[str, str]) -> None:
        """Send a tone to a group that it sends to."""
        target = asked.get("group", ""), int(asked.get("port", "0"))
        seconds, codec = float(asked.get("seconds", "10")), asked.get("codec", "g711u")
        if target not in self._appliance.sends or codec not in CODECS or not 0 < seconds <= LONGEST_S:
            raise ButtonError(f"asked for {dict(asked)}, which it does not send")
        if (running := self._sending.get(target)) is not None and running.returncode is None:
            running.kill()
            await running.wait()
        self._sending[target] = await asyncio.create_subprocess_exec(
            *self.argv(*ENTERED, *send_arguments(*target, seconds, codec)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )


def send_arguments(group: str, port: int, seconds: float, codec: str) -> tuple[str, ...]:
    """Return ffmpeg's arguments that send a tone to a group, a packet each 20 ms."""
    encoder, hz = CODECS[codec]
    frame = hz * PACKET_MS // 1000
    # Paced by the filter: of ffmpeg 6.1 on, -re would send half a second at once.
    tone = f"sine=frequency=1000:sample_rate={hz}:samples_per_frame={frame}:duration={seconds},arealtime"
    target = f"rtp://{group}:{port}?ttl={TTL}&pkt_size={OCTETS}"
    return ("-nostdin", "-v", "error", "-f", "lavfi", "-i", tone, "-c:a", encoder, "-f", "rtp", target)


def play_arguments() -> tuple[str, ...]:
    """Return ffmpeg's arguments that play what a session description names, which is given on its input.

    Without a queue, as several talkers are several sources, of which ffmpeg would take the later ones for old packets.
    """
    given = ("-protocol_whitelist", "pipe,udp,rtp", "-reorder_queue_size", "0", "-f", "sdp", "-i", "pipe:0")
    return ("-v", "quiet", *given, "-flush_packets", "1", "-f", "s16le", "pipe:1")


def description(group: str, port: int, own: str) -> str:
    """Return the session description of a group in G.711, without what the appliance sends itself.

    Sources: RFC 8866; RFC 4570, section 3 (source-filter).
    """
    lines = (
        "v=0",
        f"o=- 1 1 IN IP4 {own}",
        "s=page",
        f"c=IN IP4 {group}/{TTL}",
        "t=0 0",
        f"a=source-filter: excl IN IP4 {group} {own}",
        f"m=audio {port} RTP/AVP 0",
        "",
    )
    return "\r\n".join(lines)
