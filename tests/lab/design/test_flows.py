"""Allowed flows against what was written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from documents import lab_with
from lab.design.oracle import lab

from mcastlab.lab.design.allowed_flow import Direction, FlowInterface, Protocol, Purpose
from mcastlab.lab.design.flows import endpoint_flows, host_flows, router_flows, rules, sender_flows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcastlab.lab.design.allowed_flow import AllowedFlow

    Flow = tuple[str, str, str, int | str | None, str | None, str]

IN, OUT = "in", "out"


def membership(*reports: str) -> set[Flow]:
    return {
        (IN, "IGMP", "0.0.0.0/32", None, None, "igmp-query"),
        (OUT, "IGMP", "224.0.0.2/32", None, None, "igmp-leave"),
        *((OUT, "IGMP", network, None, None, "igmp-report") for network in reports),
    }


def with_site(site: str, loopback: str) -> set[Flow]:
    return {
        (way, protocol, loopback, None, site, purpose)
        for way in (IN, OUT)
        for protocol, purpose in (("GRE", "gre"), ("PIM", "pim"), ("ICMP", "icmp"))
    }


MUSIC = ("239.2.1.1/32", "239.2.1.2/31", "239.2.1.4/30", "239.2.1.8/32")
"""239.2.1.1 to 239.2.1.8, in as few blocks as hold these and no others."""

ROUTER: dict[str, set[Flow]] = {
    "default": {
        *membership("239.1.1.1/32", "239.9.0.0/16"),
        (IN, "UDP", "10.10.1.0/24", 5004, None, "data-in"),
        (IN, "UDP", "10.10.1.0/24", "5004-5999", None, "data-in"),
        (OUT, "UDP", "239.1.1.1/32", 5004, None, "data-out"),
        (OUT, "UDP", "239.9.0.0/16", "5004-5999", None, "data-out"),
        (IN, "ICMP", "10.10.0.0/16", None, None, "ping"),
        *with_site("lab", "10.254.0.10/32"),
    },
    # Only zone-b has a sender of a group that leaves the VPC; 239.1.1.0 to 239.1.1.31 is one block.
    "three_zones": {
        *membership("239.1.1.0/27", *MUSIC),
        (IN, "UDP", "172.20.2.0/24", 5004, None, "data-in"),
        (OUT, "UDP", "239.1.1.0/27", 5004, None, "data-out"),
        *((OUT, "UDP", network, 6000, None, "data-out") for network in MUSIC),
        (IN, "ICMP", "172.20.0.0/16", None, None, "ping"),
        *with_site("berlin", "10.254.9.64/32"),
    },
    "behind_nat": {
        *membership("239.1.1.1/32"),
        (IN, "UDP", "10.10.1.0/24", 5004, None, "data-in"),
        (OUT, "UDP", "239.1.1.1/32", 5004, None, "data-out"),
        (IN, "ICMP", "10.10.0.0/16", None, None, "ping"),
        *with_site("berlin", "10.254.9.64/32"),
        *with_site("lyon", "10.254.100.1/32"),
    },
    # The API registers the router in 239.1.1.1 to 239.1.1.4, so that it reports 239.1.2.1 alone.
    "static_bridging": {
        *membership("239.1.2.1/32"),
        (IN, "UDP", "100.64.1.0/24", 5004, None, "data-in"),
        (IN, "UDP", "100.64.1.0/24", 5006, None, "data-in"),
        *(
            (OUT, "UDP", network, 5004, None, "data-out")
            for network in ("239.1.1.1/32", "239.1.1.2/31", "239.1.1.4/32")
        ),
        (OUT, "UDP", "239.1.2.1/32", 5006, None, "data-out"),
        (IN, "ICMP", "100.64.0.0/20", None, None, "ping"),
        *with_site("berlin", "10.254.9.64/32"),
    },
    # Senders of `back` come in by the interface there; `alarms` is sent from `front` alone, and enters nothing.
    "two_subnets": {
        *membership("239.1.1.1/32", "239.1.1.3/32"),
        *((IN, "UDP", "10.20.1.0/24", port, None, "data-in") for port in (5004, 6000, 6004)),
        (OUT, "UDP", "239.1.1.1/32", 5004, None, "data-out"),
        (OUT, "UDP", "239.1.1.2/32", 6000, None, "data-out"),
        (IN, "ICMP", "10.20.0.0/16", None, None, "ping"),
        *with_site("berlin", "10.254.9.64/32"),
    },
    # Nothing is rendered a group of a block; those of the second one are registered by the API, and not reported.
    "followed": {
        *membership("239.1.1.1/32", "239.9.0.0/16"),
        (IN, "UDP", "10.60.1.0/24", 5004, None, "data-in"),
        (IN, "UDP", "10.60.1.0/24", "5004-5999", None, "data-in"),
        (OUT, "UDP", "239.1.1.1/32", 5004, None, "data-out"),
        (OUT, "UDP", "239.9.0.0/16", "5004-5999", None, "data-out"),
        (OUT, "UDP", "239.10.0.4/30", 6000, None, "data-out"),
        (OUT, "UDP", "239.10.0.8/31", 6000, None, "data-out"),
        (IN, "ICMP", "10.60.0.0/16", None, None, "ping"),
        *with_site("oslo", "10.254.3.146/32"),
        *with_site("riga", "10.254.4.204/32"),
    },
}

HOSTS: dict[str, set[Flow]] = {
    "default": {
        *membership("239.1.1.1/32", "239.9.0.0/16"),
        (IN, "TCP", "10.10.1.0/24", 22, None, "ssh"),
        *((IN, "UDP", "10.10.1.0/24", port, None, "data-in") for port in (5004, "5004-5999")),
        *((IN, "UDP", "192.168.50.0/24", port, "lab", "data-in") for port in (5004, "5004-5999")),
        (OUT, "UDP", "239.1.1.1/32", 5004, None, "data-out"),
        (OUT, "UDP", "239.9.0.0/16", "5004-5999", None, "data-out"),
    },
    "three_zones": {
        *membership("239.1.1.0/27", *MUSIC),
        (IN, "TCP", "172.20.2.0/24", 22, None, "ssh"),
        (IN, "UDP", "172.20.2.0/24", 5004, None, "data-in"),
        (IN, "UDP", "192.168.50.0/24", 5004, "berlin", "data-in"),
        (IN, "UDP", "192.168.50.0/24", 6000, "berlin", "data-in"),
        (OUT, "UDP", "239.1.1.0/27", 5004, None, "data-out"),
    },
    "behind_nat": {
        *membership("239.1.1.1/32"),
        (IN, "TCP", "10.10.1.0/24", 22, None, "ssh"),
        (IN, "UDP", "10.10.1.0/24", 5004, None, "data-in"),
        (IN, "UDP", "192.168.50.0/24", 5004, "berlin", "data-in"),
        (IN, "UDP", "192.168.60.0/24", 5004, "lyon", "data-in"),
        (OUT, "UDP", "239.1.1.1/32", 5004, None, "data-out"),
    },
    "followed": {
        *membership("239.1.1.1/32", "239.9.0.0/16", "239.10.0.4/30", "239.10.0.8/31"),
        (IN, "TCP", "10.60.1.0/24", 22, None, "ssh"),
        *((IN, "UDP", "10.60.1.0/24", port, None, "data-in") for port in (5004, "5004-5999")),
        *((IN, "UDP", "192.168.21.0/24", port, "oslo", "data-in") for port in (5004, "5004-5999", 6000)),
        *((IN, "UDP", "192.168.22.0/24", port, "riga", "data-in") for port in (5004, "5004-5999")),
        (OUT, "UDP", "239.1.1.1/32", 5004, None, "data-out"),
        (OUT, "UDP", "239.9.0.0/16", "5004-5999", None, "data-out"),
    },
}

RULES = {
    # Besides: the router's SSH from the connect endpoint, HTTPS to the SSM endpoints.
    "default": {("router", IN): 8, ("router", OUT): 8, ("hosts", IN): 6, ("hosts", OUT): 6},
    "three_zones": {("router", IN): 7, ("router", OUT): 14, ("hosts", IN): 5, ("hosts", OUT): 8},
    "behind_nat": {("router", IN): 10, ("router", OUT): 9, ("hosts", IN): 5, ("hosts", OUT): 4},
    "two_subnets": {
        ("router", IN): 9,
        ("router", OUT): 8,
        ("hosts", IN): 8,
        ("hosts", OUT): 7,
        ("router beside senders", IN): 3,
        ("router beside senders", OUT): 1,
    },
}

SUBNETS_OF_HOSTS = {"default": 1, "three_zones": 3, "behind_nat": 1, "two_subnets": 2}

BACK: set[Flow] = {
    *((IN, "UDP", "10.20.2.0/24", port, None, "data-in") for port in (5004, 6000)),
    (IN, "ICMP", "10.20.0.0/16", None, None, "ping"),
    (OUT, "ICMP", "10.20.2.0/24", None, None, "ping"),
}


def _port(flow: AllowedFlow) -> int | str | None:
    return flow.port if flow.last_port is None else f"{flow.port}-{flow.last_port}"


def reported(flows: Iterable[AllowedFlow], interface: FlowInterface) -> list[Flow]:
    listed = list(flows)
    assert {each.interface for each in listed} <= {interface}
    return [
        (each.direction.value, each.protocol.name, str(each.network), _port(each), each.site, each.purpose.value)
        for each in listed
    ]


@pytest.mark.parametrize("name", ROUTER)
def test_flows_of_the_aws_router_are_the_ones_that_are_expected(name: str) -> None:
    found = reported(router_flows(lab(name)), FlowInterface.AWS_ROUTER)
    assert set(found) == ROUTER[name]
    assert len(found) == len(ROUTER[name])


@pytest.mark.parametrize("name", HOSTS)
def test_flows_of_the_hosts_are_the_ones_that_are_expected(name: str) -> None:
    found = reported(host_flows(lab(name)), FlowInterface.HOSTS)
    assert set(found) == HOSTS[name]
    assert len(found) == len(HOSTS[name])


def test_flows_of_one_hosts_entry_are_those_of_its_own_groups() -> None:
    sender, near, _ = lab("three_zones").hosts
    page_alone = {each for each in HOSTS["three_zones"] if each[2] not in MUSIC and each[3] != 6000}
    assert set(reported(host_flows(lab("three_zones"), sender), FlowInterface.HOSTS)) == page_alone
    receives_alone = {each for each in HOSTS["three_zones"] if each[5] != "data-out"}
    assert set(reported(host_flows(lab("three_zones"), near), FlowInterface.HOSTS)) == receives_alone


def test_flows_beside_senders_are_what_those_send() -> None:
    found = reported(sender_flows(lab("two_subnets"), "back"), FlowInterface.SENDERS)
    assert set(found) == BACK
    assert len(found) == len(BACK)


@pytest.mark.parametrize("name", RULES)
def test_rules_are_as_many_as_are_expected(name: str) -> None:
    found = {(interface.value, way.value): count for (interface, way), count in rules(lab(name)).items()}
    assert found == {**RULES[name], ("connect endpoint", OUT): 1 + SUBNETS_OF_HOSTS[name], ("SSM endpoints", IN): 1}


def test_the_connect_endpoint_reaches_the_subnets_of_the_hosts_and_no_other() -> None:
    found = reported(endpoint_flows(lab("three_zones")), FlowInterface.CONNECT_ENDPOINT)
    assert found == [(OUT, "TCP", f"172.20.{zone}.0/24", 22, None, "ssh") for zone in (1, 2, 3)]


def test_router_that_the_api_registers_alone_speaks_no_igmp() -> None:
    only_static = lab_with({"groups.0.bridge": "static"})
    assert not [each for each in router_flows(only_static) if each.protocol is Protocol.IGMP]
    assert [each for each in host_flows(only_static) if each.purpose is Purpose.IGMP_REPORT]


def test_hosts_that_only_send_hear_no_queries() -> None:
    only_send = lab_with({"groups.0.receivers": ["berlin"]})
    needed = {(each.direction, each.purpose) for each in host_flows(only_send) if each.needed}
    assert needed == {(Direction.OUT, Purpose.DATA_OUT)}


def test_a_group_with_rtcp_has_the_next_port_open_too() -> None:
    plain = lab("three_zones")
    first, *others = plain.groups
    reporting = plain.model_copy(update={"groups": (first.model_copy(update={"rtcp": True}), *others)})
    for flows in (router_flows, host_flows):
        before, after = (
            {(each.direction, each.network) for each in flows(one) if each.ports is not None and port in each.ports}
            for one, port in ((plain, first.port), (reporting, first.port + 1))
        )
        assert after
        assert all(any(way == known and network.subnet_of(of) for known, of in before) for way, network in after)
        assert not [each for each in flows(plain) if each.ports is not None and first.port + 1 in each.ports]
