"""The router's nftables rules, from its intent."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from iosxe.intent import Interface, RendezvousPoint, RouterIntent
from mcastlab_twin.routers.filters import ruleset

LOOPBACK = IPv4Interface("10.254.0.10/32")
VTI = IPv4Interface("169.254.10.2/30")
ADDRESSES = {"Loopback0": LOOPBACK, "Tunnel101": VTI}

INTENT = RouterIntent(
    multicast_routing=True,
    interfaces=(
        Interface(name="Loopback0", address=LOOPBACK, pim_sparse=True),
        Interface(name="Tunnel101", address=VTI),
    ),
    rendezvous_points=(RendezvousPoint(address=IPv4Address("10.255.0.10"), groups=(IPv4Network("239.1.1.1/32"),)),),
)


def rules_of(intent: RouterIntent) -> str:
    return ruleset(intent, {"Loopback0": "lo", "Tunnel101": "Tunnel101"}.get, ADDRESSES.get)


def test_register_leaves_with_the_address_of_its_source_interface() -> None:
    text = rules_of(replace(INTENT, register_source="Loopback0"))
    assert "@th,0,8 0x21 ip daddr { 10.255.0.10 } fib saddr type local ip saddr set 10.254.0.10" in text


def test_register_leaves_with_the_address_of_the_way_out_where_none_is_set() -> None:
    text = rules_of(INTENT)
    assert 'oifname "Tunnel101" ip protocol pim' in text
    assert "ip saddr set 169.254.10.2" in text
    assert "10.254.0.10" not in text


def test_router_without_rendezvous_point_registers_nowhere() -> None:
    assert "0x21" not in rules_of(replace(INTENT, rendezvous_points=()))
