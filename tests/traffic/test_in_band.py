"""In-band timestamps (RFC 6051) as tshark, which we did not write, takes them, and the delays that they alone give."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from traffic.captures import capture_of, dissected
from traffic.test_rtp import LARGEST, PORT, flows_of, planned
from traffic.wire import wire

from mcastlab.lab.model import Group
from mcastlab.traffic.fleet import Fleet
from mcastlab.traffic.flow_faults import FlowFault
from mcastlab.traffic.media import IN_BAND_OCTETS, media
from mcastlab.traffic.node_results import NEVER, Found
from mcastlab.traffic.probe.wire import in_band, sampled_ns

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.traffic.plan import TrafficPlan

pytestmark = pytest.mark.process

AT_NS: Final = 1_764_400_000_250_000_000
NTP_1970_S: Final = 2_208_988_800
FIELDS: Final = (
    *("rtp.ext", "rtp.ext.profile", "rtp.ext.len", "rtp.ext.rfc5285.id", "rtp.ext.rfc5285.len"),
    *("rtp.ext.rfc5285.data", "rtp.seq", "rtp.timestamp", "rtp.p_type", "rtp.payload", "_ws.malformed"),
)


def test_tshark_finds_the_time_in_the_extension_and_the_sound_behind_it(tmp_path: Path) -> None:
    (flow,) = flows_of(planned("g711u"))
    packets = [flow.packet(1), in_band(flow.packet(1), AT_NS)]
    assert len(packets[1]) - len(packets[0]) == IN_BAND_OCTETS
    plain, timed = dissected(capture_of(tmp_path / "one.pcap", packets, PORT), FIELDS, "-d", f"udp.port=={PORT},rtp")
    differing = {key for key in FIELDS if plain[key] != timed[key]}
    assert differing == {field for field in FIELDS if field.startswith("rtp.ext")}
    assert (timed["rtp.ext"], timed["rtp.ext.profile"], timed["rtp.ext.len"]) in {
        ("1", "0xbede", "3"),
        ("True", "0xbede", "3"),
    }
    assert (timed["rtp.ext.rfc5285.id"], timed["rtp.ext.rfc5285.len"], timed["_ws.malformed"]) == ("1", "8", "")
    ntp = int(timed["rtp.ext.rfc5285.data"].replace(":", ""), 16)
    assert (ntp >> 32) - NTP_1970_S == AT_NS // 1_000_000_000
    assert (ntp & 0xFFFFFFFF) / 2**32 == 0.25


def test_a_time_is_read_back_and_other_extensions_are_none_of_it() -> None:
    (flow,) = flows_of(planned("g711u"))
    packet = in_band(flow.packet(1), AT_NS + 123)
    assert 0 <= AT_NS + 123 - sampled_ns(memoryview(packet)) <= 1
    assert sampled_ns(memoryview(flow.packet(1))) == 0
    assert sampled_ns(memoryview(packet[:12] + b"\x10\x00" + packet[14:])) == 0
    assert sampled_ns(memoryview(packet[:20])) == 0


def test_what_is_described_names_the_extension() -> None:
    group = Group.model_validate({"name": "paging", "address": "239.5.0.1", "announce": True})
    plan = replace(planned("g711u"), groups=(group,))
    (plain,), (timed,) = (each.document("5eed5eed", {}, {})["announced"] for each in (plan, in_time(plan)))
    assert timed[6] == plain[6] + "a=extmap:1 urn:ietf:params:rtp-hdrext:ntp-64\r\n"


def in_time(plan: TrafficPlan, *faults: FlowFault) -> TrafficPlan:
    sent = media("h264", LARGEST - IN_BAND_OCTETS)
    flows = [
        replace(flow, media=sent if flow.media and flow.media.name == "h264" else flow.media) for flow in plan.flows
    ]
    return replace(plan, in_band=True, flows=tuple(replace(flow, faults=faults) for flow in flows))


def test_a_receiver_knows_the_delay_by_the_packets_alone() -> None:
    late = FlowFault(kind="impair", begin_ms=0, end_ms=60_000, delay_ms=200)
    plans = [in_time(planned("g711u", "h264", sent_ms=800)), in_time(planned("g711u", sent_ms=800), late)]
    with wire(("one", "other")) as hosts:
        fleet = Fleet(hosts)
        fleet.greet(["one", "other"])
        answers = [fleet.carry_out(plan) for plan in plans]
        offsets = dict(enumerate(fleet.offsets.values()))
    for plan, by_node, least_us in zip(plans, answers, (0, 200_000), strict=True):
        alone: dict[int, Any] = {1: by_node[1]}
        found = Found(plan=plan, by_node=alone, offsets=offsets)
        for number, flow in enumerate(plan.flows):
            delays = dict(found.packet_us(1, number))
            came = sum(us != NEVER for us in by_node[1]["arrived_us"][number])
            assert len(delays) == came > flow.count / 2, "every packet that came tells"
            assert least_us <= min(delays.values()), "one clock: what is reported is the time on the way"
            assert sorted(delays.values())[len(delays) // 2] < least_us + 100_000
