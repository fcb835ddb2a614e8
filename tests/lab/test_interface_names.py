"""Interfaces of every kind that a production router has towards its LAN and its WAN."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from facts_sample import facts_for

from mcastlab.lab.design.sizes import budget_of
from mcastlab.lab.site import RemoteRouter, RouterPort
from mcastlab.lab.types import INTERFACE_PATTERN
from mcastlab.render.rendered_lines import intended
from mcastlab.render.routers import render_all
from mcastlab_base.secret import Secret
from mcastlab_twin.network.site import kernel_name

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

KINDS = (
    *("GigabitEthernet1", "GigabitEthernet0/0/0.100", "TenGigabitEthernet0/1/0", "TwentyFiveGigE1/0/7", "Vlan20"),
    *("BDI10", "Port-channel1", "Port-channel1.20", "Dialer1", "Cellular0/2/0", "FastEthernet0", "Serial0/1/0"),
    *("Serial0/1/0:15", "Serial0/1/0:0.100"),
)


@pytest.mark.parametrize("name", KINDS)
def test_a_name_in_full_is_taken_and_has_a_name_in_the_kernel(name: str) -> None:
    assert re.fullmatch(INTERFACE_PATTERN, name)
    assert len(kernel_name(name)) <= 15
    assert not set(kernel_name(name)) & set("/: ")


@pytest.mark.parametrize(
    "name", ["Gi1", "gigabitethernet1", "GigabitEthernet", "GigabitEthernet01", "Tunnel5", "Vlan20 ", "Vlan20:1"]
)
def test_another_spelling_or_an_interface_of_the_labs_own_kind_is_not(name: str) -> None:
    assert re.fullmatch(INTERFACE_PATTERN, name) is None


SHORT = {
    "Gi1": "GigabitEthernet1",
    "gi0/0/0.100": "GigabitEthernet0/0/0.100",
    "Te0/1/0": "TenGigabitEthernet0/1/0",
    "GigabitEthernet 1": "GigabitEthernet1",
    "Vl10": "Vlan10",
    "Po1.100": "Port-channel1.100",
    "Di1": "Dialer1",
    "Twe1/0/7": "TwentyFiveGigE1/0/7",
    "Se0/1/0": "Serial0/1/0",
    "Se0/1/0:15": "Serial0/1/0:15",
    "BDI10": "BDI10",
    "Fa0": "FastEthernet0",
}


@pytest.mark.parametrize(("short", "full"), SHORT.items())
def test_a_lab_file_takes_short_names_and_a_template_of_ones_own_too(lab: Lab, short: str, full: str) -> None:
    port = {"interface": short, "address": "192.0.2.1/24"}
    assert RouterPort.model_validate(port).interface == full
    text = f"interface {short}\n ip mtu 1400\nip route 10.0.0.0 255.0.0.0 {short.replace(' ', '')}\n"
    (far,) = [each for each in render_all(lab, facts_for(lab)) if each.router == "demo/lab-router"]
    header, route = intended(replace(far, text=Secret(text), shown=text, origins=("x", "x", "x")))
    assert header.text == f"interface {full}"
    if short[0].isupper():
        assert route.text == f"ip route 10.0.0.0 255.0.0.0 {full}"


def test_a_dialer_has_the_mtu_of_pppoe_unless_the_lab_file_says_another(lab: Lab) -> None:
    router = lab.sites[0].router.model_dump(mode="json", exclude={"wan_mtu"})
    dialer = {**router, "wan": {"interface": "Di1", "address": "203.0.113.2/30"}}
    assert RemoteRouter.model_validate(router).wan_mtu == 1500
    assert RemoteRouter.model_validate(dialer).wan_mtu == 1492
    assert RemoteRouter.model_validate({**dialer, "wan_mtu": 1400}).wan_mtu == 1400
    site = lab.sites[0].model_copy(update={"router": RemoteRouter.model_validate({**dialer, "wan_mtu": 1400})})
    assert budget_of(lab, site).vpn_mtu == 1438 - 112
    assert budget_of(lab, site).gre_mtu == 1438 - 112 - 24
