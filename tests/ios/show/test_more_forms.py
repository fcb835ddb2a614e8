"""Forms in which routers of others answer, found in public captures: values stay with what they belong to."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from iosxe.show.crypto import ikev2_sa
from iosxe.state import LiveIkev2Sa
from mcastlab.ios.rp_mapping import rp_of
from mcastlab.ios.show import igmp, multicast, routing, system, vpn
from mcastlab.ios.show.tables import UnreadableError


def test_a_bootstrap_has_a_version_too_and_is_not_the_image() -> None:
    found = system.version("""\
Cisco Internetwork Operating System Software
IOS (tm) 2600 Software (C2600-I-M), Version 12.1(3)T, SHARED PLATFORM, RELEASE SOFTWARE (fc1)
ROM: System Bootstrap, Version 11.3(2)XA4, RELEASE SOFTWARE (fc1)
ROM: 2600 Software (C2600-BOOT-R), Version 11.9(9)XB1, RELEASE SOFTWARE (fc1)
old uptime is 4 weeks
cisco 2611 (MPC860) processor (revision 0x203) with 26624K/6144K bytes of memory.
Processor board ID JAB00000000 (1234567890)
Configuration register is 0x2102
""")
    assert (found.hostname, found.release) == ("old", "12.1(3)T")


def test_counters_stay_with_their_interface_however_it_is_indented_and_whatever_its_state_is_called() -> None:
    found = system.interface_counts("""\
Dialer4 is up (spoofing), line protocol is up (spoofing)
Hardware is Unknown
21 packets input, 700 bytes
22 packets output, 800 bytes
pseudowire9 is up
    Description: Vlan9 is up, line protocol is down, they said
     31 packets input, 0 bytes
     32 packets output, 0 bytes
  BDI7 is down, line protocol is down
     41 packets input, 0 bytes
     42 packets output, 0 bytes
Cellular0/2/0 is standby mode, line protocol is down
""")
    assert [(each.name, each.packets_in, each.packets_out) for each in found] == [
        ("Dialer4", 21, 22),
        ("pseudowire9", 31, 32),
        ("BDI7", 41, 42),
    ]


FLOWS = """\
interface: Tunnel7
    Crypto map tag: Tunnel7-head-0, local addr 192.0.2.1

   current_peer 198.51.100.7 port 4500
    #pkts encaps: 9, #pkts encrypt: 8, #pkts digest: 8
    #pkts decaps: 7, #pkts decrypt: 6, #pkts verify: 6
    #pkts no sa (send) 0, #pkts invalid sa (rcv) 3
     local crypto endpt.: 192.0.2.1, remote crypto endpt.: 198.51.100.7
     current outbound spi: 0x1A(26)
     PFS (Y/N): Y, DH group: group19, PQC Key Exchange: ML-KEM-768

interface: Vlan9
   current_peer FF02::5 port 500
    #pkts encaps: 1, #pkts encrypt: 1, #pkts digest: 1
    #pkts decaps: 1, #pkts decrypt: 1, #pkts verify: 1
    #send errors 5, #recv errors 5
     local crypto endpt.: FE80::1,
     remote crypto endpt.: FF02::5
     current outbound spi: 0x100(256)
interface: Tunnel8
   current_peer 198.51.100.8 port 500
    #pkts encaps: 3, #pkts encrypt: 3, #pkts digest: 3
    #pkts decaps: 4, #pkts decrypt: 4, #pkts verify: 4
    #send errors 1, #recv errors 2
     local crypto endpt.: 192.0.2.1, remote crypto endpt.: 198.51.100.8
     current outbound spi: 0x0(0)
"""


@pytest.mark.parametrize("text", [FLOWS, "\n\n".join(line.strip() for line in FLOWS.splitlines())])
def test_flows_are_read_in_detail_or_not_beside_those_of_ipv6(text: str) -> None:
    detailed, plain = vpn.ipsec_sas(text)
    assert (detailed.interface, detailed.packets_encrypted, detailed.packets_decrypted) == ("Tunnel7", 8, 6)
    assert (detailed.send_errors, detailed.receive_errors, detailed.outbound_spi) == (None, None, 26)
    assert (plain.interface, plain.send_errors, plain.receive_errors, plain.up) == ("Tunnel8", 1, 2, False)


def test_neighbours_of_a_listen_range_and_of_other_families_stand_beside_ours() -> None:
    found = vpn.bgp_peers("""\
BGP router identifier 192.0.2.1, local AS number 65000
12 network entries using 2976 bytes of memory

Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd
*192.0.2.40     4        65040      11      12        9    0    0 00:09:10        4
192.0.2.41      4        65041       0       0        1    0    0 never    Idle (Admin)
2001:DB8::7     4        65042      11      12        9    0    0 00:09:10        4
2001:DB8:1111:2222::7
                4        65043      11      12        9    0    0 00:09:10        4
* Dynamically created based on a listen range command
Dynamically created neighbors: 1, Subnet ranges: 1
""")
    assert [(str(each.address), each.remote_as, each.state, each.prefixes) for each in found] == [
        ("192.0.2.40", 65040, "Established", 4),
        ("192.0.2.41", 65041, "Idle (Admin)", None),
    ]


@pytest.mark.parametrize("range_", ["(-)239.7.0.0/16", "(-) 239.7.0.0/16", "239.7.0.0/16 (-)"])
def test_groups_that_auto_rp_takes_out_have_no_rendezvous_point(range_: str) -> None:
    found = multicast.rp_mappings(f"""\
PIM Group-to-RP Mappings
Group(s) 239.0.0.0/8
  RP 192.0.2.5 (?), v2v1
Group(s) {range_}
  RP 192.0.2.5 (?), v2v1
""")
    assert [each.negative for each in found] == [False, True]
    points = [rp_of(found, (), IPv4Address(group)) for group in ("239.6.0.1", "239.7.0.1")]
    assert points == [IPv4Address("192.0.2.5"), None]


def test_a_reverse_path_has_notes_behind_its_address_and_a_mask_in_either_form() -> None:
    found = multicast.rpf("""\
RPF information for source.example (192.0.2.9) MoFRR Enabled
  RPF interface: BDI7
  RPF neighbor: core.example (198.51.100.1)
  RPF route/mask: 192.0.2.0/255.255.255.128
  RPF type: unicast
  Multicast Multipath enabled.
  Using Group Based VRF Select, RPF VRF: BLUE
""")
    assert found is not None
    assert (found.interface, str(found.prefix), found.kind) == ("BDI7", "192.0.2.0/25", "unicast")


def test_counts_of_a_range_are_not_those_of_the_group_before_it() -> None:
    found = multicast.mroute_counts("""\
IP Multicast Statistics
3 routes using 2000 bytes of memory
Group: 239.1.1.1, Source count: 0, Packets forwarded: 5, Packets received: 5
  RP-tree: Forwarding: 5/0/100/0, Other: 0/0/0
Group: 237.0.0.0/8, Source count: 0, Packets forwarded: 9, Packets received: 9
  RP-tree: Forwarding: 9/0/100/0, Other: 0/0/0
""")
    assert [(str(each.group), each.packets) for each in found] == [("239.1.1.1", 5)]


def test_an_association_that_negotiates_still_has_no_algorithms() -> None:
    (found,) = vpn.ikev2_sas("""\
 IPv4 Crypto IKEv2  SA

Tunnel-id Local                 Remote                fvrf/ivrf            Status
4         192.0.2.1/500         198.51.100.7/500      none/none            IN-NEG
      Encr: Unknown - 0, PRF: Unknown - 0, Hash: None, DH Grp:0, Auth sign: Unknown - 0, Auth verify: Unknown - 0
      Life/Active Time: 86400/0 sec
      CE id: 0, Session-id: 0
""")
    assert (found.status, found.encryption, found.dh_group) == ("IN-NEG", "", None)


def test_an_association_of_the_virtual_router_is_read_before_its_peer_answered() -> None:
    begun = LiveIkev2Sa(
        local=IPv4Address("192.0.2.1"),
        local_port=500,
        remote=IPv4Address("198.51.100.7"),
        remote_port=500,
        ready=False,
        encryption="",
        key_bits=0,
        prf="",
        integrity="",
        dh_group=0,
        lifetime_s=28800,
        active_s=0,
    )
    (found,) = vpn.ikev2_sas(ikev2_sa([begun]))
    assert (found.status, found.ready, found.encryption) == ("IN-NEG", False, "")


def test_a_static_route_has_its_prefix_in_every_format_of_masks_and_its_way_without_an_age() -> None:
    found = routing.static_routes("""\
Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP
Gateway of last resort is 192.0.2.1 to network 0.0.0.0

S*    0.0.0.0 0.0.0.0 [254/0] via 192.0.2.1
      10.0.0.0 255.0.0.0 is variably subnetted, 4 subnets, 2 masks
S        10.61.0.0 255.255.0.0 [1/0] via 192.0.2.7, 00:10:07, Vlan9
S   %    10.62.0.0 0xFFFF0000 is directly connected, Null0
S        10.63.9.0/24
           [1/0] via 192.0.2.8 (PLANT), Vlan9
                    [1/0] via 192.0.2.9, 2d03h
B        10.64.0.0/16 [20/0] via 192.0.2.5, 1w2d
                      [20/0] via 192.0.2.6, 1w2d
S        10.65.0.0/16 is directly connected, Dialer4
""")
    assert found == (
        ("0.0.0.0/0", "192.0.2.1"),
        ("10.61.0.0/16", "192.0.2.7, Vlan9"),
        ("10.62.0.0/16", "Null0"),
        ("10.63.9.0/24", "192.0.2.8 (PLANT), Vlan9"),
        ("10.63.9.0/24", "192.0.2.9"),
        ("10.65.0.0/16", "Dialer4"),
    )
    with pytest.raises(UnreadableError, match="garbled"):
        routing.static_routes("Codes: L - local\nS        10.66.0.0/16 [1/0] garbled\n")


@pytest.mark.parametrize("mask", ["/20", " 255.255.240.0", " 0xFFFFF000"])
def test_a_mask_is_read_in_every_format(mask: str) -> None:
    route = routing.route_to(f"""\
Routing entry for 10.9.16.0{mask}
  Known via "eigrp 7", distance 90, metric 3072, type internal
  Routing Descriptor Blocks:
  * 192.0.2.7, from 192.0.2.7, 00:00:07 ago, via Vlan9
""")
    rpf = multicast.rpf(f"""\
RPF information for ? (10.9.16.9)
  RPF interface: Vlan9
  RPF neighbor: ? (192.0.2.7)
  RPF route/mask: 10.9.16.0{mask}
  RPF type: unicast (eigrp 7)
""")
    (port,) = igmp.igmp_interfaces(f"""\
Vlan9 is up, line protocol is up
  Internet address is 10.9.16.9{mask}
  IGMP is enabled on interface
  Current IGMP router version is 2
  IGMP query interval is 125 seconds
  IGMP querying router is 10.9.16.9 (this system)
""")
    assert route is not None
    assert rpf is not None
    assert port.address is not None
    assert {str(route.prefix), str(rpf.prefix), str(port.address.network)} == {"10.9.16.0/20"}


def test_associations_of_ikev1_are_read_beside_their_vrfs_and_those_of_group_keys_too() -> None:
    found = vpn.isakmp_peers("""\
f_vrf/i_vrf   dst             src             state          conn-id slot
OUT/IN        192.0.2.1       198.51.100.1    QM_IDLE              3    0
     /        192.0.2.2       198.51.100.2    QM_IDLE              4    0
OUT/IN        192.0.2.3       198.51.100.3    MM_NO_STATE          5    0 (deleted)
192.0.2.4       198.51.100.4    GDOI_IDLE         1007 ACTIVE
""")
    assert [str(each) for each in found[::2]] == ["192.0.2.1", "192.0.2.2", "192.0.2.4"]
