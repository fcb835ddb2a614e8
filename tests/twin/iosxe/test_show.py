"""Show commands are read back by parsers that this project did not write, or compared with IOS-XE's own form."""

from __future__ import annotations

import pytest
from ntc_templates.parse import parse_output  # type: ignore[import-untyped]  # ships no types
from twin.iosxe.remote_site import BOTH_SIGN, show


def parsed(command: str) -> list[dict[str, object]]:
    """Return what ntc-templates reads in the answer."""
    return list(parse_output(platform="cisco_ios", command=command, data=show(command)))


def test_show_version_is_read() -> None:
    (version,) = parsed("show version")
    assert version["hostname"] == "FAR-1"
    assert version["version"] == "17.9.4a"
    assert version["uptime"] == "1 day, 3 minutes"
    assert version["hardware"] == ["C8000V"]


def test_show_ip_interface_brief_is_read() -> None:
    assert [tuple(row.values()) for row in parsed("show ip interface brief")] == [
        ("GigabitEthernet1", "203.0.113.10", "up", "up"),
        ("GigabitEthernet2", "10.20.0.1", "up", "up"),
        ("GigabitEthernet3", "unassigned", "administratively down", "down"),
        ("Loopback0", "10.255.1.1", "up", "up"),
        ("Tunnel0", "10.255.1.1", "up", "up"),
        ("Tunnel101", "169.254.11.2", "up", "up"),
        ("Tunnel102", "169.254.12.2", "up", "up"),
        ("Tunnel200", "10.200.0.2", "up", "up"),
    ]


def test_show_interfaces_is_read() -> None:
    ports = {str(row["interface"]): row for row in parsed("show interfaces")}
    assert ports["GigabitEthernet2"]["description"] == "devices of the lab"
    assert ports["GigabitEthernet2"]["ip_address"] == "10.20.0.1"
    assert ports["GigabitEthernet2"]["mac_address"] == "0000.0000.0000"
    assert ports["GigabitEthernet3"]["link_status"] == "administratively down"
    assert ports["Tunnel200"]["hardware_type"] == "Tunnel"
    assert ports["Tunnel200"]["prefix_length"] == "30"


def test_show_interfaces_tells_a_tunnels_ends_and_a_register_tunnel() -> None:
    gre = show("show interfaces Tunnel200").splitlines()
    assert gre[0] == "Tunnel200 is up, line protocol is up "
    assert "  Tunnel source 10.255.1.1 (Loopback0), destination 10.254.0.1" in gre
    assert "  Tunnel protocol/transport GRE/IP" in gre
    assert "  Keepalive set (10 sec), retries 3" in gre
    assert "  Tunnel transport MTU 1380 bytes" in gre
    assert "  Tunnel protocol/transport IPSEC/IP" in show("show interfaces Tunnel101").splitlines()
    assert "  Tunnel protocol/transport PIM/IPv4" in show("show interfaces Tunnel0").splitlines()


def test_show_ip_route_is_read() -> None:
    routes = {(row["protocol"], f"{row['network']}/{row['prefix_length']}"): row for row in parsed("show ip route")}
    assert routes["S", "0.0.0.0/0"]["nexthop_ip"] == "203.0.113.1"
    assert routes["B", "10.0.0.0/16"]["metric"] == "100"
    assert routes["B", "10.0.0.0/16"]["uptime"] == "00:05:00"
    assert routes["C", "10.20.0.0/24"]["nexthop_if"] == "GigabitEthernet2"
    assert routes["L", "10.20.0.1/32"]["nexthop_if"] == "GigabitEthernet2"
    assert "Gateway of last resort is 203.0.113.1 to network 0.0.0.0" in show("show ip route")


def test_show_ip_bgp_summary_is_read() -> None:
    rows = parsed("show ip bgp summary")
    assert [(row["bgp_neighbor"], row["state_or_prefixes_received"], row["up_down"]) for row in rows] == [
        ("169.254.11.1", "3", "00:05:10"),
        ("169.254.12.1", "Idle", "never"),
    ]
    assert (rows[0]["router_id"], rows[0]["local_as"], rows[0]["messages_received"]) == ("10.255.1.1", "65001", "41")


def test_show_clock_is_read() -> None:
    (clock,) = parsed("show clock")
    assert (clock["time"], clock["day"], clock["month"], clock["year"]) == ("10:11:12.345", "9", "Nov", "2026")


def test_show_ip_mroute_is_read_but_for_the_outgoing_lines_that_the_template_does_not_know() -> None:
    shared, source, _own = parsed("show ip mroute")
    assert (shared["multicast_source_ip"], shared["multicast_group_ip"], shared["rendezvous_point"]) == (
        "*",
        "239.1.1.1",
        "10.254.0.1",
    )
    assert (shared["incoming_interface"], shared["reverse_path_forwarding_neighbour_ip"]) == ("Tunnel200", "10.200.0.1")
    assert (source["multicast_source_ip"], source["incoming_interface"]) == ("10.20.0.5", "GigabitEthernet2")
    assert source["registering"] == "Registering"


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        (
            "show ip mroute",
            [
                "(*, 239.1.1.1), 00:01:05/stopped, RP 10.254.0.1, flags: SJC",
                "  Incoming interface: Tunnel200, RPF nbr 10.200.0.1, Mroute",
                "  Outgoing interface list:",
                "    GigabitEthernet2, Forward/Sparse, 00:01:05/00:02:50, flags: ",
                "",
                "(10.20.0.5, 239.1.1.1), 00:00:05/00:02:55, flags: PFT",
                "  Incoming interface: GigabitEthernet2, RPF nbr 0.0.0.0, Registering",
                "  Outgoing interface list: Null",
                "",
                "(*, 224.0.1.40), 1d00h/00:02:10, RP 0.0.0.0, flags: DCL",
                "  Incoming interface: Null, RPF nbr 0.0.0.0",
                "  Outgoing interface list:",
                "    Loopback0, Forward/Sparse, 1d00h/00:02:10, flags: ",
            ],
        ),
        (
            "show ip pim neighbor",
            [
                "Neighbor          Interface                Uptime/Expires    Ver   DR",
                "Address                                                            Prio/Mode",
                "10.200.0.1        Tunnel200                00:01:15/00:01:39 v2    1 / S P G",
                "10.20.0.9         GigabitEthernet2         1d03h/00:01:28 v2    1 / DR S P G",
            ],
        ),
        (
            "show ip pim interface",
            [
                "10.20.0.1        GigabitEthernet2         v2/S   1      30     1          10.20.0.9",
                "10.255.1.1       Loopback0                v2/S   0      30     1          10.255.1.1",
                "10.200.0.2       Tunnel200                v2/S   1      30     1          0.0.0.0",
            ],
        ),
        ("show ip pim rp mapping", ["Acl: LAB-GROUPS, Static-Override", "    RP: 10.254.0.1 (?)"]),
        (
            "show ip igmp groups",
            [
                "239.1.1.1        GigabitEthernet2         01:01:40  00:02:02  10.20.0.5       ",
                "224.0.1.40       Loopback0                1d00h     00:02:10  10.255.1.1      ",
            ],
        ),
        (
            "show ip rpf 10.0.9.9",
            [
                "RPF information for ? (10.0.9.9)",
                "  RPF interface: Tunnel200",
                "  RPF route/mask: 10.0.0.0/16",
                "  RPF type: multicast (static)",
            ],
        ),
        (
            "show ip rpf 9.9.9.9",
            ["  RPF interface: GigabitEthernet1", "  RPF neighbor: ? (203.0.113.1)", "  RPF type: unicast (static)"],
        ),
        (
            "show crypto ikev2 sa",
            [
                "1         203.0.113.10/4500     198.51.100.1/4500     none/none            READY  ",
                f"      Encr: AES-CBC, keysize: 256, PRF: SHA256, Hash: SHA256, DH Grp:14, {BOTH_SIGN}",
                "      Life/Active Time: 28800/735 sec",
            ],
        ),
        ("show startup-config", ["startup-config is not present"]),
        ("show running-config interface Gi3", ["interface GigabitEthernet3", " no ip address", " shutdown"]),
        (
            "ping 10.200.0.1 source Loopback0 repeat 3 size 1380",
            [
                "Sending 3, 1380-byte ICMP Echos to 10.200.0.1, timeout is 2 seconds:",
                "Packet sent with a source address of 10.255.1.1 ",
                "!!!",
                "Success rate is 100 percent (3/3), round-trip min/avg/max = 1/1/1 ms",
            ],
        ),
        (
            "show crypto ipsec sa interface Tunnel101",
            [
                "interface: Tunnel101",
                "   current_peer 198.51.100.1 port 4500",
                "     PFS (Y/N): Y, DH group: group14",
                "     inbound esp sas:",
                "        transform: esp-256-aes esp-sha256-hmac ,",
                "        in use settings ={Tunnel UDP-Encaps, }",
                "        sa timing: remaining key lifetime (k/sec): (4607999/2865)",
                "     outbound esp sas:",
                "        Status: ACTIVE(ACTIVE)",
            ],
        ),
        (
            "show crypto ipsec sa interface Tunnel102",
            ["     current outbound spi: 0x0(0)", "     PFS (Y/N): N, DH group: none"],
        ),
        (
            "show ip pim tunnel",
            ["Tunnel0 ", "  Type       : PIM Encap", "  RP         : 10.254.0.1 ", "  Source     : 10.255.1.1 "],
        ),
        (
            "show ip mroute count",
            ["3 routes using 1812 bytes of memory", "  Source: 10.20.0.5/32, Forwarding: 120/0/100/0, Other: 120/0/0"],
        ),
        (
            "show ip igmp interface GigabitEthernet2",
            [
                "  IGMP query interval is 30 seconds",
                "  Multicast designated router (DR) is 10.20.0.9",
                "  IGMP querying router is 10.20.0.1 (this system)",
            ],
        ),
        ("show platform hardware throughput level", ["The current throughput level is 10000 kb/s"]),
        (
            "show running-config all",
            [" ip igmp version 2", " ip igmp query-interval 60", " tunnel mode gre ip", "line vty 0 4"],
        ),
        ("ping 192.0.2.99", [".....", "Success rate is 0 percent (0/5)"]),
        ("ping 10.200.0.1 source 1.2.3.4", ["% Invalid source address- IP address not on any of our up interfaces"]),
    ],
)
def test_a_show_command_has_these_lines_in_this_order(command: str, lines: list[str]) -> None:
    answer = iter(show(command).splitlines())
    assert all(line in answer for line in lines), show(command)


def test_an_address_without_a_route_has_no_reverse_path() -> None:
    answer = show("show ip rpf 9.9.9.9", extra=("no ip route 0.0.0.0 0.0.0.0 203.0.113.1",))
    assert answer == " RPF information for ? (9.9.9.9) failed, no route exists\n"


def test_without_multicast_routing_there_is_no_mroute_table() -> None:
    extra = ("no ip multicast-routing distributed",)
    assert show("show ip mroute", extra=extra) == "IP Multicast Forwarding is not enabled.\n"


def test_the_route_to_an_address_is_the_longest_but_the_default() -> None:
    assert show("show ip route 10.20.0.7") == (
        "Routing entry for 10.20.0.0/24\n"
        '  Known via "connected", distance 0, metric 0 (connected, via interface)\n'
        "  Routing Descriptor Blocks:\n"
        "  * directly connected, via GigabitEthernet2\n"
        "      Route metric is 0, traffic share count is 1\n"
    )
    assert '  Known via "bgp 65001", distance 20, metric 100' in show("show ip route 10.0.0.9")
    assert show("show ip route 192.0.2.99") == "% Network not in table\n"


def test_a_ping_tells_its_size_its_patience_and_whether_it_may_be_cut() -> None:
    said = show("ping 10.0.0.9 size 1380 repeat 2 timeout 1 df-bit")
    assert "Sending 2, 1380-byte ICMP Echos to 10.0.0.9, timeout is 1 seconds:" in said
    assert "Packet sent with the DF bit set" in said
    assert "Success rate is " in said
    assert "DF bit" not in show("ping 10.0.0.9")


def test_without_bgp_there_is_no_summary() -> None:
    assert show("show ip bgp summary", extra=("no router bgp 65001",)) == "% BGP not active\n"


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        (
            "show running-config | include ^ip route",
            [
                "ip route 0.0.0.0 0.0.0.0 203.0.113.1",
                "ip route 198.51.100.0 255.255.255.0 GigabitEthernet1 203.0.113.1 5 name endpoints",
            ],
        ),
        ("sh run | i ^ip route 0", ["ip route 0.0.0.0 0.0.0.0 203.0.113.1"]),
        (
            "show running-config | section interface Loopback0",
            ["interface Loopback0", " ip address 10.255.1.1 255.255.255.255", " ip pim sparse-mode"],
        ),
        (
            "show running-config | section address-family",
            [
                " address-family ipv4",
                "  network 10.20.0.0 mask 255.255.255.0",
                "  network 10.255.1.1 mask 255.255.255.255",
                "  neighbor 169.254.11.1 activate",
                "  neighbor 169.254.11.1 soft-reconfiguration inbound",
                "  neighbor 169.254.12.1 activate",
                "  maximum-paths 2",
                " exit-address-family",
            ],
        ),
        (
            "show running-config | begin line vty",
            ["line vty 0 4", " exec-timeout 0 0", " login local", " transport input ssh", "!", "end", ""],
        ),
        ("show running-config | count ^interface", ["Number of lines which match regexp = 7"]),
        (
            "show ip interface brief | exclude up|Interface",
            ["GigabitEthernet3       unassigned      YES unset  administratively down down    "],
        ),
        ("show run | include (", ["% Failed to compile regular expression."]),
    ],
)
def test_an_answer_is_filtered(command: str, lines: list[str]) -> None:
    assert show(command).splitlines() == lines


@pytest.mark.parametrize(
    ("command", "level", "answer"),
    [
        ("show run | hostname", 15, f"{' ' * 11}^\n% Invalid input detected at '^' marker.\n\n"),
        ("show", 15, "% Incomplete command.\n\n"),
        ("show i", 15, '% Ambiguous command:  "show i"\n'),
        ("show ip fubar", 15, f"{' ' * 9}^\n% Invalid input detected at '^' marker.\n\n"),
        ("show running-config", 1, f"{' ' * 5}^\n% Invalid input detected at '^' marker.\n\n"),
    ],
)
def test_a_command_that_is_none_is_refused(command: str, level: int, answer: str) -> None:
    refused = show(command, level=level)
    assert refused.replace(" ", "") == answer.replace(" ", "")
    if level > 1:
        assert refused == answer
