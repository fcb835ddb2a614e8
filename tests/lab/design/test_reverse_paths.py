"""Reverse paths against what was written by hand."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from lab.design.oracle import lab

from mcastlab.lab.design.reverse_paths import predict_rpf, reverse_paths
from mcastlab.verify.snapshot.lab import asked_paths

RP = "the rendezvous point"

PATHS = {
    "default": {
        ("lab-router", "lab", RP, "10.255.0.10/32", "Tunnel200", "172.16.200.1"),
        ("aws-router", None, "doppel", "10.10.1.0/24", "GigabitEthernet1", "None"),
        ("lab-router", "lab", "doppel", "10.10.1.0/24", "Tunnel200", "172.16.200.1"),
        ("lab-router", "lab", "phone-1", "192.168.50.20/32", "GigabitEthernet3", "None"),
        ("aws-router", "lab", "phone-1", "192.168.50.20/32", "Tunnel200", "172.16.200.2"),
        ("lab-router", "lab", "pager-7", "192.168.50.31/32", "GigabitEthernet3", "None"),
        ("aws-router", "lab", "pager-7", "192.168.50.31/32", "Tunnel200", "172.16.200.2"),
    },
    # Only `sender` sends from the VPC. Berlin's GRE network is the 2367th /30 of 172.30.0.0: 4 times 2367 is 36 times
    # 256, and 252.
    "three_zones": {
        ("berlin-router", "berlin", RP, "172.31.255.10/32", "Tunnel2567", "172.30.36.253"),
        ("aws-router", None, "sender", "172.20.2.0/24", "GigabitEthernet1", "None"),
        ("berlin-router", "berlin", "sender", "172.20.2.0/24", "Tunnel2567", "172.30.36.253"),
        ("berlin-router", "berlin", "phone-1", "192.168.50.20/32", "GigabitEthernet2", "None"),
        ("aws-router", "berlin", "phone-1", "192.168.50.20/32", "Tunnel2567", "172.30.36.254"),
        ("berlin-router", "berlin", "phone-2", "192.168.50.21/32", "GigabitEthernet2", "None"),
        ("aws-router", "berlin", "phone-2", "192.168.50.21/32", "Tunnel2567", "172.30.36.254"),
    },
    # Each subnet's sender is directly connected to an interface of the AWS router.
    "two_subnets": {
        ("berlin-router", "berlin", RP, "10.255.0.10/32", "Tunnel2567", "172.30.36.253"),
        ("aws-router", None, "near", "10.20.1.0/24", "GigabitEthernet1", "None"),
        ("aws-router", None, "beside", "10.20.2.0/24", "GigabitEthernet2", "None"),
        ("berlin-router", "berlin", "near", "10.20.1.0/24", "Tunnel2567", "172.30.36.253"),
        ("berlin-router", "berlin", "beside", "10.20.2.0/24", "Tunnel2567", "172.30.36.253"),
        ("berlin-router", "berlin", "phone-1", "192.168.50.20/32", "GigabitEthernet2", "None"),
        ("aws-router", "berlin", "phone-1", "192.168.50.20/32", "Tunnel2567", "172.30.36.254"),
    },
    # Everybody hears everybody, the sites each other by way of the AWS router.
    "behind_nat": {
        ("berlin-router", "berlin", RP, "10.200.0.20/32", "Tunnel2567", "172.30.36.253"),
        ("lyon-router", "lyon", RP, "10.200.0.20/32", "Tunnel900", "172.16.0.1"),
        ("aws-router", None, "doppel", "10.10.1.0/24", "GigabitEthernet1", "None"),
        ("berlin-router", "berlin", "doppel", "10.10.1.0/24", "Tunnel2567", "172.30.36.253"),
        ("lyon-router", "lyon", "doppel", "10.10.1.0/24", "Tunnel900", "172.16.0.1"),
        ("berlin-router", "berlin", "phone-1", "192.168.50.20/32", "GigabitEthernet3", "None"),
        ("aws-router", "berlin", "phone-1", "192.168.50.20/32", "Tunnel2567", "172.30.36.254"),
        ("lyon-router", "lyon", "phone-1", "192.168.50.20/32", "Tunnel900", "172.16.0.1"),
        ("lyon-router", "lyon", "phone-2", "192.168.60.20/32", "GigabitEthernet2", "None"),
        ("aws-router", "lyon", "phone-2", "192.168.60.20/32", "Tunnel900", "172.16.0.2"),
        ("berlin-router", "berlin", "phone-2", "192.168.60.20/32", "Tunnel2567", "172.30.36.253"),
    },
}


@pytest.mark.parametrize("name", PATHS)
def test_reverse_paths_are_the_ones_that_are_expected(name: str) -> None:
    found = [
        (each.router, each.site, each.source, str(each.network), each.interface, str(each.neighbour))
        for each in reverse_paths(lab(name))
    ]
    assert set(found) == PATHS[name]
    assert len(found) == len(PATHS[name])


@pytest.mark.parametrize("name", PATHS)
def test_routes_of_a_sound_lab_give_every_reverse_path(name: str) -> None:
    predicted = list(predict_rpf(lab(name)))
    assert {(each.path.router, str(each.path.network)) for each in predicted} == {
        (router, network) for router, _, _, network, _, _ in PATHS[name]
    }
    assert all(each.holds for each in predicted)


def test_routers_are_asked_about_hosts_by_the_addresses_that_they_have() -> None:
    asked = asked_paths(lab("default"), {"doppel-2": IPv4Address("10.10.1.77")})
    assert [(each.router, each.source, str(each.network.network_address), each.interface) for each in asked] == [
        ("demo/lab-router", RP, "10.255.0.10", "Tunnel200"),
        ("demo/aws-router", "doppel-2", "10.10.1.77", "GigabitEthernet1"),
        ("demo/lab-router", "doppel-2", "10.10.1.77", "Tunnel200"),
        ("demo/lab-router", "phone-1", "192.168.50.20", "GigabitEthernet3"),
        ("demo/aws-router", "phone-1", "192.168.50.20", "Tunnel200"),
        ("demo/lab-router", "pager-7", "192.168.50.31", "GigabitEthernet3"),
        ("demo/aws-router", "pager-7", "192.168.50.31", "Tunnel200"),
    ]
