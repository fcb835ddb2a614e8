"""Messages of strongSwan's control socket."""

from __future__ import annotations

import asyncio
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcastlab_twin.services.vici import Message, Vici, decode, encode

KEYS = st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1, max_size=20)
TEXTS = st.text(max_size=40)
MESSAGES = st.recursive(
    st.dictionaries(KEYS, TEXTS | st.lists(TEXTS, max_size=3), max_size=4),
    lambda inner: st.dictionaries(KEYS, TEXTS | inner, max_size=4),
    max_leaves=12,
)


def test_the_example_of_strongswans_own_description_encodes_to_its_bytes() -> None:
    # src/libcharon/plugins/vici/README.md, "Message encoding"
    message: Message = {"key1": "value1", "section1": {"sub-section": {"key2": "value2"}, "list1": ["item1", "item2"]}}
    pieces = (
        b"\x03\x04key1\x00\x06value1",
        b"\x01\x08section1",
        b"\x01\x0bsub-section",
        b"\x03\x04key2\x00\x06value2",
        b"\x02",
        b"\x04\x05list1",
        b"\x05\x00\x05item1",
        b"\x05\x00\x05item2",
        b"\x06",
        b"\x02",
    )
    assert encode(message) == b"".join(pieces)


@given(MESSAGES)
def test_what_is_encoded_decodes_to_the_same(message: Message) -> None:
    assert decode(encode(message)) == message


def test_a_message_cut_short_is_an_error_and_not_a_shorter_message() -> None:
    whole = encode({"key": "value", "list": ["a", "b"]})
    with pytest.raises(ValueError, match="ends in the middle"):
        decode(whole[:8])


CONFIRMED, EVENT = 5, 7


def packet(kind: int, name: str = "", message: Message | None = None) -> bytes:
    """What charon writes."""
    named = bytes([len(name)]) + name.encode() if name else b""
    body = bytes([kind]) + named + encode(message or {})
    return len(body).to_bytes(4, "big") + body


async def events_of_two() -> list[tuple[str, dict[str, object]]]:
    ours, charons = socket.socketpair()
    vici = Vici(*await asyncio.open_connection(sock=ours))
    _, charon = await asyncio.open_connection(sock=charons)
    # A tunnel comes up between the two registrations.
    charon.write(packet(CONFIRMED) + packet(EVENT, "child-updown", {"up": "yes"}) + packet(CONFIRMED))
    charon.write(packet(EVENT, "ike-updown", {}))
    found = []
    async for event in vici.events("child-updown", "ike-updown"):
        found.append(event)
        if len(found) == 2:
            break
    vici.close()
    charon.close()
    return found


def test_an_event_that_comes_while_the_next_is_registered_is_one_of_them() -> None:
    assert asyncio.run(events_of_two()) == [("child-updown", {"up": "yes"}), ("ike-updown", {})]
