"""Predicted reverse paths: as the routers choose them, from the routes that they are given."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

import pytest
from documents import LABS, lab_with
from facts_sample import FACTS
from hypothesis import given
from hypothesis import strategies as st

from mcastlab.lab.routes import Origin, Route, RouterTables, Routes, aws_router_tables, far_router_tables
from mcastlab.lab.rpf import predict_rpf
from mcastlab.lab_files import DEFAULT_LAB, read_lab
from mcastlab.render.routers import render_aws_router, render_far_router

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.lab.model import Lab


def route(network: str, interface: str, origin: Origin = Origin.BGP) -> Route:
    return Route(network=IPv4Network(network), interface=interface, origin=origin)


def test_default_lab_s_paths_are_the_ones_its_datagrams_take(lab: Lab) -> None:
    assert {(each.router, each.towards, str(each.address), each.expected) for each in predict_rpf(lab)} == {
        ("lab-router", "rendezvous point", "10.255.0.10", "Tunnel200"),
        ("aws-router", "doppel", "10.10.1.4", "GigabitEthernet1"),
        ("lab-router", "doppel", "10.10.1.4", "Tunnel200"),
        ("lab-router", "phone-1", "192.168.50.20", "GigabitEthernet3"),
        ("aws-router", "phone-1", "192.168.50.20", "Tunnel200"),
    }
    assert all(each.holds for each in predict_rpf(lab))


def test_static_multicast_route_counts_before_a_longer_unicast_route() -> None:
    tables = RouterTables(
        router="r",
        mroutes=Routes([route("10.0.0.0/8", "Tunnel200", Origin.MROUTE)]),
        unicast=Routes([route("10.1.1.0/24", "Tunnel101")]),
    )
    found = tables.rpf(IPv4Address("10.1.1.1"))
    assert found is not None
    assert found.interface == "Tunnel200"


def test_longest_of_two_static_multicast_routes_counts() -> None:
    routes = [route("10.0.0.0/8", "Tunnel200", Origin.MROUTE), route("10.1.0.0/16", "Tunnel300", Origin.MROUTE)]
    tables = RouterTables(router="r", mroutes=Routes(routes), unicast=Routes([]))
    assert tables.rpf(IPv4Address("10.1.1.1")) == routes[1]
    assert tables.rpf(IPv4Address("10.2.1.1")) == routes[0]


def test_without_any_route_there_is_no_path() -> None:
    tables = RouterTables(router="r", mroutes=Routes([]), unicast=Routes([route("10.0.0.0/8", "Tunnel101")]))
    assert tables.rpf(IPv4Address("192.0.2.1")) is None


NETWORKS = st.builds(
    lambda address, length: IPv4Network((address, length), strict=False),
    st.integers(0, 2**32 - 1),
    st.integers(0, 32),
)


@given(st.lists(NETWORKS, unique=True), st.ip_addresses(v=4))
def test_look_up_is_the_longest_match_of_a_plain_search(networks: list[IPv4Network], address: IPv4Address) -> None:
    matching = [network for network in networks if address in network]
    longest = max(matching, key=lambda network: network.prefixlen, default=None)
    found = Routes(route(str(network), "Tunnel101") for network in networks).towards(address)
    assert (None if found is None else found.network) == longest


def test_lan_within_the_vpc_is_sent_into_the_tunnel_and_told() -> None:
    lab = lab_with({"sites.0.router.lan": "10.10.7.1/24", "sites.0.devices.0.address": "10.10.7.20"})
    failing = [each for each in predict_rpf(lab) if not each.holds]
    assert [(each.router, each.towards) for each in failing] == [("berlin-router", "phone-1")]


def test_part_of_the_senders_subnet_that_has_a_route_of_its_own_is_told() -> None:
    lab = lab_with({"sites.0.router.loopback": "10.10.1.200"})
    failing = [(each.router, str(each.address)) for each in predict_rpf(lab) if not each.holds]
    assert ("aws-router", "10.10.1.200") in failing


def test_sender_without_receivers_elsewhere_is_not_asked_about() -> None:
    lab = lab_with({"groups.0.senders": ["berlin"], "groups.0.receivers": ["doppel"]})
    assert {each.towards for each in predict_rpf(lab)} == {"rendezvous point", "phone-1"}


def test_senders_of_another_site_come_by_the_tunnel() -> None:
    predictions = predict_rpf(read_lab(LABS / "ten_sites.yaml"))
    found = next(each for each in predictions if each.router == "lyon-router" and each.towards == "berlin-phone")
    assert found.holds
    assert found.route is not None
    assert found.route.origin is Origin.MROUTE


@pytest.mark.parametrize("path", [DEFAULT_LAB, *sorted(LABS.glob("*.yaml"))], ids=lambda path: path.stem)
def test_static_multicast_routes_are_those_that_are_rendered(path: Path) -> None:
    lab = read_lab(path)
    facts = next(iter(FACTS.sites.values()))
    assert mroutes(render_aws_router(lab).shown) == listed(aws_router_tables(lab))
    for site in lab.sites:
        assert mroutes(render_far_router(lab, site, facts).shown) == listed(far_router_tables(lab, site))


def mroutes(configuration: str) -> set[tuple[str, str]]:
    lines = [line.split() for line in configuration.splitlines() if line.startswith("ip mroute ")]
    return {(str(IPv4Network(f"{network}/{mask}")), interface) for _, _, network, mask, interface in lines}


def listed(tables: RouterTables) -> set[tuple[str, str]]:
    return {(str(each.network), each.interface) for each in tables.mroutes.all}
