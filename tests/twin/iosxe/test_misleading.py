"""The router shows what routers show where a reader could be misled; genie and our own readers are the judges."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from judges import genie_reads
from twin.iosxe.screen import Lab

from mcastlab.ios.show.igmp import igmp_groups, igmp_interfaces
from mcastlab.ios.show.multicast import mroutes, rpf
from mcastlab.ios.show.system import interfaces_brief
from mcastlab.ios.show.vpn import bgp_peers

pytestmark = pytest.mark.process

PRODUCTION = Path(__file__).parents[2] / "routers" / "production"
STARTUP = """\
hostname A-NAME-OF-MORE-THAN-TWENTY-LETTERS
no ip domain lookup
ip multicast-routing distributed
interface GigabitEthernet1
 ip address 203.0.113.2 255.255.255.252
interface GigabitEthernet2
 ip address 192.168.50.1 255.255.255.0
 ip pim sparse-mode
 ip igmp join-group 239.1.1.1
 ip igmp query-interval 30
 ip igmp querier-timeout 90
 ip igmp query-max-response-time 5
 ip igmp last-member-query-interval 200
 ip igmp access-group GROUPS
interface GigabitEthernet3
 no ip address
 shutdown
interface Tunnel200
 ip address 172.16.0.1 255.255.255.252
 ip pim sparse-mode
 tunnel source GigabitEthernet1
 tunnel destination 198.51.100.1
router bgp 65001
 neighbor 203.0.113.1 remote-as 64512
 neighbor 192.168.50.9 remote-as 64513
 !
 address-family ipv4
  no neighbor 192.168.50.9 activate
  neighbor 203.0.113.1 activate
ip pim rp-address 192.0.2.1
ip route 192.0.2.0 255.255.255.0 203.0.113.1
ip mroute 10.9.0.0 255.255.0.0 Tunnel200
"""
COMMANDS = (
    "show ip igmp interface",
    "show ip igmp groups",
    "show ip mroute",
    "show ip bgp summary",
    "show ip rpf 10.9.1.1",
    "show ip rpf 192.0.2.1",
    "show ip rpf 192.168.50.7",
    "show ip pim tunnel",
    "show ip interface brief",
    "show interfaces",
)
KINDS = {
    "01-branch-dialer": ("Dialer1", "GigabitEthernet0/0/1"),
    "02-dc-edge": ("Port-channel1", "Port-channel1.100", "Te0/0/4", "Loopback0"),
    "06-metro-bdi": ("BDI100", "Te0/0/0", "GigabitEthernet0/0/4"),
    "10-campus-eigrp": ("Vlan20", "GigabitEthernet0/1/0"),
    "19-bgp-families": ("TwentyFiveGigE0/2/0", "HundredGigE0/1/0"),
}
"""Interfaces of other kinds, as a narrow column has them."""


def answers(startup: str, commands: tuple[str, ...]) -> dict[str, str]:
    async def ask() -> dict[str, str]:
        lab = Lab(startup)
        await lab.router.load(startup)
        found = {command: (await lab.type(command)).partition(command + "\n")[2] for command in commands}
        await lab.router.close()
        return {command: text[: text.rindex("\n") + 1] for command, text in found.items()}

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    return answers(STARTUP, COMMANDS)


@pytest.fixture(scope="module")
def read(shown: dict[str, str]) -> dict[str, Any]:
    return dict(zip(shown, genie_reads(list(shown.items())), strict=True))


def test_the_router_s_own_membership_of_auto_rp_is_no_receiver(shown: dict[str, str], read: dict[str, Any]) -> None:
    ports = {port.interface: port for port in igmp_interfaces(shown["show ip igmp interface"])}
    assert [str(group) for group in ports["Tunnel200"].joined] == ["224.0.1.40"]
    assert [str(group) for group in ports["GigabitEthernet2"].joined] == ["239.1.1.1"]
    assert [str(each.group) for each in igmp_groups(shown["show ip igmp groups"])] == ["224.0.1.40"]
    (route,) = mroutes(shown["show ip mroute"])
    assert (str(route.group), route.incoming_interface, route.flags) == ("224.0.1.40", None, "DCL")
    genie = read["show ip igmp interface"]["vrf"]["default"]["interface"]
    assert list(genie["Tunnel200"]["joined_group"]) == ["224.0.1.40"]
    assert "224.0.1.40" in read["show ip igmp groups"]["igmp_groups"]


def test_a_router_configured_so_does_not_listen_to_auto_rp() -> None:
    quiet = answers(f"{STARTUP}no ip pim autorp\n", ("show ip igmp groups", "show ip mroute", "show running-config"))
    assert "224.0.1.40" not in quiet["show ip igmp groups"] + quiet["show ip mroute"]
    assert "no ip pim autorp" in quiet["show running-config"].splitlines()


def test_timers_of_igmp_are_those_that_were_configured(read: dict[str, Any]) -> None:
    port = read["show ip igmp interface"]["vrf"]["default"]["interface"]["GigabitEthernet2"]
    assert (port["query_interval"], port["querier_timeout"], port["query_max_response_time"]) == (30, 90, 5)
    assert port["last_member_query_interval"] == 200


def test_interfaces_without_igmp_and_without_addresses_are_shown(shown: dict[str, str], read: dict[str, Any]) -> None:
    ports = read["show ip igmp interface"]["vrf"]["default"]["interface"]
    assert (ports["GigabitEthernet1"]["enable"], ports["GigabitEthernet2"]["enable"]) == (False, True)
    assert "  Internet protocol processing disabled" in shown["show ip igmp interface"].splitlines()
    # What does not run IGMP has a version and timers all the same.
    assert [port.interface for port in igmp_interfaces(shown["show ip igmp interface"])] == [
        "Tunnel200",
        "GigabitEthernet2",
    ]


def test_a_neighbour_that_is_not_activated_is_in_no_summary(shown: dict[str, str], read: dict[str, Any]) -> None:
    assert [str(peer.address) for peer in bgp_peers(shown["show ip bgp summary"])] == ["203.0.113.1"]
    assert list(read["show ip bgp summary"]["vrf"]["default"]["neighbor"]) == ["203.0.113.1"]


@pytest.mark.parametrize(
    ("address", "kind", "topology"),
    [
        ("10.9.1.1", "multicast (static)", "ipv4 multicast base"),
        ("192.0.2.1", "unicast (static)", "ipv4 multicast base, originated from ipv4 unicast base"),
        ("192.168.50.7", "unicast (connected)", "ipv4 multicast base, originated from ipv4 unicast base"),
    ],
)
def test_a_reverse_path_says_where_it_comes_from(
    shown: dict[str, str], read: dict[str, Any], address: str, kind: str, topology: str
) -> None:
    command = f"show ip rpf {address}"
    found = rpf(shown[command])
    assert found is not None
    assert found.kind == kind
    (path,) = read[command]["vrf"][""]["path"].values()
    assert kind.startswith(f"{path['table_type']} ({path['table_feature']}")
    origin = path.get("originated_topology")
    assert path["lookup_topology"] + (f", originated from {origin}" if origin else "") == topology


def test_register_tunnels_are_interfaces_that_nobody_configured(shown: dict[str, str], read: dict[str, Any]) -> None:
    assert "Tunnel0" in {each.name for each in interfaces_brief(shown["show ip interface brief"])}
    assert "Tunnel0" not in STARTUP
    assert read["show ip pim tunnel"]["tunnels"]["0"]["type"] == "PIM Encap"


def test_a_configuration_prompt_shows_twenty_letters_of_the_name() -> None:
    async def work() -> str:
        lab = Lab(STARTUP)
        await lab.router.load(STARTUP)
        screen = await lab.type("configure terminal", "interface GigabitEthernet2", "end")
        await lab.router.close()
        return screen

    screen = asyncio.run(work())
    assert "\nA-NAME-OF-MORE-THAN-(config-if)#" in screen
    assert "\nA-NAME-OF-MORE-THAN-TWENTY-LETTERS#" in screen


@pytest.fixture(scope="module")
def of_kinds() -> dict[str, tuple[str, Any, Any]]:
    commands = ("show ip interface brief", "show interfaces")
    texts = {name: answers((PRODUCTION / f"{name}.cfg").read_text(encoding="utf-8"), commands) for name in KINDS}
    parsed = genie_reads([(command, texts[name][command]) for name in KINDS for command in commands])
    return {
        name: (texts[name][commands[0]], parsed[2 * number], parsed[2 * number + 1])
        for number, name in enumerate(KINDS)
    }


@pytest.mark.parametrize("name", KINDS)
def test_interfaces_of_every_kind_are_shown_by_their_short_and_long_names(
    of_kinds: dict[str, tuple[str, Any, Any]], name: str
) -> None:
    text, brief, full = of_kinds[name]
    assert set(KINDS[name]) <= {each.name for each in interfaces_brief(text)}
    assert isinstance(full, dict), full
    assert len(brief["interface"]) == len(text.splitlines()) - 1
    long = {"Te0/0/4": "TenGigabitEthernet0/0/4", "Te0/0/0": "TenGigabitEthernet0/0/0"}
    assert {long.get(each, each) for each in KINDS[name]} <= set(full)
    if name == "02-dc-edge":
        assert full["Port-channel1.100"]["encapsulations"]["first_dot1q"] == "100"
        assert full["TenGigabitEthernet0/0/4"]["bandwidth"] == 10_000_000
