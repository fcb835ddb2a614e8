"""The router's nftables rules, from its intent."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from iosxe.intent import BoundaryEntry, Interface, RendezvousPoint, RouterIntent
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


def test_boundary_lets_nothing_leave_that_its_list_denies_or_does_not_name() -> None:
    everything = IPv4Network("0.0.0.0/0")
    boundary = (
        BoundaryEntry(permits=False, sources=IPv4Network("10.20.0.0/16"), groups=everything),
        BoundaryEntry(permits=True, sources=everything, groups=IPv4Network("239.0.0.0/8")),
    )
    port = Interface(name="GigabitEthernet1", pim_sparse=True, boundary_out=boundary)
    text = ruleset(RouterIntent(multicast_routing=True, interfaces=(port,)), {port.name: "Gi1"}.get, ADDRESSES.get)
    leaving = 'oifname "Gi1" ip daddr 224.0.0.0/4'
    chain = text.partition("chain boundary {")[2].partition("}")[0]
    assert [line.strip() for line in chain.strip().splitlines()[1:]] == [
        f"{leaving} ip saddr 10.20.0.0/16 ip daddr 0.0.0.0/0 drop",
        f"{leaving} ip saddr 0.0.0.0/0 ip daddr 239.0.0.0/8 accept",
        f"{leaving} drop",
    ]
