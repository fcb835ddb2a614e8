"""Forms in which routers of others answer: what is needed is read, and the rest is passed over."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest

from mcastlab.ios.configuration import as_text, parse, shown_configuration
from mcastlab.ios.show import archive, multicast, routing, system, vpn
from mcastlab.ios.show.tables import UnreadableError
from mcastlab.ios.show.values import seconds

NEIGHBOURS = """\
PIM Neighbor Table
Neighbor          Interface                Uptime/Expires    Ver   DR
Address                                                            Prio/Mode
192.0.2.9         Tunnel7                  1d02h/00:01:31    v2    1 / DR S P G
"""
STAMPS = """\
Load for five secs: 11%/2%; one minute: 9%; five minutes: 8%
Time source is hardware calendar, *09:15:01.120 CET Tue May 5 2026

"""
LOGS = (
    "*May  5 09:15:02.001: %BGP-5-ADJCHANGE: neighbor 192.0.2.1 Up\n",
    "May  5 09:15:02.001 CET: %SYS-5-CONFIG_I: Configured from console by lab on vty0 (192.0.2.2)\n",
    "000123: .May  5 09:15:02: %PIM-5-NBRCHG: neighbor 192.0.2.9 UP on interface Tunnel7\n",
    "%LINK-3-UPDOWN: Interface Tunnel7, changed state to up\n",
)


def test_every_rendezvous_point_keeps_the_groups_of_its_block() -> None:
    found = multicast.rp_mappings("""\
PIM Group-to-RP Mappings
This system is a candidate RP (v2)

Group(s) 238.0.0.0/8
  RP 192.0.2.1 (one.example), v2
    Info source: 192.0.2.8 (?), via bootstrap, priority 0, holdtime 150
         Uptime: 2d03h, expires: 00:02:11
  RP 192.0.2.2 (?), v2, bidir
    Info source: 192.0.2.8 (?), via bootstrap, priority 10, holdtime 150
         Uptime: 00:00:41, expires: 00:01:48
Group(s): 237.0.0.0/8, Static, Bidir Mode
    RP: 192.0.2.3 (?)
Acl: OWNERS, Static-Override, Bidir Mode
    RP: 192.0.2.4 (?)
Group(s) 236.0.0.0/8
  RP 192.0.2.5 (?), v2v1
""")
    assert [(str(each.rp), each.groups and str(each.groups), each.access_list) for each in found] == [
        ("192.0.2.1", "238.0.0.0/8", ""),
        ("192.0.2.2", "238.0.0.0/8", ""),
        ("192.0.2.3", "237.0.0.0/8", ""),
        ("192.0.2.4", None, "OWNERS"),
        ("192.0.2.5", "236.0.0.0/8", ""),
    ]
    assert [each.static for each in found] == [False, False, True, True, False]
    assert [each.override for each in found] == [False, False, False, True, False]


def test_a_rendezvous_point_without_groups_or_list_is_not_one_of_every_group() -> None:
    with pytest.raises(UnreadableError, match="groups"):
        multicast.rp_mappings("PIM Group-to-RP Mappings\n    RP: 192.0.2.3 (?)\n")


MROUTES = """\
IP Multicast Routing Table
Flags: B - Bidir Group, x - VxLAN group

(*,237.0.0.0/8), 2d01h/-, RP 192.0.2.3, flags: B
  Bidir-Upstream: Vlan40, RPF nbr: 192.0.2.40
  Incoming interface list:
    Vlan41, Accepting/Sparse
    Loopback3, Accepting/Sparse
(*,236.0.0.0/8), 2d01h/-, RP 192.0.2.3, flags: B
  Bidir-Upstream: Null, RPF nbr: 0.0.0.0

(*, 237.9.9.9), 3d:04h/00:02:50, RP 192.0.2.3, flags: BC
  Bidir-Upstream: Vlan40, RPF nbr 192.0.2.40
  Outgoing interface list:
    Vlan42, Forward/Sparse, 00:10:00/00:02:40, flags:
    Vlan40, Bidir-Upstream/Sparse, 00:10:00/stopped, flags:

(192.0.2.77, 239.7.7.7), 00:05:00/00:02:10, flags: FT
  Incoming interface: Vlan50, RPF nbr 0.0.0.0, Registering
  Outgoing interface list:
    LISP0.17, (192.0.2.90, 232.0.3.3), Forward/Sparse, 00:04:00/stopped
    Vlan51, VXLAN v4 Encap: (50017, 239.3.3.3), Forward/Sparse, 00:04:00/stopped, flags:
    Vlan52, VXLAN v6 Encap: (50018, FF13::2), Forward/Sparse, 00:04:00/stopped, flags:
  Extranet receivers in vrf BLUE:
  (192.0.2.77, 239.7.7.7), 00:03:00/00:02:00, OIF count: 1, flags: T

(*, 239.8.8.8), 00:05:00/stopped, RP 192.0.2.3, flags: SPF
  Incoming interface: Vlan51, RPF nbr 2001:DB8::8, using vrf BLUE
  Outgoing interface list: Null

(*, 239.9.9.9), 00:05:00/stopped, RP 0.0.0.0, flags: D
  Incoming interface: Null, RPF nbr 224.0.0.0224.0.0.0
  Outgoing interface list: Null
"""


def test_multicast_routes_of_every_kind_stand_beside_ours() -> None:
    bidir, wrapped, over_ipv6, nowhere = multicast.mroutes(MROUTES)
    assert (str(bidir.group), bidir.flags, bidir.incoming_interface) == ("237.9.9.9", "BC", "Vlan40")
    assert bidir.rpf_neighbor == IPv4Address("192.0.2.40")
    assert bidir.uptime_s == (3 * 24 + 4) * 3600
    assert [(each.interface, each.forwarding) for each in bidir.outgoing] == [("Vlan42", True), ("Vlan40", False)]
    assert [each.interface for each in wrapped.outgoing] == ["LISP0.17", "Vlan51", "Vlan52"]
    assert wrapped.registering
    assert (over_ipv6.rpf_neighbor, over_ipv6.incoming_interface) == (IPv6Address("2001:db8::8"), "Vlan51")
    assert (nowhere.incoming_interface, nowhere.rpf_neighbor) == (None, None)


def test_a_route_that_cannot_be_read_is_not_left_out() -> None:
    with pytest.raises(UnreadableError, match="Incoming"):
        multicast.mroutes(MROUTES.replace("Vlan50, RPF nbr 0.0.0.0", "Vlan50 and no neighbour"))


def test_a_next_hop_in_another_table_keeps_its_interface() -> None:
    found = routing.route_to("""\

Routing Table: BLUE
Routing entry for 192.0.2.0/25
  Known via "isis", distance 115, metric 20, type level-2
  SR Incoming Label: 16017
  Routing Descriptor Blocks:
  * 198.51.100.1 (default), from 198.51.100.9, 00:01:00 ago, via Vlan60
      Route metric is 20, traffic share count is 1
      Repair Path: 198.51.100.5, via Vlan61
    198.51.100.2 (BLUE), via Vlan62
      Route metric is 20, traffic share count is 1
""")
    assert found is not None
    assert found.prefix == IPv4Network("192.0.2.0/25")
    assert [str(hop) for hop in found.next_hops] == ["198.51.100.1", "198.51.100.2"]
    assert found.interfaces == ("Vlan60", "Vlan62")


@pytest.mark.parametrize("indent", ["", "      "])
def test_associations_over_ipv6_are_passed_over(indent: str) -> None:
    (found,) = vpn.ikev2_sas(f"""\
 IPv6 Crypto IKEv2  SA

Tunnel-id    fvrf/ivrf              Status
7          none/none             READY
Local  2001:DB8::1/500
Remote  2001:DB8::2/500
{indent}Encr: AES-CBC, keysize: 128, PRF: SHA256, Hash: SHA256, DH Grp:14, Auth sign: PSK, Auth verify: PSK
{indent}Life/Active Time: 86400/10 sec

 IPv4 Crypto IKEv2  SA

Tunnel-id Local                 Remote                fvrf/ivrf            Status
3         192.0.2.1/4500        198.51.100.7/4500     none/none            READY
{indent}Encr: AES-CBC, keysize: 256, PRF: SHA384, Hash: SHA384, DH Grp:20, Auth sign: PSK, Auth verify: PSK
{indent}Life/Active Time: 28800/77 sec
{indent}Remote subnets:
      192.0.2.0 255.255.255.0
""")
    assert (str(found.remote), found.dh_group, found.active_s, found.ready) == ("198.51.100.7", 20, 77, True)


def test_register_tunnels_of_an_older_release_have_no_state_and_those_of_ipv6_are_passed_over() -> None:
    (found,) = multicast.pim_tunnels("""\
Tunnel3
  Type  : PIM Encap
  RP    : 192.0.2.3
  Source: 192.0.2.4
Tunnel4*
  Type  : PIM Encap
  RP    : Embedded RP Tunnel
  Source: 2001:DB8::4
Tunnel5*
  Type       : PIM Decap
  RP         : 2001:DB8::5*
  Source     : -
  State      : UP
""")
    assert (found.interface, str(found.rp), str(found.source), found.up) == ("Tunnel3", "192.0.2.3", "192.0.2.4", None)


@pytest.mark.parametrize("unasked", [STAMPS, *LOGS])
def test_what_a_router_prints_unasked_is_no_part_of_an_answer(unasked: str) -> None:
    lines = NEIGHBOURS.splitlines(keepends=True)
    for place in range(len(lines) + 1):
        text = "".join([*lines[:place], unasked, *lines[place:]])
        assert multicast.pim_neighbors(text) == multicast.pim_neighbors(NEIGHBOURS)


@pytest.mark.parametrize("unasked", [STAMPS, *LOGS])
def test_what_a_router_prints_unasked_is_no_configuration(unasked: str) -> None:
    text = "hostname r\ninterface Tunnel7\n description %LINK-3-UPDOWN: is what it says\n ip mtu 1400\nend\n"
    for place in range(6):
        lines = text.splitlines(keepends=True)
        lines[place:place] = [unasked]
        assert as_text(parse("".join(lines))) == text.removesuffix("end\n")
    assert "Load for" not in shown_configuration(STAMPS + text)


def test_counters_of_interfaces_of_every_kind_are_read_or_left_out() -> None:
    found = system.interface_counts("""\
TwentyFiveGigE1/0/7.30 is up, line protocol is up (connected)
  Hardware is Twenty Five Gigabit Ethernet, address is 0011.2233.4455 (bia 0011.2233.4455)
  Encapsulation 802.1Q Virtual LAN, Vlan ID  30.
     11 packets input, 700 bytes
     12 packets output, 800 bytes
ucse2/0/0 is administratively down, line protocol is down
Hardware is NIM-X, address is 0011.2233.4466
  5 minute input rate 0 bits/sec, 0 packets/sec
     0 packets input, 0 bytes, 0 no buffer
     3 packets output, 90 bytes, 0 underruns
Vlan9 is up, line protocol is up
  Hardware is Ethernet SVI
""")
    assert [(each.name, each.packets_in, each.packets_out) for each in found] == [
        ("TwentyFiveGigE1/0/7.30", 11, 12),
        ("ucse2/0/0", 0, 3),
    ]


def test_an_engineering_image_has_a_version() -> None:
    found = system.version("""\
Cisco IOS XE Software, Version BLD_V1799_THROTTLE_LATEST_20250105_020304
Cisco IOS Software [Dublin], Virtual XE Software (X86_64_LINUX_IOSD-UNIVERSALK9-M), Experimental Version \
17.9.20250105:020304 [BLD_V1799_THROTTLE_LATEST_20250105_020304:/y 102]
edge uptime is 1 day
cisco C8000V (VXE) processor (revision VXE) with 2028451K/3075K bytes of memory.
Processor board ID 9AAAAAAAAAA
Configuration register is 0x2102
""")
    assert (found.hostname, found.release) == ("edge", "17.9.20250105:020304")


def test_an_archive_elsewhere_is_read_with_or_without_indentation() -> None:
    text = """\
The maximum archive configurations allowed is 3.
The next archive file will be named scp://192.0.2.5/edge-<timestamp>-2
 Archive #  Name
   1        scp://192.0.2.5/edge-May-05-0
   2        scp://192.0.2.5/edge-May-05-1 <- Most Recent
   3
"""
    plain = "\n".join(line.strip() for line in text.splitlines())
    for answer in (text, plain):
        found = archive.archive(answer)
        assert found is not None
        assert found.files == ("scp://192.0.2.5/edge-May-05-0", "scp://192.0.2.5/edge-May-05-1")
        assert found.next_file == "scp://192.0.2.5/edge-<timestamp>-2"


def test_an_age_may_have_colons_between_its_parts() -> None:
    assert seconds("5d:06h") == seconds("5d06h") == (5 * 24 + 6) * 3600
