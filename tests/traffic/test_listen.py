"""What a device sends that is none of ours: ffmpeg plays a tone to a group, and each listener measures it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from traffic.wire import wire

from mcastlab.lab.document import parse_yaml
from mcastlab.traffic.listen import group_named, listen
from mcastlab_base.errors import BadInputError

pytestmark = pytest.mark.process

LAB = parse_yaml(
    """\
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
""",
    "lab.yaml",
)
TONE = "sine=frequency=440:sample_rate=8000:duration=6"
SENT = f"timeout -s INT 12 ffmpeg -v error -re -f lavfi -i {TONE} -c:a pcm_mulaw -f rtp 'rtp://239.1.1.1:5004?pkt_size=172'"


def test_what_an_appliance_sends_is_measured_by_each_that_hears_it() -> None:
    with wire(("desk-1", "phone-1", "pager")) as hosts, ThreadPoolExecutor() as pool:
        sending = pool.submit(hosts["pager"].run, SENT, timeout_s=30)
        shells = {name: hosts[name] for name in ("desk-1", "phone-1")}
        heard = listen(LAB, group_named(LAB, "239.1.1.1"), shells, for_ms=3000, progress=print)
        assert sending.result().code in {0, 124, 255}
    assert {each.listener for each in heard} == set(shells)
    assert {(each.source, each.codec, each.lost) for each in heard} == {("10.9.0.4", "G.711 mu-law", 0)}
    assert len({each.ssrc for each in heard}) == 1
    for each in heard:
        # 160 octets are 20 ms.
        assert each.octets == 172
        assert each.packets >= 100
        assert each.talk_spurts == 1


def test_a_group_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(BadInputError, match="no group is called calls"):
        group_named(LAB, "calls")
