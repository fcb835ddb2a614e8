"""The reverse path as IOS computes it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from iosxe.intent import StaticMroute
from iosxe.state import UnicastRoute
from mcastlab_twin.routers.unicast_state import Unicast, reverse_path

SOURCE = IPv4Address("10.10.1.22")


def route(prefix: str, source: str, distance: int, next_hop: str | None, interface: str) -> UnicastRoute:
    return UnicastRoute(
        prefix=IPv4Network(prefix),
        source=source,  # type: ignore[arg-type]  # the Literal's values
        distance=distance,
        metric=0,
        next_hop=IPv4Address(next_hop) if next_hop else None,
        interface=interface,
    )


UNICAST = Unicast(
    table=(
        route("0.0.0.0/0", "static", 1, "203.0.113.1", "GigabitEthernet1"),
        route("10.10.1.0/24", "bgp", 20, "169.254.10.1", "Tunnel101"),
        route("172.16.200.0/30", "connected", 0, None, "Tunnel200"),
        route("192.168.50.0/24", "connected", 0, None, "GigabitEthernet3"),
    ),
    addresses={
        "Tunnel200": IPv4Interface("172.16.200.2/30"),
        "Tunnel101": IPv4Interface("169.254.10.2/30"),
        "GigabitEthernet3": IPv4Interface("192.168.50.1/24"),
    },
)


def mroute(prefix: str, rpf: str, distance: int = 0) -> StaticMroute:
    towards = IPv4Address(rpf) if rpf[0].isdigit() else rpf
    return StaticMroute(prefix=IPv4Network(prefix), rpf=towards, distance=distance)


def reported(*mroutes: StaticMroute, address: IPv4Address = SOURCE) -> tuple[str, str, str, str] | None:
    found = reverse_path(address, UNICAST, mroutes)
    return None if found is None else (found.interface, str(found.neighbor), str(found.prefix), found.kind)


def test_without_mroutes_it_is_the_unicast_route() -> None:
    assert reported() == ("Tunnel101", "169.254.10.1", "10.10.1.0/24", "unicast (bgp)")


def test_a_mroute_beats_a_longer_unicast_route() -> None:
    found = reported(mroute("10.10.0.0/16", "Tunnel200"))
    assert found == ("Tunnel200", "172.16.200.1", "10.10.0.0/16", "multicast (static)")


def test_the_longest_mroute_wins() -> None:
    found = reported(mroute("10.10.0.0/16", "Tunnel101"), mroute("10.10.1.22/32", "Tunnel200"))
    assert found is not None
    assert (found[0], found[2]) == ("Tunnel200", "10.10.1.22/32")


def test_a_mroute_farther_than_the_unicast_route_is_not_used() -> None:
    found = reported(mroute("10.10.0.0/16", "Tunnel200", 200))
    assert found is not None
    assert found[3] == "unicast (bgp)"


def test_a_mroute_by_address_names_the_interface_towards_it() -> None:
    found = reported(mroute("10.10.0.0/16", "172.16.200.1"))
    assert found == ("Tunnel200", "172.16.200.1", "10.10.0.0/16", "multicast (static)")


def test_a_mroute_through_an_interface_that_is_down_is_none() -> None:
    found = reported(mroute("10.10.0.0/16", "Tunnel300"))
    assert found is not None
    assert found[3] == "unicast (bgp)"


def test_a_connected_source_has_no_neighbour() -> None:
    found = reported(address=IPv4Address("192.168.50.20"))
    assert found == ("GigabitEthernet3", "None", "192.168.50.0/24", "unicast (connected)")


def test_without_any_route_there_is_no_reverse_path() -> None:
    assert reverse_path(SOURCE, Unicast(table=(), addresses={}), ()) is None
