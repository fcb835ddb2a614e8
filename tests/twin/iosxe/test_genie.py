"""genie, Cisco's own parsers, read every show command that they have a parser for."""

from __future__ import annotations

from typing import Any

import pytest
from judges import genie_reads
from twin.iosxe.remote_site import show

pytestmark = pytest.mark.process

RP = ("no ip pim rp-address 10.254.0.1", "ip pim rp-address 10.255.1.1")
COMMANDS = (
    "show archive",
    "show clock",
    "show crypto ikev2 sa",
    "show crypto ipsec sa",
    "show interfaces",
    "show interfaces Tunnel200",
    "show ip bgp summary",
    "show ip igmp groups",
    "show ip igmp interface",
    "show ip interface brief",
    "show ip mroute",
    "show ip mroute count",
    "show ip pim interface",
    "show ip pim neighbor",
    "show ip pim rp mapping",
    "show ip pim tunnel",
    "show ip route",
    "show ip route 10.0.0.9",
    "show ip rpf 10.0.0.9",
    "show logging",
    "show platform hardware throughput level",
    "show privilege",
    "show running-config interface GigabitEthernet3",
    "show users",
    "show version",
)
"""Every show command of the router that genie has a parser for."""


@pytest.fixture(scope="module")
def read() -> dict[str, Any]:
    texts = {command: show(command) for command in COMMANDS} | {
        "show ip pim tunnel": show("show ip pim tunnel", extra=RP)
    }
    return dict(zip(texts, genie_reads(list(texts.items())), strict=True))


@pytest.mark.parametrize("command", COMMANDS)
def test_genie_parses_what_it_has_a_parser_for(command: str, read: dict[str, Any]) -> None:
    assert isinstance(read[command], dict), read[command]
    assert read[command]


@pytest.mark.parametrize(
    ("command", "path", "value"),
    [
        ("show ip pim tunnel", "tunnels 1 type", "PIM Decap"),
        ("show ip pim tunnel", "tunnels 0 rp", "10.255.1.1*"),
        ("show crypto ipsec sa", "interface Tunnel101 ident 1 peer_ip", "198.51.100.1"),
        ("show crypto ipsec sa", "interface Tunnel101 ident 1 port", 4500),
        ("show crypto ikev2 sa", "ipv4 1 status", "READY"),
        ("show ip mroute count", "group_id 239.1.1.1 pkt_forwarded", 120),
        ("show ip igmp interface", "vrf default interface GigabitEthernet2 query_interval", 30),
        ("show ip igmp interface", "vrf default interface GigabitEthernet2 querier", "10.20.0.1"),
        ("show platform hardware throughput level", "curr_throughput_level", "10000 kb/s"),
        ("show ip igmp groups", "igmp_groups 239.1.1.1 intf", "GigabitEthernet2"),
        ("show version", "version xe_version", "17.09.04a"),
        ("show archive", "archive max_archive_configurations", 5),
    ],
)
def test_genie_reads_the_values_that_were_printed(command: str, path: str, value: object, read: dict[str, Any]) -> None:
    found = read[command]
    for step in path.split():
        found = found[step]
    assert found == value


def test_genie_reads_outgoing_interfaces_behind_which_flags_stand(read: dict[str, Any]) -> None:
    sources = read["show ip mroute"]["vrf"][""]["address_family"]["ipv4"]["multicast_group"]["239.1.1.1"]
    shared = sources["source_address"]["*"]
    assert list(shared["outgoing_interface_list"]) == ["GigabitEthernet2"]
    assert shared["rpf_info"] == "mroute"
