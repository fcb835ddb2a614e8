"""What a configuration asks of the backend."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TYPE_CHECKING

import pytest

from iosxe.config.text import configuration
from iosxe.derive import intent_of
from iosxe.intent import (
    Bgp,
    BgpNeighbor,
    BoundaryEntry,
    IkeProposal,
    Interface,
    IpsecTunnel,
    RendezvousPoint,
    StaticMroute,
    StaticRoute,
    Tunnel,
)
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from twin.iosxe.typist import Typist


def test_a_far_router_is_read_in_full(remote_router: Typist) -> None:
    intent = intent_of(remote_router.config)
    assert intent.hostname == "FAR-1"
    assert intent.multicast_routing
    assert intent.register_source == "Loopback0"
    assert intent.interfaces == (
        Interface(name="Loopback0", address=IPv4Interface("10.255.1.1/32"), pim_sparse=True),
        Interface(
            name="Tunnel101",
            address=IPv4Interface("169.254.11.2/30"),
            tcp_adjust_mss=1379,
            tunnel=Tunnel(mode="ipsec", source="GigabitEthernet1", destination=IPv4Address("198.51.100.1")),
        ),
        Interface(
            name="Tunnel102",
            address=IPv4Interface("169.254.12.2/30"),
            tunnel=Tunnel(mode="ipsec", source="GigabitEthernet1", destination=IPv4Address("198.51.100.2")),
        ),
        Interface(
            name="Tunnel200",
            address=IPv4Interface("10.200.0.2/30"),
            ip_mtu=1380,
            tcp_adjust_mss=1340,
            pim_sparse=True,
            tunnel=Tunnel(mode="gre", source="Loopback0", destination=IPv4Address("10.254.0.1")),
        ),
        Interface(name="GigabitEthernet1", address=IPv4Interface("203.0.113.10/24")),
        Interface(name="GigabitEthernet2", address=IPv4Interface("10.20.0.1/24"), pim_sparse=True),
        Interface(name="GigabitEthernet3", shutdown=True),
    )
    assert intent.routes == (
        StaticRoute(prefix=IPv4Network("0.0.0.0/0"), next_hop=IPv4Address("203.0.113.1")),
        StaticRoute(
            prefix=IPv4Network("198.51.100.0/24"),
            next_hop=IPv4Address("203.0.113.1"),
            interface="GigabitEthernet1",
            distance=5,
        ),
    )
    assert intent.mroutes == (
        StaticMroute(prefix=IPv4Network("10.0.0.0/16"), rpf="Tunnel200"),
        StaticMroute(prefix=IPv4Network("10.254.0.1/32"), rpf="Tunnel200"),
    )
    assert intent.bgp == Bgp(
        asn=65001,
        router_id=IPv4Address("10.255.1.1"),
        neighbors=(
            BgpNeighbor(address=IPv4Address("169.254.11.1"), remote_as=64512, keepalive_s=10, hold_s=30),
            BgpNeighbor(address=IPv4Address("169.254.12.1"), remote_as=64512, keepalive_s=20, hold_s=60),
        ),
        networks=(IPv4Network("10.20.0.0/24"), IPv4Network("10.255.1.1/32")),
        maximum_paths=2,
    )


def test_ipsec_is_resolved_through_profile_keyring_and_proposal(remote_router: Typist) -> None:
    assert intent_of(remote_router.config).ipsec_tunnels == (
        IpsecTunnel(
            interface="Tunnel101",
            pre_shared_key=Secret("first.key_1"),
            ike_proposals=(
                IkeProposal(encryption=("aes-cbc-256", "aes-cbc-128"), integrity=("sha256",), groups=(14, 19)),
            ),
            ike_lifetime_s=28800,
            esp_encryption="esp-aes 256",
            esp_integrity="esp-sha256-hmac",
            pfs_group=14,
            esp_lifetime_s=3600,
            dpd_interval_s=10,
            dpd_retry_s=3,
            replay_window=128,
            local_identity=IPv4Address("203.0.113.10"),
        ),
        IpsecTunnel(
            interface="Tunnel102",
            pre_shared_key=Secret("second.key_2"),
            ike_proposals=(
                IkeProposal(encryption=("aes-cbc-256", "aes-cbc-128"), integrity=("sha256",), groups=(14, 19)),
            ),
            ike_lifetime_s=86400,
            esp_encryption="esp-gcm 256",
            esp_integrity=None,
            pfs_group=None,
            esp_lifetime_s=1800,
            dpd_interval_s=20,
            dpd_retry_s=5,
            replay_window=128,
        ),
    )


def test_a_profiles_replay_window_goes_before_the_routers(remote_router: Typist) -> None:
    remote_router.type("crypto ipsec profile AWS-1", "set security-association replay window-size 1024")
    assert [each.replay_window for each in intent_of(remote_router.config).ipsec_tunnels] == [1024, 128]


@pytest.mark.parametrize(
    "lines",
    [
        ["interface Tunnel101", "no tunnel destination"],
        ["interface Tunnel101", "no tunnel source"],
        ["interface Tunnel101", "no tunnel protection ipsec profile AWS-1"],
        ["crypto ipsec profile AWS-1", "no set transform-set"],
        ["crypto ipsec profile AWS-1", "no set ikev2-profile"],
        ["crypto ikev2 profile AWS-1", "no authentication local"],
        ["crypto ikev2 profile AWS-1", "no match identity remote address 198.51.100.1 255.255.255.255"],
        ["crypto ikev2 profile AWS-1", "no keyring local"],
        ["crypto ikev2 keyring AWS", "no peer TUNNEL-1"],
        ["crypto ikev2 keyring AWS", "peer TUNNEL-1", "no pre-shared-key"],
        ["crypto ikev2 keyring AWS", "peer TUNNEL-1", "address 198.51.100.9"],
    ],
)
def test_an_ipsec_tunnel_that_lacks_a_part_is_not_there(remote_router: Typist, lines: list[str]) -> None:
    remote_router.type(*lines)
    assert remote_router.refused == []
    assert [tunnel.interface for tunnel in intent_of(remote_router.config).ipsec_tunnels] == ["Tunnel102"]


def test_a_policy_without_a_complete_proposal_falls_back_to_the_default_one(remote_router: Typist) -> None:
    remote_router.type("crypto ikev2 proposal AWS", "no group")
    assert intent_of(remote_router.config).ipsec_tunnels[0].ike_proposals[0].groups == (19, 14, 21)


def test_a_policy_offers_all_its_proposals_in_their_order_but_for_those_that_are_not_complete(
    remote_router: Typist,
) -> None:
    remote_router.type("crypto ikev2 proposal HALF", "encryption aes-cbc-128", "exit")
    remote_router.type("crypto ikev2 proposal GCM", "encryption aes-gcm-256", "prf sha384", "group 20", "exit")
    remote_router.type("crypto ikev2 policy AWS", "proposal HALF", "proposal GCM")
    assert remote_router.refused == []
    assert intent_of(remote_router.config).ipsec_tunnels[0].ike_proposals == (
        IkeProposal(encryption=("aes-cbc-256", "aes-cbc-128"), integrity=("sha256",), groups=(14, 19)),
        IkeProposal(encryption=("aes-gcm-256",), integrity=("sha384",), groups=(20,)),
    )
    shown = configuration(remote_router.config, "17.9")
    policy = shown[shown.index("crypto ikev2 policy AWS") :].partition("!")[0].splitlines()
    assert [line for line in policy if "proposal" in line] == [" proposal AWS", " proposal HALF", " proposal GCM"]


def test_a_policy_that_names_the_local_address_goes_before_one_for_all_and_one_of_another_is_not_taken(
    remote_router: Typist,
) -> None:
    remote_router.type("interface GigabitEthernet1", "ip address 203.0.113.10 255.255.255.252")
    for name, address, group in (("OTHER", "203.0.113.77", "21"), ("OURS", "203.0.113.10", "20")):
        remote_router.type(f"crypto ikev2 proposal {name}", "encryption aes-cbc-256", "integrity sha256")
        remote_router.type(f"group {group}", "exit")
        remote_router.type(f"crypto ikev2 policy {name}", f"match address local {address}", f"proposal {name}")
        assert intent_of(remote_router.config).ipsec_tunnels[0].ike_proposals[0].groups == (
            (14, 19) if name == "OTHER" else (20,)
        )
    assert remote_router.refused == []


def test_the_groups_of_a_rendezvous_point_follow_its_access_list(remote_router: Typist) -> None:
    (point,) = intent_of(remote_router.config).rendezvous_points
    assert point == RendezvousPoint(
        address=IPv4Address("10.254.0.1"),
        groups=(IPv4Network("239.1.0.0/17"), IPv4Network("239.9.9.9/32")),
        override=True,
    )


def test_an_aws_router_is_read_in_full(aws_router: Typist) -> None:
    intent = intent_of(aws_router.config)
    port = next(interface for interface in intent.interfaces if interface.name == "GigabitEthernet1")
    assert port == Interface(
        name="GigabitEthernet1",
        address="dhcp",
        pim_sparse=True,
        igmp_join_groups=(IPv4Address("239.1.1.1"), IPv4Address("239.1.1.2")),
        igmp_static_groups=(IPv4Address("239.1.1.3"),),
    )
    assert intent.rendezvous_points == (
        RendezvousPoint(address=IPv4Address("10.254.0.1"), groups=(IPv4Network("224.0.0.0/4"),)),
    )
    assert intent.mroutes == (
        StaticMroute(prefix=IPv4Network("10.20.0.0/24"), rpf="Tunnel200"),
        StaticMroute(prefix=IPv4Network("10.255.1.1/32"), rpf=IPv4Address("10.200.0.1") + 1, distance=5),
    )
    assert intent.bgp is None
    assert intent.ipsec_tunnels == ()


def test_a_boundary_follows_its_list_and_one_without_a_list_bounds_nothing(aws_router: Typist) -> None:
    def bounded() -> tuple[BoundaryEntry, ...] | None:
        found = {each.name: each for each in intent_of(aws_router.config).interfaces}
        return found["GigabitEthernet1"].boundary_out

    aws_router.type("interface GigabitEthernet1", "ip multicast boundary EDGE out", "ip multicast boundary NONE in")
    assert bounded() is None
    aws_router.type("ip access-list extended EDGE", "deny ip 10.20.0.0 0.0.255.255 any", "deny udp any any")
    aws_router.type("5 permit ip host 10.20.0.9 239.1.0.0 0.0.255.255", "permit ip any any", "exit")
    everything = IPv4Network("0.0.0.0/0")
    assert bounded() == (
        BoundaryEntry(permits=True, sources=IPv4Network("10.20.0.9/32"), groups=IPv4Network("239.1.0.0/16")),
        BoundaryEntry(permits=False, sources=IPv4Network("10.20.0.0/16"), groups=everything),
        BoundaryEntry(permits=True, sources=everything, groups=everything),
    )
    aws_router.type("ip access-list standard GROUPS", "deny 239.1.0.0 0.0.255.255", "permit any", "exit")
    aws_router.type("interface GigabitEthernet1", "ip multicast boundary GROUPS out")
    assert bounded() == (
        BoundaryEntry(permits=False, sources=everything, groups=IPv4Network("239.1.0.0/16")),
        BoundaryEntry(permits=True, sources=everything, groups=everything),
    )
    aws_router.type("no ip multicast boundary out")
    assert bounded() is None
    assert aws_router.refused == []
    assert " ip multicast boundary NONE in" in aws_router.text


def test_a_neighbour_that_is_not_active_is_not_asked_for(remote_router: Typist) -> None:
    remote_router.type("router bgp 65001", "address-family ipv4", "no neighbor 169.254.12.1 activate")
    bgp = intent_of(remote_router.config).bgp
    assert bgp is not None
    assert [str(neighbor.address) for neighbor in bgp.neighbors] == ["169.254.11.1"]


def test_keys_are_in_no_repr(remote_router: Typist) -> None:
    assert "first.key_1" in remote_router.text
    peer = remote_router.config.root.children["crypto ikev2 keyring", "AWS"].children["peer", "TUNNEL-1"]
    (key,) = peer.every("pre-shared-key")
    assert key.line == "pre-shared-key first.key_1"
    assert "first.key_1" not in repr((remote_router.config, peer, key))
    assert "first.key_1" not in repr(intent_of(remote_router.config))


@pytest.mark.parametrize("mode", ["dense-mode proxy-register list SENDERS", "dense-mode", "sparse-dense-mode"])
def test_every_mode_of_pim_is_run_as_the_sparse_one(typist: Typist, mode: str) -> None:
    typist.type("interface Loopback5", f"ip pim {mode}")
    assert [each.pim_sparse for each in intent_of(typist.config).interfaces if each.name == "Loopback5"] == [True]
