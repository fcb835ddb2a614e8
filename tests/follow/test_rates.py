"""Packets a second of followed groups, from the counts that a router shows."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from mcastlab.follow.rates import PacketRates
from mcastlab.follow.reading import read_packets
from mcastlab.lab.blocks import AddressBlock, GroupBlock

BLOCK: Final = GroupBlock(name="calls", address=AddressBlock.of("239.9.0.0/16"))
ONE, TWO = IPv4Address("239.9.1.1"), IPv4Address("239.9.1.2")

SHOWN: Final = """\
Use "show ip mfib count" to get better response time for a large number of mroutes.

IP Multicast Statistics
4 routes using 4060 bytes of memory
3 groups, 0.33 average sources per group
Forwarding Counts: Pkt Count/Pkts per second/Avg Pkt Size/Kilobits per second
Other counts: Total/RPF failed/Other drops(OIF-null, rate-limit etc)

Group: 239.40.0.1, Source count: 0, Packets forwarded: 5, Packets received: 5
  RP-tree: Forwarding: 5/0/100/0, Other: 5/0/0

Group: 239.9.1.1, Source count: 2, Packets forwarded: 1200, Packets received: 1201
  RP-tree: Forwarding: 200/0/128/0, Other: 200/0/0
  Source: 10.40.1.20/32, Forwarding: 1000/50/128/51, Other: 1001/1/0

Group: 239.9.1.2, Source count: 0, Packets forwarded: 0, Packets received: 0
"""


def test_packets_of_the_blocks_groups_alone_are_added_up() -> None:
    assert read_packets(SHOWN, [BLOCK]) == {ONE: 1200}
    assert read_packets("% Invalid input detected at '^' marker.\n", [BLOCK]) == {}


def test_rates_are_of_two_readings_and_cleared_counts_say_nothing() -> None:
    rates = PacketRates(every_s=2.0)
    assert rates.is_due(0.0)
    rates.add({ONE: 1200}, 0.0, 0.1)
    assert rates.pps == {}
    assert not rates.is_due(1.9)
    assert rates.is_due(2.0)
    rates.add({ONE: 1300, TWO: 7}, 2.0, 3.0)
    assert rates.pps == {ONE: 50.0}
    # The router is left alone for four times as long as it took.
    assert not rates.is_due(6.9)
    rates.add({ONE: 10, TWO: 17}, 7.0, 7.1)
    assert rates.pps == {TWO: 2.0}
    assert not PacketRates().is_due(1e9), "nobody looks"
