"""Other VPNs that the lab's IKEv2 policy serves, and a WAN interface that carries less than the lab expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcastlab.ios.configuration import parse
from mcastlab.routers.vpn_notes import vpn_notes

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

ROUTER = "demo/lab-router"
WAN = "203.0.113.2"
WANTED = parse(f"""\
crypto ikev2 policy MCASTLAB
 match fvrf any
 match address local {WAN}
 proposal MCASTLAB
interface Tunnel101
 tunnel source GigabitEthernet1
 tunnel mode ipsec ipv4
 tunnel protection ipsec profile MCASTLAB-1
crypto ipsec profile MCASTLAB-1
 set ikev2-profile MCASTLAB-1
""")
PORT = f"interface GigabitEthernet1\n ip address {WAN} 255.255.255.252\n"
PROFILE = "crypto ipsec profile OWN\n set ikev2-profile OWN\n"
TUNNEL = "interface Tunnel7\n tunnel source {}\n tunnel protection ipsec profile OWN shared\n"
POLICY = "crypto ikev2 policy PROD\n match fvrf any\n proposal PROD\n"


def reported(lab: Lab, running: str) -> tuple[str, ...]:
    return vpn_notes(lab, ROUTER, parse(running), WANTED)


@pytest.mark.parametrize("source", ["GigabitEthernet1", WAN])
def test_a_vpn_that_leaves_by_the_labs_address_is_reported_what_it_takes_now(lab: Lab, source: str) -> None:
    (by_default,) = reported(lab, PORT + PROFILE + TUNNEL.format(source))
    assert f"IKEv2 from {WAN} takes 'crypto ikev2 policy MCASTLAB' from now on, not IOS's default" in by_default
    assert "(concerned: Tunnel7)" in by_default
    assert "`proposal default`" in by_default
    (by_policy,) = reported(lab, PORT + PROFILE + POLICY + TUNNEL.format(source))
    assert "not 'crypto ikev2 policy PROD' (concerned: Tunnel7)" in by_policy
    assert "`proposal PROD`" in by_policy


def test_an_address_by_dhcp_is_known_by_its_interface(lab: Lab) -> None:
    port = "interface GigabitEthernet1\n ip address dhcp\n"
    (found,) = reported(lab, port + PROFILE + TUNNEL.format("GigabitEthernet1"))
    assert "(concerned: Tunnel7)" in found


def test_a_crypto_map_with_ikev2_is_one_too(lab: Lab) -> None:
    port = f"{PORT} crypto map WAN\n"
    (found,) = reported(lab, f"{port}crypto map WAN 10 ipsec-isakmp\n set ikev2-profile OWN\n")
    assert "(concerned: GigabitEthernet1)" in found
    assert reported(lab, f"{port}crypto map WAN 10 ipsec-isakmp\n set peer 192.0.2.50\n") == ()


@pytest.mark.parametrize(
    "running",
    [
        PORT,
        PORT + PROFILE + TUNNEL.format("GigabitEthernet3"),
        PORT + "crypto ipsec profile OWN\n set transform-set OWN\n" + TUNNEL.format(WAN),
        PORT + POLICY.replace(" proposal", " match address local 192.0.2.77\n proposal"),
    ],
)
def test_what_the_labs_policy_does_not_serve_is_not_reported(lab: Lab, running: str) -> None:
    assert reported(lab, running) == ()


@pytest.mark.parametrize(
    ("lines", "octets"),
    [
        ("", None),
        (" mtu 9216\n", None),
        (" mtu 1500\n ip mtu 1500\n", None),
        (" mtu 1492\n", 1492),
        (" mtu 1492\n ip mtu 1400\n", 1400),
        (" ip mtu 1400\n mtu 9216\n", 1400),
    ],
)
def test_a_wan_interface_that_carries_less_is_reported(lab: Lab, lines: str, octets: int | None) -> None:
    found = reported(lab, PORT + lines)
    assert [each.rpartition(" ")[2] for each in found] == ([] if octets is None else [str(octets)])
    # A removal says nothing of it, and neither does another interface.
    assert vpn_notes(lab, ROUTER, parse(PORT + lines), ()) == ()
    assert reported(lab, (PORT + lines).replace("GigabitEthernet1", "GigabitEthernet2")) == ()
