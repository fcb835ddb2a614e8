"""What a router in use has that the lab's configuration would harm, or that would keep it from working, by name."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

import pytest
from facts_sample import facts_for

from mcastlab.ios.configuration import parse
from mcastlab.ios.rp_mapping import rp_of
from mcastlab.ios.show.multicast import rp_mappings
from mcastlab.render.rendered_lines import intended
from mcastlab.render.routers import render_all
from mcastlab.routers.conflicts import conflicts
from mcastlab.routers.device import RouterRun
from mcastlab.routers.ownership import Ledger
from mcastlab.routers.router import Router

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

GROUP = IPv4Address("239.1.1.1")
LISTS = """\
ip access-list standard OURS
 permit 239.1.1.0 0.0.0.255
access-list 7 permit 239.0.0.0 0.255.255.255
access-list 8 deny host 239.1.1.1
access-list 8 permit any
access-list 120 permit ip any 239.1.1.0 0.0.0.255
access-list 121 permit ip any host 239.1.1.2
ip access-list extended EXT
 10 remark groups of the plant
 20 deny ip any host 239.1.1.3
 30 permit ip any 239.0.0.0 0.255.255.255
"""


def reported(lab: Lab, running: str, mapping: str = "", **router: object) -> tuple[str, ...]:
    if router:
        far_end = lab.sites[0].router.model_copy(update=router)
        lab = lab.model_copy(update={"sites": (lab.sites[0].model_copy(update={"router": far_end}),)})
    far = next(each for each in render_all(lab, facts_for(lab)) if each.router == "demo/lab-router")

    def connect() -> None:
        raise AssertionError

    looked = Router(name="r", key="r", connect=connect, wanted=intended(far))  # type: ignore[arg-type]  # never called
    run = RouterRun(router=looked, lab=lab.name, ledger=Ledger(), running=parse(running))
    run.rp_mappings = rp_mappings(mapping)
    return conflicts(run, lab)


def test_a_router_without_anything_has_no_conflict(lab: Lab) -> None:
    assert reported(lab, "hostname r\ninterface GigabitEthernet1\n ip address dhcp\n") == ()


@pytest.mark.parametrize("words", ["vrf forwarding", "ip vrf forwarding"])
@pytest.mark.parametrize("interface", ["GigabitEthernet1", "GigabitEthernet3"])
def test_an_interface_of_the_lab_in_a_vrf_is_named(lab: Lab, words: str, interface: str) -> None:
    (found,) = reported(lab, f"interface {interface}\n {words} PLANT\n ip address 192.0.2.1 255.255.255.0\n")
    assert found.startswith(f"r: {interface} is in the VRF PLANT")


def test_a_vrf_of_somebody_else_is_none_of_ours(lab: Lab) -> None:
    assert reported(lab, "interface GigabitEthernet2\n vrf forwarding PLANT\n") == ()


PEERS = (
    "crypto isakmp key x1y2z3 address {}\n",
    "crypto isakmp key 6 x1y2z3 address {} 255.255.255.255\n",
    "crypto keyring OLD\n pre-shared-key address {} key 6 x1y2z3\n",
    "crypto keyring OLD\n pre-shared-key address {} 255.255.255.255 key x1y2z3\n",
    "crypto isakmp profile OLD\n match identity address {} 255.255.255.255\n",
    "crypto ikev2 keyring OLD\n peer AWS\n  address {}\n  pre-shared-key local x1y2z3\n",
    "crypto ikev2 keyring OLD\n peer AWS\n  address {}/32\n  pre-shared-key remote x1y2z3\n",
    "crypto ikev2 profile OLD\n match identity remote address {} 255.255.255.255\n",
    "crypto map OLD 10 ipsec-isakmp\n set peer {}\n",
    "interface Tunnel9\n tunnel destination {}\n",
    "crypto isakmp peer address {}\n set aggressive-mode password x1y2z3\n",
    "crypto ikev2 client flexvpn OLD\n peer 1 {}\n",
    "crypto ipsec client ezvpn OLD\n peer {} default\n",
)


@pytest.mark.parametrize("text", PEERS)
def test_another_vpn_to_an_endpoint_of_ours_is_reported_without_its_key(lab: Lab, text: str) -> None:
    endpoint = facts_for(lab).sites[lab.sites[0].name].tunnels[0].outside_address
    (found,) = reported(lab, text.format(endpoint))
    assert found.startswith(f"r: it has a VPN to {endpoint} already")
    assert "x1y2z3" not in found
    assert reported(lab, text.format("192.0.2.50")) == ()


def test_a_key_for_every_peer_is_no_vpn_to_ours(lab: Lab) -> None:
    text = (
        "crypto isakmp key x1y2z3 address 0.0.0.0\ncrypto keyring ALL\n pre-shared-key address 0.0.0.0 0.0.0.0 key k\n"
    )
    assert reported(lab, text) == ()


def test_an_ikev2_policy_for_our_local_address_is_reported(lab: Lab) -> None:
    policy = "crypto ikev2 policy PROD\n match fvrf any\n match address local {}\n proposal PROD\n"
    (found,) = reported(lab, policy.format(lab.sites[0].router.wan.address.ip))
    assert "'crypto ikev2 policy PROD' matches the local address" in found
    # A policy for another address, or for any, keeps its own sessions: ours names its address, which goes first.
    assert reported(lab, policy.format("192.0.2.77")) == ()
    assert reported(lab, "crypto ikev2 policy PROD\n match fvrf any\n proposal PROD\n") == ()


def test_a_learnt_rendezvous_point_goes_before_ours(lab: Lab) -> None:
    mapping = "Group(s) 224.0.0.0/4\n  RP 192.0.2.3 (?), v2\n    Info source: 192.0.2.8 (?), via bootstrap\n"
    (found,) = reported(lab, "hostname r\n", mapping)
    assert found.startswith("r: 192.0.2.3 is the rendezvous point of 239.1.1.1")
    assert "router.rendezvous_point_override" in found
    assert reported(lab, "hostname r\n", mapping, rendezvous_point_override=True) == ()
    assert reported(lab, "hostname r\n", mapping.replace("224.0.0.0/4", "238.0.0.0/8")) == ()


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("ip pim rp-address 192.0.2.9", True),
        ("ip pim rp-address 192.0.2.9 override", True),
        ("ip pim rp-address 192.0.2.9 7", True),
        ("ip pim rp-address 192.0.2.9 override 8", False),
        ("ip pim rp-address 192.0.2.9 8 override", False),
        ("ip pim rp-address 192.0.2.9 8 bidir", False),
        ("ip pim rp-address 192.0.2.9 OURS bidir", True),
        ("ip pim rp-address 192.0.2.9 120", True),
        ("ip pim rp-address 192.0.2.9 121", False),
        ("ip pim rp-address 192.0.2.9 EXT override", True),
        ("ip pim rp-address 192.0.2.9 MISSING", True),
    ],
)
def test_the_list_of_a_static_rendezvous_point_decides(lab: Lab, line: str, named: bool) -> None:  # noqa: FBT001
    found = [each for each in reported(lab, f"{LISTS}{line}\n") if GROUP.exploded in each]
    assert bool(found) == named


@pytest.mark.parametrize(
    ("groups", "named"),
    [("239.9.128.0 0.0.0.255", True), ("239.8.0.0 0.1.255.255", True), ("239.10.0.0 0.0.255.255", False)],
)
def test_groups_of_somebody_else_within_a_followed_block_are_a_conflict(lab: Lab, groups: str, named: bool) -> None:  # noqa: FBT001
    assert [str(block.address) for block in lab.blocks] == ["239.9.0.0/16"]
    static = reported(lab, f"access-list 9 permit {groups}\nip pim rp-address 192.0.2.9 9\n")
    assert any("192.0.2.9 is the rendezvous point of 239.9.0.0/16" in each for each in static) == named
    address, wildcard = groups.split()
    learnt = reported(lab, "hostname r\n", f"Group(s) {IPv4Network(f'{address}/{wildcard}')}\n  RP 192.0.2.3 (?), v2\n")
    assert any("192.0.2.3 is the rendezvous point of 239.9.0.0/16" in each for each in learnt) == named


CANDIDATE = "  RP {} (?), v2\n    Info source: 192.0.2.99 (?), via bootstrap, priority {}, holdtime 150\n"
BSR = f"Group(s) 224.0.0.0/4\n{CANDIDATE}{CANDIDATE}"
MAPPINGS = {
    "static": "Acl: OURS, Static\n    RP: 192.0.2.1 (?)\n",
    "override": "Group(s): 224.0.0.0/4, Static-Override\n    RP: 192.0.2.2 (?)\n",
    "learnt": "Group(s) 224.0.0.0/4\n  RP 192.0.2.3 (?), v2\n",
    "narrow": "Group(s) 239.1.0.0/16\n  RP 192.0.2.4 (?), v2\n",
    "other": "Group(s) 238.0.0.0/8\n  RP 192.0.2.5 (?), v2\n",
    "denied": "Acl: 8, Static\n    RP: 192.0.2.6 (?)\n",
    "every": "Group(s): 224.0.0.0/4, Static\n    RP: 192.0.2.9 (?)\n",
    "bsr": BSR.format("192.0.2.30", 5, "192.0.2.31", 10),
    "equals": BSR.format("5.5.5.5", 0, "3.3.3.3", 0),
    "auto": "Group(s) 224.0.0.0/4\n  RP 192.0.2.20 (?), v2v1\n    Info source: 192.0.2.99 (?), elected via Auto-RP\n",
    "dense": "Group(s) (-)239.1.0.0/16\n  RP 192.0.2.20 (?), v2v1\n    Info source: 192.0.2.99 (?), via Auto-RP\n",
}


@pytest.mark.parametrize(
    ("kinds", "point"),
    [
        (("static", "other", "denied"), "192.0.2.1"),
        (("static", "learnt"), "192.0.2.3"),
        (("static", "learnt", "narrow"), "192.0.2.4"),
        (("static", "learnt", "override"), "192.0.2.2"),
        (("other", "denied"), None),
        # Of static ones the highest address, however narrow the other's list.
        (("static", "every"), "192.0.2.9"),
        (("every", "override"), "192.0.2.2"),
        # Of candidates the lowest priority, then the highest hash; Auto-RP goes before them.
        (("bsr",), "192.0.2.30"),
        (("equals",), "5.5.5.5"),
        (("bsr", "auto"), "192.0.2.20"),
        (("bsr", "narrow"), "192.0.2.4"),
        (("auto", "dense"), None),
        (("auto", "dense", "override"), "192.0.2.2"),
        ((), None),
    ],
)
def test_the_rendezvous_point_of_a_group_is_chosen_as_ios_does(kinds: tuple[str, ...], point: str | None) -> None:
    mappings = rp_mappings("".join(MAPPINGS[kind] for kind in kinds))
    found = rp_of(mappings, parse(LISTS), GROUP)
    assert (None if found is None else str(found)) == point
