"""Announcements as what we did not write takes them: ffmpeg finds and plays the stream, tshark dissects them."""

from __future__ import annotations

from array import array
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
from traffic.captures import dissected
from traffic.ears import share_of_tone
from traffic.wire import Host, wire

from mcastlab.lab.model import Group
from mcastlab.traffic.announcements import announcement_rows
from mcastlab.traffic.fleet import Fleet
from mcastlab.traffic.flow_faults import FlowFault
from mcastlab.traffic.media import media
from mcastlab.traffic.plan import PlannedFlow, TrafficNode, TrafficPlan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.process

SENT_MS: Final = 2600
TITLE: Final = "Paging, floor 3"
FIELDS: Final = (
    *("ip.src", "ip.dst", "ip.ttl", "udp.dstport", "sap.flags.v", "sap.flags.t", "sap.originating_source"),
    *(
        "sap.message_identifier_hash",
        "sap.payload_type",
        "sdp.owner",
        "sdp.session_name",
        "sdp.connection_info.address",
    ),
    *("sdp.media.port", "sdp.media.format", "sdp.mime.type", "_ws.malformed"),
)


def planned(stream: str = "g711u") -> TrafficPlan:
    sent = media(stream, 1352)
    flow = PlannedFlow(
        group=0,
        sender=0,
        start_ms=100,
        interval_us=sent.interval_us,
        burst=1,
        count=sent.count_until(SENT_MS * 1000),
        sizes=(sent.largest_octets,),
        media=sent,
    )
    return TrafficPlan(
        groups=(Group.model_validate({"name": "paging", "address": "239.5.0.1", "announce": TITLE}),),
        nodes=(TrafficNode(name="one", site=None),),
        flows=(flow,),
        memberships=(),
        settle_ms=0,
        guard_ms=0,
        end_ms=SENT_MS + 200,
        ttl=7,
    )


def test_a_player_at_the_other_end_finds_the_stream_and_hears_it(tmp_path: Path) -> None:
    with wire(("one", "other", "player")) as hosts, ThreadPoolExecutor(2) as pool:
        capture = pool.submit(captured, hosts["other"], tmp_path)
        playing = pool.submit(played, hosts["player"], tmp_path)
        until_members(hosts)
        fleet = Fleet(hosts)
        fleet.greet(["one"])
        fleet.carry_out(planned())
        capture.result()
        assert share_of_tone(playing.result()) > 0.9, "the tone is what a player of the announcement hears"
    announced, repeated, deleted = dissected(tmp_path / "capture.pcap", FIELDS, "-Y", "sap")
    for row in (announced, deleted):
        assert (row["ip.src"], row["sap.originating_source"]) == ("10.9.0.2", "10.9.0.2")
        assert (row["ip.dst"], row["udp.dstport"], row["ip.ttl"]) == ("239.195.255.255", "9875", "7")
        assert (row["sap.flags.v"], row["sap.payload_type"], row["_ws.malformed"]) == ("1", "application/sdp", "")
    assert announced == repeated
    assert (announced["sap.flags.t"], deleted["sap.flags.t"]) == ("0", "1")
    assert announced["sap.message_identifier_hash"] == deleted["sap.message_identifier_hash"] != "0x0000"
    assert announced["sdp.session_name"] == TITLE
    assert (announced["sdp.connection_info.address"], announced["sdp.media.port"]) == ("239.5.0.1", "5004")
    assert announced["sdp.mime.type"] == "PCMU"
    assert deleted["sdp.owner"] == announced["sdp.owner"]
    assert not deleted["sdp.session_name"], "the origin alone says what is deleted"


def captured(host: Host, folder: Path) -> None:
    # A switch that snoops leads it to members alone.
    member = (
        "import socket,time;s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);"
        "s.setsockopt(0,35,socket.inet_aton('239.195.255.255')+bytes(4));time.sleep(20)"
    )
    command = (
        f'python3 -c "{member}" & '
        f"timeout 20 tcpdump -q -Z root -c 3 -i eth0 -w {folder}/capture.pcap udp port 9875; kill $!"
    )
    host.run(command, timeout_s=30)


def played(host: Host, folder: Path) -> array[int]:
    """Return what ffmpeg makes of the first session that is announced to it."""
    listen = f"-v error -i 'sap://239.195.255.255' -t 1.6 -map 0:a -ac 1 -ar 8000 -f s16le -y {folder}/heard"
    done = host.run(f"timeout -s INT 15 ffmpeg {listen} </dev/null", timeout_s=30)
    content = (folder / "heard").read_bytes()
    assert content, done.stderr
    return array("h", content[: len(content) // 2 * 2])


def until_members(hosts: Mapping[str, Host]) -> None:
    for name in ("other", "player"):
        waited = "until grep -q FFFFC3EF /proc/net/igmp; do sleep 0.05; done"
        assert hosts[name].run(f"timeout 20 sh -c '{waited}'", timeout_s=30).code == 0


def test_the_interval_grows_with_what_is_announced() -> None:
    plan = planned()
    (one,) = announcement_rows(plan, [1])
    assert one[5] == 300_000
    assert "m=audio 5004 RTP/AVP 0\r\n" in one[6]
    many = replace(plan, flows=tuple(replace(plan.flows[0], sender=number) for number in range(1000)))
    rows = announcement_rows(many, range(1000))
    octets = sum(len(row[6].encode()) + 15 for row in rows)
    assert {row[5] for row in rows} == {octets * 8 // 4000 * 1000}, "all of them keep within 4000 bits a second"


def test_turns_of_a_host_are_one_session_and_what_is_away_does_not_announce() -> None:
    plan = planned()
    away = FlowFault(kind="reboot", begin_ms=2000, end_ms=3000)
    turns = replace(plan, flows=tuple(replace(plan.flows[0], start_ms=at, faults=(away,)) for at in (100, 5000)))
    (row,) = announcement_rows(turns, [1, 2])
    assert (row[3], row[4], row[7]) == (100, turns.flows[1].stop_ms, ((2000, 3000),))
    silent = plan.groups[0].model_copy(update={"announce": False})
    assert not announcement_rows(replace(turns, groups=(silent,)), [1, 2])
