"""Which groups are wanted: by receivers, never by sources, and never by the router's own membership."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iosxe.show.multicast import mroute
from iosxe.state import LiveMroute, LiveOutgoingInterface
from mcastlab.follow.demand import demand_of
from mcastlab.follow.reading import GatewayReading, IgmpLine, RouterReading, read_lines, read_router
from mcastlab.ios.show.multicast import mroutes
from mcastlab.ios.show.tables import UnreadableError
from mcastlab.lab.blocks import AddressBlock, GroupBlock

if TYPE_CHECKING:
    from collections.abc import Iterable

VPC = "GigabitEthernet1"
BLOCK = GroupBlock(name="calls", address=AddressBlock.of("239.9.0.0/16"))
G = IPv4Address("239.9.9.9")
SAMPLE = """\
IP Multicast Routing Table
Flags: D - Dense, S - Sparse, B - Bidir Group, s - SSM Group, C - Connected,
       L - Local, P - Pruned, R - RP-bit set, F - Register flag,
Outgoing interface flags: H - Hardware switched, A - Assert winner, p - PIM Join
 Timers: Uptime/Expires
 Interface state: Interface, Next-Hop or VCD, State/Mode

(*, 239.9.9.9), 00:00:04/00:03:25, RP 10.255.0.10, flags: S
  Incoming interface: Null, RPF nbr 0.0.0.0
  Outgoing interface list:
    Tunnel200, Forward/Sparse, 00:00:04/00:03:25, flags:

(*, 239.9.0.1), 00:24:00/stopped, RP 10.255.0.10, flags: SJCL
  Incoming interface: Null, RPF nbr 0.0.0.0
  Outgoing interface list:
    GigabitEthernet1, Forward/Sparse, 00:06:55/00:02:59, flags:

(192.168.50.20, 239.9.0.2), 00:24:00/00:02:59, flags: PT
  Incoming interface: Tunnel200, RPF nbr 172.16.200.2, LiveMroute
  Outgoing interface list: Null

(10.10.1.9, 239.9.0.3), 00:24:00/00:02:59, flags: T
  Incoming interface: GigabitEthernet1, RPF nbr 0.0.0.0
  Outgoing interface list:
    Tunnel201, 172.16.201.2, Forward/Sparse, 00:06:55/00:02:59, flags:
    Tunnel202, Prune/Sparse, 00:06:55/00:02:59

(*, 239.1.1.1), 00:24:00/00:02:59, RP 10.255.0.10, flags: S
  Incoming interface: Null, RPF nbr 0.0.0.0
  Outgoing interface list:
    Tunnel200, Forward/Sparse, 00:06:55/00:02:59

"""


def test_sample_is_read() -> None:
    found = read_router(SAMPLE, [BLOCK], VPC)
    assert found.receivers == {G: {"Tunnel200"}, IPv4Address("239.9.0.3"): {"Tunnel201"}}
    assert found.sources == {IPv4Address("239.9.0.2"): {IPv4Address("192.168.50.20")}}
    assert found.to_vpc == {IPv4Address("239.9.0.1")}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "IP Multicast Forwarding is not enabled.\n",
        "% Invalid input detected at '^' marker.\n",
        SAMPLE.partition("  Outgoing interface list")[0],
        SAMPLE.replace("  Incoming interface: Null", "  Incoming: Null"),
        SAMPLE.replace("(*, 239.9.9.9)", "(?, 239.9.9.9)"),
    ],
)
def test_what_is_no_whole_table_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError, match="cannot read show ip mroute"):
        read_router(text, [BLOCK], VPC)


names = st.sampled_from([VPC, "Tunnel200", "Tunnel201"])
groups = st.integers(min_value=0, max_value=6).map(lambda n: IPv4Address("239.9.255.253") + n)
sources = st.sampled_from([None, IPv4Address("10.10.1.9"), IPv4Address("192.168.50.20")])


@st.composite
def routes(draw: st.DrawFn) -> LiveMroute:
    source = draw(sources)
    return LiveMroute(
        source=source,
        group=draw(groups),
        rendezvous_point=IPv4Address("10.255.0.10"),
        flags="S",
        uptime_s=draw(st.floats(min_value=0, max_value=1e6)),
        expires_s=draw(st.none() | st.floats(min_value=0, max_value=210)),
        incoming_interface=None if source is None else draw(names),
        rpf_neighbor=None,
        rpf_is_mroute=False,
        registering=False,
        outgoing=tuple(
            LiveOutgoingInterface(interface=name, uptime_s=1, expires_s=None)
            for name in draw(st.sets(names, max_size=3))
        ),
    )


@given(st.lists(routes(), max_size=12))
def test_scan_finds_what_the_parser_finds(table: Iterable[LiveMroute]) -> None:
    text = mroute(table)
    found = read_router(text, [BLOCK], VPC)
    parsed = [each for each in mroutes(text) if each.group in BLOCK.address]
    receivers: dict[IPv4Address, set[str]] = {}
    for each in parsed:
        beyond = {entry.interface for entry in each.outgoing if entry.forwarding and entry.interface != VPC}
        if beyond and (each.source is None or each.incoming_interface == VPC):
            receivers.setdefault(each.group, set()).update(beyond)
    assert found.receivers == receivers
    assert found.to_vpc == {each.group for each in parsed if any(entry.interface == VPC for entry in each.outgoing)}
    remote = {(each.group, each.source) for each in parsed if each.source and each.incoming_interface != VPC}
    assert {(group, source) for group, all_ in found.sources.items() for source in all_} == remote


interface_sets = st.dictionaries(groups, st.frozensets(names, max_size=2), max_size=5)
remote_sources = st.dictionaries(groups, st.frozensets(st.just(IPv4Address("192.168.50.20")), min_size=1), max_size=5)


@given(interface_sets, remote_sources, interface_sets, st.frozensets(groups), st.frozensets(groups))
def test_wanted_is_what_has_receivers_and_nothing_else(
    receivers: dict[IPv4Address, frozenset[str]],
    sending: dict[IPv4Address, frozenset[IPv4Address]],
    members: dict[IPv4Address, frozenset[str]],
    own: frozenset[IPv4Address],
    to_vpc: frozenset[IPv4Address],
) -> None:
    router = RouterReading(receivers=receivers, sources=sending, to_vpc=to_vpc)
    found = demand_of(router, GatewayReading(members=members, own=own), {"Tunnel200": "berlin"})
    assert set(found.wanted) == {each for seen in (receivers, members) for each, who in seen.items() if who}
    assert set(found.sending) == set(sending) - set(found.wanted)
    for group, who in found.wanted.items():
        expected = receivers.get(group, frozenset()) | members.get(group, frozenset())
        assert who == {"berlin" if each == "Tunnel200" else each for each in expected}
    # The router's own part changes nothing.
    bare = demand_of(RouterReading(receivers=receivers, sources=sending), GatewayReading(members=members), {})
    assert set(bare.wanted) == set(found.wanted)


def test_lines_of_the_blocks_are_read_and_no_others() -> None:
    text = """\
Building configuration...

Current configuration : 190 bytes
!
interface GigabitEthernet1
 ip address dhcp
 ip igmp join-group 239.1.1.1
 ip igmp join-group 239.9.0.1
 ip igmp static-group 239.9.0.2
end
"""
    assert read_lines(text, [BLOCK]) == {
        IgmpLine(IPv4Address("239.9.0.1"), "join"),
        IgmpLine(IPv4Address("239.9.0.2"), "static"),
    }
    with pytest.raises(UnreadableError):
        read_lines(text.removesuffix("end\n"), [BLOCK])
