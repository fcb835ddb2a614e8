"""Interfaces of every kind that a production router has towards its LAN and its WAN."""

from __future__ import annotations

import re

import pytest

from mcastlab.lab.types import INTERFACE_PATTERN
from mcastlab_twin.network.site import kernel_name

KINDS = (
    *("GigabitEthernet1", "GigabitEthernet0/0/0.100", "TenGigabitEthernet0/1/0", "TwentyFiveGigE1/0/7", "Vlan20"),
    *("BDI10", "Port-channel1", "Port-channel1.20", "Dialer1", "Cellular0/2/0", "FastEthernet0", "Serial0/1/0"),
)


@pytest.mark.parametrize("name", KINDS)
def test_a_name_in_full_is_taken_and_has_a_name_in_the_kernel(name: str) -> None:
    assert re.fullmatch(INTERFACE_PATTERN, name)
    assert len(kernel_name(name)) <= 15


@pytest.mark.parametrize(
    "name", ["Gi1", "gigabitethernet1", "GigabitEthernet", "GigabitEthernet01", "Tunnel5", "Vlan20 "]
)
def test_another_spelling_or_an_interface_of_the_labs_own_kind_is_not(name: str) -> None:
    assert re.fullmatch(INTERFACE_PATTERN, name) is None
