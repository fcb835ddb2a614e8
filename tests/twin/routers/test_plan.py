"""What is to run for a configuration."""

from __future__ import annotations

import dataclasses
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

import pytest
from twin.routers.two_router_lab import AWS, FAR, RP, changed, without_mroute

from iosxe.intent import IkeProposal, Interface, RouterIntent, StaticMroute, StaticRoute, Tunnel
from iosxe.state import BackendError
from mcastlab_twin.routers.configured_interfaces import DhcpLease, Environment
from mcastlab_twin.routers.links import RouterLink, link_lines
from mcastlab_twin.routers.plan import RouterPlan, make_plan
from mcastlab_twin.services.bird import BirdRoute
from mcastlab_twin.services.memberships import RouterMembership

HERE = Environment(
    netns="r",
    ports={"GigabitEthernet1": "Gi1", "GigabitEthernet3": "Gi3"},
    dhcp={"GigabitEthernet1": DhcpLease(address=IPv4Interface("10.10.1.10/24"), gateway=IPv4Address("10.10.1.1"))},
)
DEFAULT = IPv4Network("0.0.0.0/0")


def plan(intent: RouterIntent) -> RouterPlan:
    return make_plan(intent, HERE)


def link(found: RouterPlan, device: str) -> RouterLink:
    return next(each for each in found.links if each.device == device)


def frr(found: RouterPlan, interface: str | None) -> list[str]:
    return [line.text for line in found.frr if line.interface == interface]


def routes(found: RouterPlan) -> tuple[BirdRoute, ...]:
    assert found.bird is not None
    return found.bird.routes


def mroutes(found: RouterPlan) -> tuple[BirdRoute, ...]:
    assert found.bird is not None
    assert found.bird.copy is not None
    return found.bird.copy.routes


def test_a_blank_router_runs_nothing_and_has_its_ports_down() -> None:
    found = plan(RouterIntent())
    assert (found.gre, found.ipsec, found.bird, found.frr, found.nftables) == ((), (), None, (), "")
    assert [(each.device, each.up, each.addresses) for each in found.links] == [
        ("Gi1", False, ()), ("Gi3", False, ()), ("lo", True, ())
    ]  # fmt: skip


def test_equal_intents_have_equal_plans() -> None:
    assert plan(FAR) == plan(dataclasses.replace(FAR))


def test_dhcp_gives_address_and_default_route() -> None:
    found = plan(AWS)
    assert link(found, "Gi1").addresses == (IPv4Interface("10.10.1.10/24"),)
    (default,) = routes(found)
    assert (default.prefix, default.next_hop, default.interface, default.distance) == (
        DEFAULT, IPv4Address("10.10.1.1"), "Gi1", 254
    )  # fmt: skip


def test_loopbacks_share_lo_and_one_that_is_shut_has_no_address_there() -> None:
    loopbacks = tuple(
        Interface(name=f"Loopback{number}", address=IPv4Interface(f"10.255.0.{number}/32"), shutdown=number == 2)
        for number in (1, 2, 3)
    )
    found = plan(RouterIntent(interfaces=loopbacks))
    assert [str(each) for each in link(found, "lo").addresses] == ["10.255.0.1/32", "10.255.0.3/32"]


def test_a_gre_tunnel_takes_the_address_of_its_source_interface() -> None:
    (tunnel,) = plan(AWS).gre
    assert (tunnel.device, str(tunnel.local), str(tunnel.remote)) == ("Tunnel200", "10.255.0.10", "10.254.0.10")


def test_a_tunnel_whose_source_has_no_address_is_not_made() -> None:
    orphan = changed(AWS, "Tunnel200", tunnel=Tunnel(mode="gre", source="Loopback7", destination=RP))
    found = plan(orphan)
    assert found.gre == ()
    assert not [line for line in found.frr if line.interface == "Tunnel200"]


def test_ip_mtu_is_the_tunnels_and_gre_has_1476_without_it() -> None:
    assert link(plan(AWS), "Tunnel200").mtu == 1380
    assert link(plan(changed(AWS, "Tunnel200", ip_mtu=None)), "Tunnel200").mtu == 1476


def test_an_ipsec_tunnel_has_the_configurations_algorithms_and_times() -> None:
    (tunnel,) = plan(FAR).ipsec
    assert (tunnel.ike_proposals, tunnel.esp_proposals) == (("aes256-sha256-modp2048",), ("aes256-sha256-modp2048",))
    assert (tunnel.ike_lifetime_s, tunnel.esp_lifetime_s, tunnel.dpd_delay_s) == (28800, 3600, 10)
    assert tunnel.replay_window == 1024
    assert (tunnel.initiate, str(tunnel.device_address)) == (True, "169.254.10.2/30")


def test_aead_ciphers_stand_in_a_proposal_of_their_own() -> None:
    (ipsec,) = FAR.ipsec_tunnels
    both = dataclasses.replace(
        ipsec,
        ike_proposals=(dataclasses.replace(ipsec.ike_proposals[0], encryption=("aes-cbc-128", "aes-gcm-256")),),
        esp_encryption="esp-gcm 256",
        esp_integrity=None,
    )
    (tunnel,) = plan(dataclasses.replace(FAR, ipsec_tunnels=(both,))).ipsec
    assert tunnel.ike_proposals == ("aes128-sha256-modp2048", "aes256gcm16-prfsha256-modp2048")
    assert tunnel.esp_proposals == ("aes256gcm16-modp2048",)


def test_all_proposals_of_a_policy_are_offered_in_their_order() -> None:
    (ipsec,) = FAR.ipsec_tunnels
    first, more = ipsec.ike_proposals[0], IkeProposal(encryption=("aes-gcm-256",), integrity=("sha384",), groups=(20,))
    both = dataclasses.replace(ipsec, ike_proposals=(more, first))
    (tunnel,) = plan(dataclasses.replace(FAR, ipsec_tunnels=(both,))).ipsec
    assert tunnel.ike_proposals == ("aes256gcm16-prfsha384-ecp384", "aes256-sha256-modp2048")


def test_an_algorithm_that_nothing_here_has_is_reported() -> None:
    (ipsec,) = FAR.ipsec_tunnels
    odd = dataclasses.replace(ipsec, ike_proposals=(dataclasses.replace(ipsec.ike_proposals[0], encryption=("seal",)),))
    with pytest.raises(BackendError, match=r"'seal'.*known are aes-cbc-128"):
        plan(dataclasses.replace(FAR, ipsec_tunnels=(odd,)))


def test_an_ipsec_tunnel_without_protection_or_shut_down_has_no_daemon() -> None:
    assert plan(dataclasses.replace(FAR, ipsec_tunnels=())).ipsec == ()
    assert plan(changed(FAR, "Tunnel101", shutdown=True)).ipsec == ()


def test_a_second_ipsec_tunnel_has_ports_of_its_own() -> None:
    (ipsec,) = FAR.ipsec_tunnels
    first = next(each for each in FAR.interfaces if each.name == "Tunnel101")
    second = dataclasses.replace(first, name="Tunnel102", address=IPv4Interface("169.254.11.2/30"))
    two = dataclasses.replace(
        FAR,
        interfaces=(*FAR.interfaces, second),
        ipsec_tunnels=(ipsec, dataclasses.replace(ipsec, interface="Tunnel102")),
    )
    assert [each.local_ports for each in plan(two).ipsec] == [(500, 4500), (1500, 14500)]
    # One that is shut down restarts no other.
    assert plan(changed(two, "Tunnel101", shutdown=True)).ipsec == plan(two).ipsec[1:]


def test_a_next_hop_on_a_connected_network_names_its_interface_and_another_is_looked_up() -> None:
    near = StaticRoute(prefix=DEFAULT, next_hop=IPv4Address("203.0.113.1"))
    far = StaticRoute(prefix=IPv4Network("10.9.0.0/16"), next_hop=IPv4Address("192.0.2.1"), distance=7)
    found = routes(plan(dataclasses.replace(FAR, routes=(near, far))))
    assert [(each.interface, each.recursive, each.distance) for each in found] == [("Gi1", False, 1), (None, True, 7)]


def test_a_route_to_null_goes_nowhere_and_one_to_a_missing_interface_is_none() -> None:
    prefix = IPv4Network("10.9.0.0/16")
    statics = (
        StaticRoute(prefix=prefix, interface="Null0"),
        StaticRoute(prefix=prefix, interface="GigabitEthernet7"),
    )
    assert routes(plan(dataclasses.replace(FAR, routes=statics))) == (BirdRoute(prefix=prefix),)


def test_a_mroute_by_tunnel_leads_to_the_tunnels_other_end_in_the_main_table() -> None:
    found = plan(FAR)
    assert found.bird is not None
    assert found.bird.copy is not None
    assert (found.bird.kernel_table, found.bird.copy.kernel_table) == (100, 254)
    assert {(str(each.prefix), str(each.next_hop), each.interface, each.distance) for each in mroutes(found)} == {
        ("10.10.0.0/16", "172.16.200.1", "Tunnel200", 0),
        ("10.255.0.10/32", "172.16.200.1", "Tunnel200", 0),
    }


def test_a_mroute_through_a_tunnel_that_is_shut_is_none() -> None:
    assert mroutes(plan(changed(FAR, "Tunnel200", shutdown=True))) == ()


def test_a_mroute_taken_out_takes_out_that_route_alone() -> None:
    left = mroutes(plan(without_mroute(FAR, IPv4Network(RP))))
    assert [str(each.prefix) for each in left] == ["10.10.0.0/16"]


def test_a_mroute_by_address_goes_to_that_address() -> None:
    by_address = StaticMroute(prefix=IPv4Network(RP), rpf=IPv4Address("172.16.200.1"), distance=5)
    (found,) = mroutes(plan(dataclasses.replace(FAR, mroutes=(by_address,))))
    assert (str(found.next_hop), found.interface, found.distance) == ("172.16.200.1", "Tunnel200", 5)


def test_pim_brings_igmp_with_it_but_not_on_a_loopback() -> None:
    found = plan(AWS)
    assert frr(found, "lo") == ["ip pim hello 1 105", "ip pim"]
    assert frr(found, "Gi1") == ["ip pim hello 1 105", "ip pim", "ip igmp", "ip igmp version 2"]
    assert found.memberships == tuple(
        RouterMembership("Gi1", IPv4Address(group)) for group in ("239.1.1.1", "239.1.1.2")
    )


def test_an_interface_without_multicast_lines_has_none() -> None:
    assert frr(plan(FAR), "Gi1") == []


def test_without_multicast_routing_pimd_gets_no_line() -> None:
    found = plan(dataclasses.replace(AWS, multicast_routing=False))
    assert (found.frr, found.memberships) == ((), ())


def test_join_group_taken_out_ends_that_membership_alone() -> None:
    one = changed(AWS, "GigabitEthernet1", igmp_join_groups=(IPv4Address("239.1.1.2"),))
    assert set(plan(AWS).memberships) - set(plan(one).memberships) == {
        RouterMembership("Gi1", IPv4Address("239.1.1.1"))
    }
    assert plan(AWS).frr == plan(one).frr


def test_each_range_of_groups_of_an_rp_is_a_line() -> None:
    (point,) = AWS.rendezvous_points
    ranges = tuple(map(IPv4Network, ("239.1.0.0/16", "239.9.0.0/16")))
    two = dataclasses.replace(AWS, rendezvous_points=(dataclasses.replace(point, groups=ranges),))
    lines = [line for line in frr(plan(two), None) if line.startswith("ip pim rp 10.")]
    assert lines == ["ip pim rp 10.255.0.10 239.1.0.0/16", "ip pim rp 10.255.0.10 239.9.0.0/16"]


def test_the_router_id_is_the_highest_loopback_unless_it_is_set() -> None:
    found = plan(FAR)
    assert found.bird is not None
    assert str(found.bird.router_id) == "10.254.0.10"
    assert FAR.bgp is not None
    chosen = dataclasses.replace(FAR, bgp=dataclasses.replace(FAR.bgp, router_id=IPv4Address("192.0.2.9")))
    bird = plan(chosen).bird
    assert bird is not None
    assert str(bird.router_id) == "192.0.2.9"


def test_adjust_mss_clamps_in_both_directions_of_its_interface() -> None:
    rules = plan(AWS).nftables
    for direction in ("iifname", "oifname"):
        assert f'{direction} "Tunnel200" tcp flags & (syn | rst) == syn tcp option maxseg size > 1340' in rules


def test_a_mroute_to_the_port_itself_lets_its_sources_in() -> None:
    vpc = StaticMroute(prefix=IPv4Network("10.10.0.0/16"), rpf="GigabitEthernet1")
    opted = dataclasses.replace(AWS, mroutes=(*AWS.mroutes, vpc))
    assert "ip saddr != { 10.10.1.0/24 }" in plan(AWS).nftables
    assert "ip saddr != { 10.10.0.0/16 }" in plan(opted).nftables


def test_a_static_group_is_joined_without_a_report_on_the_wire() -> None:
    group = IPv4Address("239.7.7.7")
    found = plan(changed(AWS, "GigabitEthernet1", igmp_static_groups=(group,)))
    assert RouterMembership("Gi1", group) in found.memberships
    assert "ip protocol igmp ip daddr { 239.7.7.7 } drop" in found.nftables


def test_an_unknown_link_is_cleared_and_a_known_one_gets_the_difference() -> None:
    address, other = IPv4Interface("10.0.0.1/24"), IPv4Interface("10.0.0.2/24")
    wanted = RouterLink(device="Gi1", up=True, mtu=1500, addresses=(address,))
    assert link_lines({}, [wanted]) == (
        *("address flush dev Gi1 scope global", "address add 10.0.0.1/24 dev Gi1"),
        *("link set Gi1 mtu 1500", "link set Gi1 up"),
    )
    assert link_lines({"Gi1": wanted}, [wanted]) == ()
    assert link_lines({"Gi1": wanted}, [dataclasses.replace(wanted, addresses=(other,))]) == (
        "address del 10.0.0.1/24 dev Gi1", "address add 10.0.0.2/24 dev Gi1"
    )  # fmt: skip
