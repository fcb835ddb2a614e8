"""What a device sends that is none of ours: ffmpeg plays a tone to a group, and each listener measures it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from traffic.ears import decoded, made, share_of_tone
from traffic.wire import wire

from mcastlab.lab.document import parse_yaml
from mcastlab.traffic.listen import group_named, listen, page, unlisted
from mcastlab.traffic.media import speech_media
from mcastlab.traffic.wav import CODECS, sound, speech, wav
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

LAB_TEXT = """\
name: phones
vpc: {cidr: 10.10.0.0/16}
hosts:
- {name: desk}
sites:
- name: berlin
  router: {ssh: berlin-router, wan: 203.0.113.2/30, lan: 192.168.50.1/24}
  devices:
  - {name: phone-1, address: 192.168.50.20}
groups:
- {name: paging, address: 239.1.1.1}
"""
LAB = parse_yaml(LAB_TEXT, "lab.yaml")
TONE = "sine=frequency=440:sample_rate=8000:duration=6,asetnsamples=160"
SENT = f"timeout -s INT 12 ffmpeg -v error -re -f lavfi -i {TONE} -c:a pcm_mulaw -f rtp 'rtp://239.1.1.1:5004?pkt_size=172'"


def test_what_an_appliance_sends_is_measured_by_each_that_hears_it(tmp_path: Path) -> None:
    with wire(("desk-1", "phone-1", "pager")) as hosts, ThreadPoolExecutor() as pool:
        sending = pool.submit(hosts["pager"].run, SENT, timeout_s=30)
        begun = hosts["pager"].run("timeout 20 tcpdump --immediate-mode -n -c 1 udp port 5004", timeout_s=30)
        assert begun.code == 0, begun.stderr
        shells = {name: hosts[name] for name in ("desk-1", "phone-1")}
        listened = listen(LAB, group_named(LAB, "239.1.1.1"), shells, for_ms=3000, record=True, progress=print)
        assert sending.result().code in {0, 124, 255}
    heard = listened.streams
    assert {each.listener for each in heard} == set(shells)
    assert {(each.source, each.codec, each.lost) for each in heard} == {("10.9.0.4", "G.711 mu-law", 0)}
    assert len({each.ssrc for each in heard}) == 1
    for each in heard:
        # 160 octets are 20 ms.
        assert each.octets == 172
        assert each.packets >= 100
        assert each.talk_spurts == 1
        assert each.mos == pytest.approx(4.41, abs=0.01)
    # The first of them recorded it, and a player that is not ours finds the tone in it.
    (recording,) = listened.recordings
    assert (recording.listener, recording.payload_type) == ("desk-1", 0)
    file = tmp_path / "heard.wav"
    file.write_bytes(wav(CODECS[0], sound(CODECS[0], recording.packets)))
    samples = decoded(file)
    assert share_of_tone(samples, 440) > 0.9
    assert 16_000 < len(samples) < 25_000


def test_a_page_of_a_file_is_heard_as_it_is(tmp_path: Path) -> None:
    """It is longer than one command carries, and goes to its host in parts."""
    octets = speech(made(tmp_path / "page.wav", 4, "-ar", "44100", "-ac", "2", hz=700).read_bytes())
    group = group_named(LAB, "paging")
    with wire(("desk-1", "phone-1")) as hosts, ThreadPoolExecutor() as pool:
        listening = pool.submit(listen, LAB, group, hosts, for_ms=9000, record=True, progress=print)
        member = "until grep -q 010101EF /proc/net/igmp; do sleep 0.05; done"
        assert hosts["desk-1"].run(member, timeout_s=30).code == 0
        paged = page(LAB, group, hosts, sound=speech_media(octets), for_ms=4000, sender="phone-1", progress=print)
        listened = listening.result()
    assert paged == ("phone-1", 200, 0)
    assert {(each.listener, each.packets, each.lost) for each in listened.streams} >= {("desk-1", 200, 0)}
    (recording,) = listened.recordings
    assert b"".join(each.payload for each in recording.packets) == octets
    file = tmp_path / "heard.wav"
    file.write_bytes(wav(CODECS[0], octets))
    assert share_of_tone(decoded(file), 700) > 0.9


def test_who_may_not_send_is_refused_by_name() -> None:
    lab = LAB.model_copy(update={"groups": (LAB.groups[0].model_copy(update={"senders": ("desk",)}),)})
    with pytest.raises(BadInputError, match="phone-1 may not send to paging"):
        page(lab, lab.groups[0], {}, sound=speech_media(b"a"), for_ms=20, sender="phone-1", progress=print)


def test_a_group_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(BadInputError, match="no group is called calls"):
        group_named(LAB, "calls")


def test_of_a_block_one_group_is_named_by_its_address() -> None:
    text = f"{LAB_TEXT}- {{name: calls, address: 239.9.0.0/16, port: 5004-5999, receivers: [berlin], bridge: follow}}\n"
    lab = parse_yaml(text, "lab.yaml")
    for name, port in (("239.9.1.5", 5004), ("239.9.1.5:5006", 5006)):
        group = group_named(lab, name)
        assert (str(group.address), group.port, group.receivers) == ("239.9.1.5", port, ("berlin",))
        assert unlisted(lab, group) == (group,)
    assert unlisted(lab, group_named(lab, "239.1.1.1")) == ()
    with pytest.raises(BadInputError) as block:
        group_named(lab, "calls")
    assert block.value.text == "calls is a block of groups (239.9.0.0/16)"
    assert block.value.hint == "write one of them, such as 239.9.0.1"
    for name, why in (
        ("239.9.1.5:80", "calls has ports 5004-5999"),
        ("239.9.1", "239.9.1 is no address"),
        ("239.8.0.1", "no group is called 239.8.0.1"),
    ):
        with pytest.raises(BadInputError, match=why):
            group_named(lab, name)
