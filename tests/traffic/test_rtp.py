"""Streams in RTP, judged by what we did not write: tshark dissects them, and ffmpeg plays what it hears of them."""

from __future__ import annotations

import subprocess
from array import array
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import pytest
from traffic.captures import capture_of, dissected
from traffic.ears import share_of_tone
from traffic.wire import Host, wire

from mcastlab.lab.model import Group
from mcastlab.traffic import MEDIA, g711
from mcastlab.traffic.announcements import SOURCE, AnnouncedSession, description
from mcastlab.traffic.fleet import Fleet
from mcastlab.traffic.h264 import packetized
from mcastlab.traffic.media import media
from mcastlab.traffic.node_results import Found
from mcastlab.traffic.plan import Membership, PlannedFlow, TrafficNode, TrafficPlan
from mcastlab.traffic.probe.flows import Flow, RtpStream
from mcastlab.traffic.probe.rtcp import sender_report
from mcastlab.traffic.probe.sender import Sender

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.process

PORT: Final = 5004
LARGEST: Final = 1352
SENT_MS: Final = 3000
SOUND: Final = ("g711u", "g711a", "g722", "l16", "ts")
RUN: Final = "fffffff0"
"""Of a run whose first flow's sequence numbers begin just before they wrap."""


def planned(*names: str, sent_ms: int = SENT_MS) -> TrafficPlan:
    """Return a plan in which one node sends each stream to a group of its own, and another hears them."""
    streams = [media(name, LARGEST) for name in names]
    return TrafficPlan(
        groups=tuple(
            Group.model_validate({"name": name, "address": f"239.5.0.{place}", "port": PORT})
            for place, name in enumerate(names, 1)
        ),
        nodes=(TrafficNode(name="one", site=None), TrafficNode(name="other", site=None)),
        flows=tuple(
            PlannedFlow(
                group=place,
                sender=0,
                start_ms=100,
                interval_us=each.interval_us,
                burst=1,
                count=each.count_until(sent_ms * 1000),
                sizes=(each.largest_octets,),
                media=each,
            )
            for place, each in enumerate(streams)
        ),
        memberships=tuple(
            Membership(node=1, group=place, join_ms=0, leave_ms=sent_ms + 300) for place in range(len(streams))
        ),
        settle_ms=0,
        guard_ms=0,
        end_ms=sent_ms + 400,
        ttl=4,
    )


def flows_of(plan: TrafficPlan) -> list[Flow]:
    """Return a plan's flows as the probe has them."""
    document: Any = plan.document(RUN, {}, {})
    streams = [RtpStream(row) for row in document["media"]]
    return [Flow(number, row, 0, streams) for number, row in enumerate(document["flows"])]


@pytest.mark.parametrize("name", MEDIA)
def test_headers_count_on_and_the_clock_is_the_codecs(name: str) -> None:
    (flow,) = flows_of(planned(name))
    sent = media(name, LARGEST)
    packets = [flow.packet(sequence) for sequence in range(flow.count)]
    assert flow.count > len(sent.packets), "it repeats"
    assert {(packet[0], packet[1] & 127) for packet in packets} == {(0x80, sent.payload_type)}
    assert {packet[8:12].hex() for packet in packets} == {RUN}
    numbers = [int.from_bytes(packet[2:4], "big") for packet in packets]
    assert numbers == [(numbers[0] + place) % 65536 for place in range(flow.count)]
    assert [flow.sequence_of(number, flow.due_ns(place)) for place, number in enumerate(numbers)] == [
        *range(flow.count)
    ]
    stamps = [int.from_bytes(packet[4:8], "big") for packet in packets]
    for place, stamp in enumerate(stamps):
        assert (stamp - stamps[0]) % 2**32 == sent.due_us(place) * sent.clock_hz // 1_000_000
        assert flow.due_ns(place) // 1000 == flow.start_ns // 1000 + sent.due_us(place)
    marked = [place for place, packet in enumerate(packets) if packet[1] & 128]
    if name == "h264":
        last = [place for place in range(1, flow.count + 1) if flow.packet(place)[4:8] != packets[place - 1][4:8]]
        assert marked == [place - 1 for place in last], "the last packet of each picture"
    else:
        assert marked == ([0] if sent.is_audio else [])


def test_a_late_packet_is_reported_from_one_a_wrap_earlier() -> None:
    (flow,) = flows_of(planned("l16", sent_ms=1_500_000))
    assert flow.count > 2 * 65536
    for place in (0, 5, 65535, 65536, 140_000):
        number = (flow.first + place) & 0xFFFF
        for late_ms in (-2000, 0, 5000):
            assert flow.sequence_of(number, flow.due_ns(place) + late_ms * 1_000_000) == place


def test_every_fragment_of_a_unit_names_its_type_and_only_its_ends_are_marked() -> None:
    unit = bytes([0x65, *range(250)])
    (frame,) = packetized(b"\0\0\0\1" + unit, 100)
    assert [part[0] for part in frame] == [0x7C] * 3
    assert [part[1] for part in frame] == [0x85, 0x05, 0x45]
    assert b"".join(part[2:] for part in frame) == unit[1:]


@pytest.mark.parametrize(("codec", "encoded"), [("mulaw", g711.mu_law), ("alaw", g711.a_law)])
def test_g711_is_what_ffmpeg_decodes_to_the_same_samples(codec: str, encoded: Any) -> None:
    samples = array("h", range(-32768, 32768, 7))
    decoded = ffmpeg_pipe(codec, encoded(samples))
    # Eight bits of a floating form: a step is a sixteenth of its segment.
    for sample, back in zip(samples, decoded, strict=True):
        assert abs(sample - back) <= max(16, abs(sample) // 16)


def ffmpeg_pipe(codec: str, content: bytes) -> array[int]:
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-f", codec, "-ar", "8000", "-i", "-", "-f", "s16le", "-"],
        input=content,
        capture_output=True,
        check=True,
    )
    return array("h", done.stdout)


def test_tshark_dissects_each_stream_and_ffmpeg_plays_it(tmp_path: Path) -> None:
    plan = planned(*MEDIA)
    with wire(("one", "other", "player")) as hosts, ThreadPoolExecutor(10) as pool:
        capture = pool.submit(captured, hosts["other"], tmp_path, sum(flow.count for flow in plan.flows))
        players = {
            name: pool.submit(heard, hosts["player"], tmp_path, name, str(group.address))
            for name, group in zip(MEDIA, plan.groups, strict=True)
        }
        until_listening(hosts, len(MEDIA))
        fleet = Fleet(hosts)
        fleet.greet(["one", "other"])
        found = Found(plan=plan, by_node=fleet.carry_out(plan), offsets=dict(enumerate(fleet.offsets.values())))
        capture.result()
        said = {name: player.result() for name, player in players.items()}
    for number, flow in enumerate(plan.flows):
        raw = dict(found.packet_us(1, number))
        assert len(raw) == flow.count, f"{MEDIA[number]} arrived whole"
        assert min(raw.values()) >= 0, "one clock: what is joined is the time on the way"
        assert sorted(raw.values())[len(raw) // 2] < 100_000
    dissected = dissect(tmp_path / "capture.pcap")
    for name, flow, group in zip(MEDIA, plan.flows, plan.groups, strict=True):
        rows = [row for row in dissected if row["ip.dst"] == str(group.address)]
        assert len(rows) == flow.count
        assert not [row for row in rows if row["_ws.malformed"] or row["rtp.version"] != "2" or row["rtp.ext"] == "1"]
        assert {row["rtp.p_type"] for row in rows} == {str(media(name, LARGEST).payload_type)}
        assert all(row["frame.protocols"].endswith(protocol_of(name)) for row in rows), rows[0]["frame.protocols"]
    for name in SOUND:
        assert share_of_tone(said[name]) > 0.9, f"{name}: the tone is what is heard"
    assert len(said["h264"]) >= 25, "pictures"


def protocol_of(name: str) -> tuple[str, ...]:
    """Return as what tshark is to recognise a packet's innermost part."""
    inner = {"h264": ("h264",), "ts": ("mp2t", "mpeg-pes", "mpeg_pmt", "mpeg_pat", "mpeg_sdt", "h264", "mpeg-audio")}
    return inner.get(name, ("rtp",))


FIELDS: Final = ("ip.dst", "frame.protocols", "rtp.version", "rtp.ext", "rtp.p_type", "_ws.malformed")


def dissect(path: Path) -> list[dict[str, str]]:
    return dissected(path, FIELDS, "-d", f"udp.port=={PORT},rtp", "-o", "h264.dynamic.payload.type:96")


def captured(host: Host, folder: Path, packets: int) -> None:
    command = f"timeout 20 tcpdump -q -Z root -c {packets} -i eth0 -w {folder}/capture.pcap udp port {PORT}"
    host.run(command, timeout_s=30)


def heard(host: Host, folder: Path, name: str, group: str) -> array[int] | list[str]:
    """Return what ffmpeg plays of a stream: samples, of a video its pictures' checksums."""
    sdp = folder / f"{name}.sdp"
    sent = media(name, LARGEST)
    described = Group.model_validate({"name": name, "address": group, "port": PORT})
    session = AnnouncedSession(sender=0, group=described, media=sent, start_ms=0, stop_ms=SENT_MS, number=0, away_ms=())
    sdp.write_text(description(session, session=1, ttl=4).replace(SOURCE, "10.9.0.1"), encoding="ascii")
    out = "-map 0:a -ac 1 -ar 8000 -f s16le" if name in SOUND else "-map 0:v -f framemd5"
    # The clip in MPEG-2 TS begins again, and so do its times, before a second and a half are heard.
    seconds = 0.8 if name == "ts" else 1.6
    # Of a transport stream it would look at 5 s before it plays, which are not sent.
    look = "-analyzeduration 500000" if name == "ts" else ""
    listen = f"-v error -protocol_whitelist file,rtp,udp {look} -i {sdp} -t {seconds} {out} -y {folder}/{name}.out"
    # In the foreground, as a second interrupt, to the process group, has ffmpeg end before it writes.
    done = host.run(f"timeout --foreground -s INT 12 ffmpeg {listen} </dev/null", timeout_s=30)
    content = (folder / f"{name}.out").read_bytes()
    assert content, done.stderr
    if name in SOUND:
        return array("h", content[: len(content) // 2 * 2])
    return [line for line in content.decode().splitlines() if not line.startswith("#")]


def until_listening(hosts: Mapping[str, Host], groups: int) -> None:
    done = hosts["player"].run(
        f"until [ $(grep -c '0005EF\\|0[1-6]0005EF' /proc/net/igmp) -ge {groups} ]; do sleep 0.05; done", timeout_s=30
    )
    assert done.code == 0


def test_tshark_takes_sender_reports_for_what_they_say(tmp_path: Path) -> None:
    (flow,) = flows_of(planned("g711u"))
    sender = Sender(flow, ("127.0.0.1", PORT), 0, 1)
    with sender.sock:
        sender.sent = 50
        at_ns = 1_764_400_000_250_000_000
        content = sender_report(sender, at_ns, "phone-1@desk")
    capture = capture_of(tmp_path / "report.pcap", [content], PORT + 1)
    sent = ("rtcp.pt", "rtcp.senderssrc", "rtcp.sender.packetcount", "rtcp.sender.octetcount", "rtcp.sdes.text")
    fields = (*sent, "rtcp.timestamp.ntp", "rtcp.length_check", "_ws.malformed")
    (row,) = dissected(capture, fields, "-d", f"udp.port=={PORT + 1},rtcp")
    kinds, ssrc, packets, octets, name, ntp, whole, malformed = row.values()
    assert (kinds, int(ssrc, 0), packets, octets, name) == ("200,202", flow.ssrc, "50", "8000", "phone-1@desk")
    assert ntp.startswith("Nov 29, 2025 07:06:40.25")
    assert (whole, malformed) == ("1", "")
