"""A client of strongSwan's control socket: the VICI protocol, version 1.

strongSwan's own Python client (package ``vici``) blocks: each tunnel that is followed would need a thread.
Source: strongSwan's ``src/libcharon/plugins/vici/README.md`` (transport, packet and message encoding).
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping, Sequence
from enum import IntEnum
from io import BytesIO
from typing import TYPE_CHECKING, Final, TypeAlias

from mcastlab_twin.services.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Message: TypeAlias = Mapping[str, "str | Sequence[str] | Message"]
"""Keys with text, a list of texts or a section."""

_LENGTH: Final = struct.Struct("!I")
_ANSWER_S: Final = 10
_BYTE: Final = struct.Struct("!B")
_SHORT: Final = struct.Struct("!H")


class _Packet(IntEnum):
    CMD_REQUEST = 0
    CMD_RESPONSE = 1
    CMD_UNKNOWN = 2
    EVENT_REGISTER = 3
    EVENT_UNREGISTER = 4
    EVENT_CONFIRM = 5
    EVENT_UNKNOWN = 6
    EVENT = 7


class _Element(IntEnum):
    SECTION_START = 1
    SECTION_END = 2
    KEY_VALUE = 3
    LIST_START = 4
    LIST_ITEM = 5
    LIST_END = 6


def _name(text: str) -> bytes:
    raw = text.encode()
    return bytes([len(raw)]) + raw


def _value(text: str) -> bytes:
    raw = text.encode()
    return _SHORT.pack(len(raw)) + raw


def encode(message: Message) -> bytes:
    """Return the message as bytes.

    >>> encode({"a": "1", "b": ["x"]}).hex()
    '0301610001310401620500017806'
    """
    parts: list[bytes] = []
    for key, value in message.items():
        if isinstance(value, str):
            parts += [bytes([_Element.KEY_VALUE]), _name(key), _value(value)]
        elif isinstance(value, Mapping):
            parts += [bytes([_Element.SECTION_START]), _name(key), encode(value), bytes([_Element.SECTION_END])]
        else:
            parts += [bytes([_Element.LIST_START]), _name(key)]
            parts += [bytes([_Element.LIST_ITEM]) + _value(item) for item in value]
            parts.append(bytes([_Element.LIST_END]))
    return b"".join(parts)


def decode(data: bytes) -> dict[str, object]:
    """Return the message in `data`: texts, lists of texts and dicts.

    >>> decode(encode({"a": "1", "s": {"b": ["x", "y"]}}))
    {'a': '1', 's': {'b': ['x', 'y']}}

    Raises:
        ValueError: it is not a message.
    """
    return _section(BytesIO(data))


def _section(stream: BytesIO) -> dict[str, object]:
    """Read a section to its end, or the message to its end."""
    found: dict[str, object] = {}
    items: list[str] = []
    while kind := stream.read(1):
        match _Element(kind[0]):
            case _Element.SECTION_START:
                key = _text(stream, _BYTE)
                found[key] = _section(stream)
            case _Element.SECTION_END:
                break
            case _Element.KEY_VALUE:
                key = _text(stream, _BYTE)
                found[key] = _text(stream, _SHORT)
            case _Element.LIST_START:
                items = []
                found[_text(stream, _BYTE)] = items
            case _Element.LIST_ITEM:
                items.append(_text(stream, _SHORT))
            case _Element.LIST_END:
                pass
    return found


def _text(stream: BytesIO, length: struct.Struct) -> str:
    """Read a text behind its length."""
    return _taken(stream, length.unpack(_taken(stream, length.size))[0]).decode(errors="replace")


def _taken(stream: BytesIO, count: int) -> bytes:
    taken = stream.read(count)
    if len(taken) != count:
        raise ValueError("a VICI message ends in the middle")
    return taken


class Vici:
    """One connection to charon; commands are sent one at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._turn = asyncio.Lock()

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()

    async def request(self, command: str, message: Message | None = None) -> dict[str, object]:
        """Send a command and return its answer.

        Raises:
            ServiceError: charon refused it or went away.
            TimeoutError: it did not answer within 10 s.
        """
        async with self._turn, asyncio.timeout(_ANSWER_S):
            return await self._command(command, message)

    async def stream(self, command: str, event: str, message: Message | None = None) -> list[dict[str, object]]:
        """Send a command that answers by events, and return what each event holds.

        Raises:
            ServiceError: charon refused it or went away.
            TimeoutError: it did not answer within 10 s.
        """
        async with self._turn, asyncio.timeout(_ANSWER_S):
            await self._register(event)
            events: list[dict[str, object]] = []
            await self._command(command, message, events)
            self._send(_Packet.EVENT_UNREGISTER, event)
            await self._receive()
            return events

    async def events(self, *names: str) -> AsyncIterator[tuple[str, dict[str, object]]]:
        """Yield events as they come; the connection serves nothing else from then on.

        Raises:
            ServiceError: charon does not know an event, or went away.
        """
        async with self._turn:
            for name in names:
                for early in await self._register(name):
                    yield early
            while True:
                kind, name, answer = await self._receive()
                if kind is _Packet.EVENT:
                    yield name, answer

    async def _register(self, event: str) -> list[tuple[str, dict[str, object]]]:
        """Have charon tell of an event, and return those that came before it confirmed that."""
        early: list[tuple[str, dict[str, object]]] = []
        self._send(_Packet.EVENT_REGISTER, event)
        while True:
            kind, name, answer = await self._receive()
            if kind is _Packet.EVENT_CONFIRM:
                return early
            if kind is not _Packet.EVENT:
                raise ServiceError(f"charon does not know the event {event}")
            early.append((name, answer))

    async def _command(
        self, command: str, message: Message | None, events: list[dict[str, object]] | None = None
    ) -> dict[str, object]:
        self._send(_Packet.CMD_REQUEST, command, encode(message or {}))
        while True:
            kind, _, answer = await self._receive()
            match kind:
                case _Packet.EVENT if events is not None:
                    events.append(answer)
                case _Packet.CMD_RESPONSE if answer.get("success", "yes") == "yes":
                    return answer
                case _Packet.CMD_RESPONSE:
                    raise ServiceError(f"charon refused {command}: {answer.get('errmsg', 'no reason given')}")
                case _Packet.CMD_UNKNOWN:
                    raise ServiceError(f"charon does not know the command {command}")

    def _send(self, kind: _Packet, name: str, message: bytes = b"") -> None:
        packet = bytes([kind]) + _name(name) + message
        self._writer.write(_LENGTH.pack(len(packet)) + packet)

    async def _receive(self) -> tuple[_Packet, str, dict[str, object]]:
        try:
            length = _LENGTH.unpack(await self._reader.readexactly(_LENGTH.size))[0]
            packet = await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, OSError) as gone:
            raise ServiceError("charon closed its control socket") from gone
        kind = _Packet(packet[0])
        if kind is not _Packet.EVENT:
            return kind, "", decode(packet[1:])
        named = packet[1]
        return kind, packet[2 : 2 + named].decode(), decode(packet[2 + named :])
