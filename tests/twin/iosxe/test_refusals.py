"""What IOS refuses is refused in its words, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from twin.iosxe.typist import Typist

CARET = "% Invalid input detected at '^' marker."


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["frobnicate the router"], CARET),
        (["interface"], "% Incomplete command."),
        (["interface Loopback0", "ip address"], "% Incomplete command."),
        (["interface t0"], '% Ambiguous command:  "interface t0"'),
        (["interface Loopback0", "ip m 1400"], '% Ambiguous command:  "ip m 1400"'),
        (["interface Loopback0", "ip address 10.0.0.1 255.0.255.0"], "Bad mask 0xFF00FF00 for address 10.0.0.1"),
        (["interface Gi2", "ip address 10.0.0.0 255.255.255.0"], "Bad mask /24 for address 10.0.0.0"),
        (["interface Gi2", "ip address 10.0.0.255 255.255.255.0"], "Bad mask /24 for address 10.0.0.255"),
        (["interface Gi2", "ip address 224.0.0.1 255.255.255.0"], "Not a valid host address - 224.0.0.1"),
        (
            ["interface Gi2", "ip address 10.0.0.1 255.255.0.0", "interface Gi3", "ip address 10.0.9.1 255.255.255.0"],
            "% 10.0.9.0 overlaps with GigabitEthernet2",
        ),
        (["no interface GigabitEthernet1"], "% Removal of physical interfaces is not permitted."),
        (["interface GigabitEthernet4"], CARET),
        (["interface Loopback0", "tunnel mode gre ip"], CARET),
        (["interface Loopback0", "negotiation auto"], CARET),
        (["interface Tunnel1", "tunnel source Loopback9"], CARET),
        (["interface Loopback0", "ip igmp join-group 10.0.0.1"], "% Illegal multicast group address 10.0.0.1"),
        (["ip route 10.0.0.1 255.255.255.0 10.1.1.1"], "%Inconsistent address and mask"),
        (["ip route 10.0.0.0 255.0.255.0 10.1.1.1"], "%Inconsistent address and mask"),
        (["no ip route 10.0.0.0 255.0.0.0 10.1.1.1"], "%No matching route to delete"),
        (
            ["interface Lo0", "ip address 10.0.0.1 255.255.255.255", "ip route 10.9.0.0 255.255.0.0 10.0.0.1"],
            "%Invalid next hop address (it's this router)",
        ),
        (["ip mroute 10.0.0.0 255.0.0.0 Tunnel200"], CARET),
        (["ip pim register-source Loopback9"], CARET),
        (["ip multicast-routing"], "% Incomplete command."),
        (["router bgp 65000", "exit", "router bgp 65001"], "BGP is already running; AS is 65000"),
        (["router bgp 65000", "neighbor 10.0.0.1 timers 10 30"], "% Specify remote-as or peer-group commands first"),
        (
            [
                "interface Lo0",
                "ip address 10.0.0.1 255.255.255.255",
                "router bgp 65000",
                "neighbor 10.0.0.1 remote-as 1",
            ],
            "% Cannot configure the local system as neighbor",
        ),
        (["crypto ipsec profile P", "set transform-set T"], 'ERROR: transform set with tag "T" does not exist.'),
        (["crypto ipsec profile P", "set ikev2-profile I"], "% Error: IKEv2 profile I does not exist"),
        (["crypto ikev2 profile P", "keyring local K"], "% Error: IKEv2 keyring K does not exist"),
        (["crypto ikev2 policy P", "proposal X"], "% Error: IKEv2 proposal X does not exist"),
        (["interface Tunnel1", "tunnel protection ipsec profile P"], "% Error: IPSec profile P does not exist"),
        (
            ["crypto ikev2 keyring K", "crypto ikev2 profile P", "keyring local K", "no crypto ikev2 keyring K"],
            "% Cannot remove K: used by crypto ikev2 profile P",
        ),
        (
            [
                "crypto ipsec profile P",
                "interface Tu1",
                "tunnel protection ipsec profile P",
                "no crypto ipsec profile P",
            ],
            "% Cannot remove P: used by interface Tunnel1",
        ),
        (
            ["ip access-list standard A", "ip access-list extended A"],
            "% Access-list type conflicts with prior definition",
        ),
        (["ip access-list standard A", "10 permit any", "10 deny any"], "% Duplicate sequence number"),
        (["hostname 9lives"], "% Hostname contains one or more illegal characters."),
        (
            ["ip ssh pubkey-chain", "username a", "key-string", "rubbish", "exit"],
            "%SSH: Failed to decode the Key Value",
        ),
        (["aaa new-model"], CARET),
        (["crypto key generate rsa modulus 2048"], "% Please define a domain-name first."),
    ],
)
def test_a_line_that_ios_refuses_is_refused_in_its_words(typist: Typist, lines: list[str], answer: str) -> None:
    typist.type(*lines[:-1])
    assert typist.refused == []
    before = typist.text
    assert answer in typist.type(lines[-1]).splitlines()
    assert len(typist.refused) == 1
    assert typist.text == before


@pytest.mark.parametrize(
    ("lines", "remark"),
    [
        (["username a password 0 b"], "WARNING: Command has been added to the configuration using a type 0 password."),
        (["ip route 0.0.0.0 0.0.0.0 GigabitEthernet1"], "%Default route without gateway, if not a point-to-point"),
        (
            ["interface Loopback0", "ip pim sparse-mode"],
            'WARNING: "ip multicast-routing distributed" is not configured,',
        ),
        (["crypto ikev2 policy P"], "IKEv2 policy MUST have atleast one complete proposal attached"),
    ],
)
def test_a_remark_is_printed_about_a_line_that_is_taken(typist: Typist, lines: list[str], remark: str) -> None:
    before = typist.text
    assert typist.type(*lines).startswith(remark)
    assert typist.refused == []
    assert typist.text != before


def test_a_tunnel_that_pim_registers_with_cannot_be_configured(typist: Typist) -> None:
    typist.type("ip multicast-routing distributed", "interface Tunnel0", "interface Loopback0")
    typist.type("ip address 10.254.0.1 255.255.255.255", "ip pim rp-address 10.254.0.1")
    for taken in ("Tunnel1", "Tunnel2"):
        refusal = f"%{taken} used by PIM for Registering, configuration no allowed.\n"
        assert typist.type(f"interface {taken}") == refusal
    assert typist.type("interface Tunnel0", "interface Tunnel3") == ""
    typist.type("no ip pim rp-address 10.254.0.1")
    assert typist.type("interface Tunnel1") == ""


def test_a_router_that_is_not_the_rendezvous_point_registers_with_one_tunnel(typist: Typist) -> None:
    typist.type("ip multicast-routing distributed", "ip pim rp-address 10.254.0.1")
    assert "used by PIM" in typist.type("interface Tunnel0")
    assert typist.type("interface Tunnel1") == ""


@pytest.mark.parametrize(
    ("lines", "mode"),
    [
        ([], "config"),
        (["interface Loopback0"], "config-if"),
        (["interface Loopback0", "exit"], "config"),
        (["interface Loopback0", "hostname A"], "config"),
        (["crypto ikev2 keyring K", "peer P", "peer Q"], "config-ikev2-keyring-peer"),
        (["crypto ikev2 keyring K", "peer P", "exit"], "config-ikev2-keyring"),
        (["router bgp 1", "address-family ipv4 unicast"], "config-router-af"),
        (["router bgp 1", "address-family ipv4", "exit-address-family"], "config-router"),
        (["ip access-list standard A"], "config-std-nacl"),
        (["ip access-list extended B"], "config-ext-nacl"),
        (["archive", "log config"], "config-archive-log-cfg"),
        (["line vty 0 4", "! a comment", ""], "config-line"),
        (["interface Loopback0", "no interface Loopback0", "!"], "config"),
    ],
)
def test_sections_are_entered_and_left(typist: Typist, lines: list[str], mode: str) -> None:
    typist.type(*lines)
    assert typist.refused == []
    assert typist.mode == mode
