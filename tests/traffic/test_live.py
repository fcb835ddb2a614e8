"""Listening live: sound as a stream that a player which is not ours decodes, with silence where nothing came."""

from __future__ import annotations

import os
import subprocess
from array import array
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from traffic.ears import share_of_tone
from traffic.test_listen import LAB
from traffic.wire import wire

from mcastlab.cli.live_listening import Frames, listener_command, listener_of, pass_on
from mcastlab.lab.site import Device
from mcastlab.routers.ssh.live_output import process_output
from mcastlab.traffic.listen import group_named, page
from mcastlab.traffic.live_listener import FRAME, PRESENT
from mcastlab.traffic.live_sound import AHEAD_S, FARTHEST_S, HELD_S, LiveSound
from mcastlab.traffic.media import media
from mcastlab.traffic.probe.wire import RTP
from mcastlab.traffic.wav import CODECS
from mcastlab_base.errors import BadInputError, RefusedError

pytestmark = pytest.mark.process

MU_LAW = 0
SILENCE = CODECS[MU_LAW].silence
HEADER = 28
NOWHERE = Path(os.devnull)


def datagram(number: int, payload: bytes, *, kind: int = MU_LAW, ssrc: int = 7, stamp: int | None = None) -> bytes:
    """A packet in RTP; its timestamp goes on with its number."""
    at = number * len(payload) if stamp is None else stamp
    return RTP.pack(0x80, kind, number & 0xFFFF, at % 2**32, ssrc) + payload


def played(octets: bytes) -> array[int]:
    """Samples at 8000 Hz, as ffmpeg decodes a stream that it reads from a pipe."""
    argv = ("ffmpeg", "-v", "error", "-i", "-", "-ar", "8000", "-ac", "1", "-f", "s16le", "-")
    return array("h", subprocess.run(argv, input=octets, capture_output=True, check=True, timeout=60).stdout)


@pytest.mark.parametrize("name", ["g711u", "g711a", "g722", "l16"])
def test_a_player_decodes_the_stream_and_finds_the_tone_and_the_silence(name: str) -> None:
    stream = media(name, 1352)
    codec, sound, heard = CODECS[stream.payload_type], LiveSound(), b""
    ticks = stream.interval_us * codec.clock_hz // 1_000_000
    for number in range(3_000_000 // stream.interval_us):
        now_s = 100 + number * stream.interval_us / 1e6
        if not 2 <= now_s - 100 < 2.5:
            payload = stream.packets[number % len(stream.packets)].payload
            # Timestamps begin anew on the way.
            packet = datagram(number, payload, kind=stream.payload_type, stamp=2**32 - 999 + number * ticks)
            reported = list(sound.take("192.168.50.20", packet, now_s))
            assert bool(reported) == (not number), reported
        heard += sound.due(now_s)
    samples = played(heard)
    assert len(samples) == pytest.approx((3 + AHEAD_S) * 8000, abs=400)
    assert share_of_tone(samples) > 0.9
    behind = round((AHEAD_S + HELD_S) * 8000)
    quiet = samples[behind + 16_400 : behind + 19_600]
    assert max(map(abs, quiet)) < 400 < max(map(abs, samples[behind + 20_400 :]))


def test_the_stream_goes_on_by_the_clock_whatever_comes() -> None:
    sound = LiveSound()
    assert sound.due(5) == b""
    list(sound.take("a", datagram(0, b"ab"), 5))
    first = sound.due(5)
    assert len(first) == HEADER + AHEAD_S * 8000
    # The packet is held for a while, and each octet is written once.
    assert (first + sound.due(5.5))[HEADER:].replace(SILENCE, b"") == b"ab"
    assert sound.due(5.5) == b""
    assert sound.due(7.5) == SILENCE * 16_000


def test_packets_follow_each_other_without_a_hole() -> None:
    sound, heard = LiveSound(), b""
    sent = [bytes([number]) * 160 for number in range(1, 50)]
    for number, payload in enumerate(sent):
        list(sound.take("a", datagram(number, payload), 7 + number * 0.02))
        heard += sound.due(7 + number * 0.02)
    assert (heard + sound.due(9))[HEADER:].strip(SILENCE) == b"".join(sent)


def test_what_was_overtaken_is_not_played_and_what_began_anew_is() -> None:
    sound, now_s = LiveSound(), 0.0
    list(sound.take("a", datagram(10, b"ab", stamp=1000), now_s))
    list(sound.take("a", datagram(12, b"ef", stamp=1004), now_s))
    list(sound.take("a", datagram(11, b"cd", stamp=1002), now_s))
    assert sound.due(0.05)[HEADER:].strip(SILENCE) == b""
    assert sound.due(0.3).strip(SILENCE) == b"abcdef"
    list(sound.take("a", datagram(11, b"cd", stamp=1002), 0.3))
    assert sound.due(1).strip(SILENCE) == b""
    # Late, but later than all before it; and then far ahead.
    list(sound.take("a", datagram(13, b"gh", stamp=1006), 1))
    assert sound.due(1.3).strip(SILENCE) == b"gh"
    list(sound.take("a", datagram(14, b"ij", stamp=1008 + 60 * 8000), 1.3))
    assert sound.due(1.3 + FARTHEST_S).strip(SILENCE) == b"ij"


def test_devices_are_heard_one_at_a_time_and_each_is_named_once() -> None:
    sound = LiveSound()
    assert list(sound.take("a", datagram(1, b"aa"), 0)) == ["a (00000007) speaks: G.711 mu-law"]
    for _ in range(2):
        said = list(sound.take("b", datagram(1, b"bb"), 0.1))
    assert said == []
    assert list(sound.take("c", datagram(1, b"cc", kind=8), 0.1)) == [
        "c sends G.711 A-law, which is not played, as this stream began with G.711 mu-law"
    ]
    assert list(sound.take("c", datagram(1, b"cc", kind=96), 0.1)) == ["c sends payload type 96, which is not played"]
    assert list(sound.take("b", datagram(9, b"bb"), 0.7)) == ["b (00000007) speaks: G.711 mu-law"]
    assert sound.due(1.5)[HEADER:].replace(SILENCE, b"") == b"aabb"


@pytest.mark.parametrize(
    "octets", [b"", b"\x80", bytes(40), b"\x9f" + bytes(11), b"\x90" + bytes(12), b"\x80\xc8" + bytes(26)]
)
def test_what_is_no_sound_is_passed_over(octets: bytes) -> None:
    sound = LiveSound()
    assert list(sound.take("a", octets, 0)) == []
    assert not sound.has_begun


def test_datagrams_are_cut_out_of_pieces() -> None:
    printed = (
        PRESENT + FRAME.pack(3, bytes([10, 9, 0, 4])) + b"abc" + PRESENT + FRAME.pack(1, bytes([10, 9, 0, 5])) + b"d"
    )
    frames = Frames()
    found = [each for place in range(len(printed)) for each in frames.of(printed[place : place + 1])]
    assert found == [("10.9.0.4", b"abc"), ("10.9.0.5", b"d")]


def test_what_a_host_hears_is_played_as_it_comes_until_the_player_goes() -> None:
    group, reported = group_named(LAB, "paging"), list[str]()
    source, sink = os.pipe()
    with wire(("desk-1", "phone-1")) as hosts, ThreadPoolExecutor() as pool, os.fdopen(source, "rb") as player:
        with process_output(hosts["desk-1"].argv(listener_command(group))) as output:
            live = pool.submit(pass_on, "desk-1", output, sink, tell=reported.append)
            member = "until grep -q 010101EF /proc/net/igmp; do sleep 0.05; done"
            assert hosts["desk-1"].run(member, timeout_s=30).code == 0
            tone = media("g711u", 1352)
            paging = pool.submit(page, LAB, group, hosts, sound=tone, for_ms=4000, sender="phone-1", progress=print)
            # Half of it is here before the page has ended.
            early = player.read(HEADER + 16_000)
            assert not paging.done()
            assert paging.result() == ("phone-1", 200, 0)
            heard = early + player.read(16_000)
            player.close()
            assert live.result(timeout=10)
        # The listener has gone with it.
        left = "while grep -q 010101EF /proc/net/igmp; do sleep 0.05; done"
        assert hosts["desk-1"].run(left, timeout_s=30).code == 0
    # On a busy machine a packet may be later than it is held: for some quarter of a second it is the tone alone.
    assert heard.count(tone.packets[0].payload) > 120
    samples = played(heard)
    assert max(share_of_tone(samples[at - 4000 : at + 2000]) for at in range(4000, len(samples) - 2000, 500)) > 0.9
    assert [text.partition(" (")[0] for text in reported] == ["10.9.0.3"]
    os.close(sink)


def test_a_listener_that_ends_by_itself_is_named_with_what_it_said() -> None:
    reported = list[str]()
    ended = pytest.raises(RefusedError, match="desk-1: the listener ended: no such group")
    with process_output(("sh", "-c", "echo no such group >&2; exit 3")) as output, NOWHERE.open("wb") as null, ended:
        pass_on("desk-1", output, null.fileno(), tell=reported.append)
    assert reported == []


def test_it_ends_by_the_clock_and_says_whether_something_was_heard() -> None:
    with process_output(("sleep", "30")) as output, NOWHERE.open("wb") as null:
        assert not pass_on("desk-1", output, null.fileno(), tell=print, seconds=1)


def test_who_listens_is_a_receiver_with_ssh() -> None:
    group, site = LAB.groups[0], LAB.sites[0]
    assert listener_of(LAB, group, None) == "desk-1"
    assert listener_of(LAB, group, "phone-1") == "phone-1"
    pager = Device(name="pager-7", address=IPv4Address("192.168.50.31"), kind="appliance", receives=("paging",))
    lab = LAB.model_copy(update={"sites": (site.model_copy(update={"devices": (*site.devices, pager)}),)})
    with pytest.raises(BadInputError, match="pager-7 is an appliance: it has no SSH"):
        listener_of(lab, group, "pager-7")
    narrow = group.model_copy(update={"receivers": ("berlin",)})
    with pytest.raises(BadInputError, match="desk-1 does not receive paging"):
        listener_of(lab, narrow, "desk-1")
    nobody = lab.model_copy(update={"sites": (site.model_copy(update={"devices": (pager,)}),)})
    with pytest.raises(BadInputError, match="no host and no device receives paging"):
        listener_of(nobody, narrow, None)
