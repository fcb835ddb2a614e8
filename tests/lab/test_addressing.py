"""Addresses that follow from the lab file."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv4Network
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from mcastlab.lab.design.addresses import gre_addresses, loopback_block, loopback_subnet

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab


def test_gre_ends_are_the_two_hosts_of_its_network(lab: Lab) -> None:
    assert gre_addresses(lab.sites[0]) == (IPv4Interface("172.16.200.1/30"), IPv4Interface("172.16.200.2/30"))


@given(st.ip_addresses(v=4))
def test_loopback_lies_in_a_subnet_that_is_more_specific_than_its_block(lab: Lab, address: object) -> None:
    moved = lab.model_copy(update={"router": lab.router.model_copy(update={"loopback": address})})
    subnet, block = loopback_subnet(moved), loopback_block(moved)
    assert address in subnet
    assert subnet.subnet_of(block)
    assert (subnet.prefixlen, block.prefixlen) == (28, 27)


def test_loopback_block_lies_outside_the_vpc_of_the_default_lab(lab: Lab) -> None:
    assert not loopback_block(lab).overlaps(lab.vpc.cidr)
    assert loopback_block(lab) == IPv4Network("10.255.0.0/27")
