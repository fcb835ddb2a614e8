"""Filters of a router's owner that would stop the lab's packets are reported with the lines that open them."""

from __future__ import annotations

import pytest

from mcastlab.ios.configuration import parse
from mcastlab.routers.filter_notes import filter_notes

WANTED = parse("""\
interface Tunnel101
 tunnel source Dialer1
 tunnel mode ipsec ipv4
 tunnel destination 198.51.100.1
interface Tunnel200
 tunnel destination 10.255.0.10
interface Vlan20
 ip pim sparse-mode
""")
WAN = "interface Dialer1\n ip access-group WAN-IN in\nip access-list extended WAN-IN\n"
NUMBERED = "interface Dialer1\n ip access-group 120 in\n"
OPEN = "udp host 198.51.100.1 any eq isakmp", "udp any any eq non500-isakmp", "esp host 198.51.100.1 host 203.0.113.2"


@pytest.mark.parametrize(
    "running",
    [
        "interface Dialer1\n ip access-group GONE in\n",
        WAN + "".join(f" {10 * at} permit {entry}\n" for at, entry in enumerate(OPEN, 1)) + " deny ip any any log\n",
        NUMBERED + "".join(f"access-list 120 permit {entry}\n" for entry in OPEN),
        WAN + " remark all of it\n permit ip any any\n",
        WAN + " permit udp 198.51.100.0 0.0.0.255 any range 500 4500\n permit 50 198.51.100.0 0.0.0.255 any\n",
        WAN + " permit udp any any eq isakmp non500-isakmp\n permit esp any any\n deny udp any any neq 53\n",
        WAN + " deny udp any any eq snmp ntp\n deny ip 10.0.0.0 0.0.0.255 any\n permit ip any host 203.0.113.2 log\n",
        "interface Dialer1\n ip access-group 7 in\naccess-list 7 deny host 192.0.2.1\naccess-list 7 permit any\n",
        WAN + " deny tcp any any\n permit ip host 198.51.100.1 any\n deny ip any any\n",
    ],
)
def test_a_list_that_lets_the_vpn_in_is_not_reported(running: str) -> None:
    assert filter_notes(parse(running), WANTED) == ()


@pytest.mark.parametrize("entry", range(3))
def test_what_is_missing_is_reported_as_the_line_that_opens_it(entry: int) -> None:
    permitted = [each for at, each in enumerate(OPEN) if at != entry]
    text = WAN + "".join(f" permit {each}\n" for each in permitted)
    (reported,) = filter_notes(parse(f"{text} permit tcp any any established\n deny ip any any\n"), WANTED)
    assert "WAN-IN inbound" in reported
    line = ("udp host 198.51.100.1 any eq 500", "udp host 198.51.100.1 any eq 4500", "esp host 198.51.100.1 any")[entry]
    assert f"`permit {line}`" in reported
    assert reported.count("`permit") == 1


@pytest.mark.parametrize(
    "entries",
    ["access-list 7 permit 10.0.0.0 0.255.255.255\n", "access-list 7 deny 198.51.100.0, wildcard bits 0.0.0.255\n"],
)
def test_a_list_of_addresses_alone_is_reported_too(entries: str) -> None:
    (reported,) = filter_notes(parse(f"interface Dialer1\n ip access-group 7 in\n{entries}"), WANTED)
    assert reported.endswith("enter into it, before what denies, `permit host 198.51.100.1`")


def test_an_interface_of_the_owners_that_is_shut_down_is_reported_and_a_tunnel_of_ours_is_not() -> None:
    running = parse("".join(f"interface {name}\n shutdown\n" for name in ("Dialer1", "Vlan20", "Vlan30", "Tunnel200")))
    reported = filter_notes(running, WANTED)
    assert [each.partition(" is shut down")[0] for each in reported] == ["Vlan20", "Dialer1"]
    assert all("`no shutdown`" in each for each in reported)


def test_a_zone_of_the_lan_is_reported_until_the_tunnels_are_in_one() -> None:
    zone = " zone-member security INSIDE\n"
    (reported,) = filter_notes(parse(f"interface Vlan20\n{zone}"), WANTED)
    assert "Vlan20 is in the zone INSIDE, and Tunnel101, Tunnel200 in none" in reported
    everywhere = "".join(f"interface {name}\n{zone}" for name in ("Vlan20", "Tunnel101", "Tunnel200"))
    assert filter_notes(parse(everywhere), WANTED) == ()
