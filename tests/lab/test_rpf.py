"""Predicted reverse paths: as the routers choose them, from the routes that they are given."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

import pytest
from documents import LABS, lab_with
from facts_sample import FACTS
from hypothesis import given
from hypothesis import strategies as st

from mcastlab.lab.design.reverse_paths import failing_rpf, predict_rpf
from mcastlab.lab.design.router_routes import LabRoutes, Origin, RouterRoute, RouterTables, Routes
from mcastlab.lab_files import DEFAULT_LAB, read_lab
from mcastlab.render.routers import render_aws_router, render_remote_router

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.lab.model import Lab


def route(network: str, interface: str, origin: Origin = Origin.BGP) -> RouterRoute:
    return RouterRoute(network=IPv4Network(network), interface=interface, origin=origin)


def test_default_lab_s_paths_are_the_ones_its_datagrams_take(lab: Lab) -> None:
    assert {
        (each.path.router, each.path.source, str(each.address), each.path.interface) for each in predict_rpf(lab)
    } == {
        ("lab-router", "the rendezvous point", "10.255.0.10", "Tunnel200"),
        ("aws-router", "doppel", "10.10.1.4", "GigabitEthernet1"),
        ("lab-router", "doppel", "10.10.1.4", "Tunnel200"),
        ("lab-router", "phone-1", "192.168.50.20", "GigabitEthernet3"),
        ("aws-router", "phone-1", "192.168.50.20", "Tunnel200"),
        ("lab-router", "pager-7", "192.168.50.31", "GigabitEthernet3"),
        ("aws-router", "pager-7", "192.168.50.31", "Tunnel200"),
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


def test_lan_within_the_vpc_is_sent_into_the_tunnel_and_reported() -> None:
    lab = lab_with({"sites.0.router.lan": "10.10.7.1/24", "sites.0.devices.0.address": "10.10.7.20"})
    failing = [each for each in predict_rpf(lab) if not each.holds]
    assert [(each.path.router, each.path.source) for each in failing] == [("berlin-router", "phone-1")]


def test_part_of_the_senders_subnet_that_has_a_route_of_its_own_is_reported() -> None:
    lab = lab_with({"sites.0.router.loopback": "10.10.1.200"})
    failing = [(each.path.router, str(each.address)) for each in predict_rpf(lab) if not each.holds]
    assert ("aws-router", "10.10.1.200") in failing


def test_sender_without_receivers_elsewhere_is_not_asked_about() -> None:
    lab = lab_with({"groups.0.senders": ["berlin"], "groups.0.receivers": ["doppel"]})
    assert {each.path.source for each in predict_rpf(lab)} == {"the rendezvous point", "phone-1"}


def test_senders_of_another_site_come_by_the_tunnel() -> None:
    predictions = predict_rpf(read_lab(LABS / "ten_sites.yaml"))
    found = next(
        each for each in predictions if each.path.router == "lyon-router" and each.path.source == "berlin-phone"
    )
    assert found.holds
    assert found.route is not None
    assert found.route.origin is Origin.MROUTE


@pytest.mark.parametrize("path", [DEFAULT_LAB, *sorted(LABS.glob("*.yaml"))], ids=lambda path: path.stem)
def test_static_multicast_routes_are_those_that_are_rendered(path: Path) -> None:
    lab = read_lab(path)
    facts = next(iter(FACTS.sites.values()))
    assert mroutes(render_aws_router(lab).shown) == listed(LabRoutes(lab).aws_router())
    for site in lab.sites:
        assert mroutes(render_remote_router(lab, site, facts).shown) == listed(LabRoutes(lab).remote_router(site))


def mroutes(configuration: str) -> set[tuple[str, str]]:
    lines = [line.split() for line in configuration.splitlines() if line.startswith("ip mroute ")]
    return {(str(IPv4Network(f"{network}/{mask}")), interface) for _, _, network, mask, interface in lines}


def listed(tables: RouterTables) -> set[tuple[str, str]]:
    return {(str(each.network), each.interface) for each in tables.mroutes.all}


@st.composite
def overlapping_labs(draw: st.DrawFn) -> Lab:
    """Labs whose blocks meet at random, and whose groups name members at random."""
    lans = [f"192.168.{third}.1/{length}" for third in (8, 9) for length in (24, 20)] + ["10.10.1.1/25", "10.10.8.1/24"]
    names = [f"site-{number}" for number in range(draw(st.integers(1, 4)))]
    members = st.just("all") | st.lists(st.sampled_from([*names, "doppel"]), unique=True, min_size=1)
    sites = []
    for index, name in enumerate(names):
        lan = draw(st.sampled_from(lans))
        router = {"ssh": f"r{index}", "wan": f"203.0.113.{4 * index + 2}/30", "lan": lan}
        device = {"name": f"device-{index}", "address": f"{lan.rpartition('.')[0]}.9"}
        sites.append({"name": name, "router": router, "devices": [device]})
    groups = [
        {
            "name": f"group-{index}",
            "address": f"239.1.1.{index + 1}",
            "senders": draw(members),
            "receivers": draw(members),
        }
        for index in range(draw(st.integers(1, 3)))
    ]
    return lab_with({"sites": sites, "groups": groups})


@given(overlapping_labs())
def test_the_paths_that_fail_are_those_that_a_look_at_every_pair_finds(lab: Lab) -> None:
    assert list(failing_rpf(lab)) == [each for each in predict_rpf(lab) if not each.holds]
