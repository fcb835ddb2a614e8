"""Two live routers between a gateway, an internet, a host and a device: up, broken, healed and blank again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from twin.sandbox_program import run_in_sandbox, users

pytestmark = pytest.mark.twin

ALL = {"to_far": 20, "to_aws": 20}


@pytest.fixture(scope="module", params=users(), ids=lambda user: user or "this-user")
def seen(request: pytest.FixtureRequest) -> Any:
    return run_in_sandbox(Path(__file__).with_name("lab.py"), user=request.param, timeout_s=240)


def test_both_directions_become_loss_free(seen: Any) -> None:
    assert seen["up"]["heard"] == ALL


def test_the_same_intent_again_runs_nothing_and_opens_nothing(seen: Any) -> None:
    assert seen["again"] == {"aws": 0, "far": 0}
    assert seen["commands_from_blank"] > 0


def test_a_router_s_own_reports_make_no_multicast_route(seen: Any) -> None:
    assert set(seen["routed"]["own"]) & set(seen["routed"]["sources"]) == set()
    assert "10.10.1.22" in seen["routed"]["sources"], "of a host"


def test_without_the_rps_mroute_aws_to_lab_stops_and_comes_back_with_it(seen: Any) -> None:
    assert seen["no_rp_mroute"]["still"]["to_far"] == 0
    assert seen["no_rp_mroute"]["healed"] == ALL


def test_without_pim_on_the_tunnel_aws_to_lab_stops_and_comes_back_with_it(seen: Any) -> None:
    assert seen["no_pim"]["still"]["to_far"] == 0
    assert seen["no_pim"]["healed"] == ALL


def test_without_join_group_the_vpc_side_gets_and_gives_nothing_until_it_is_back(seen: Any) -> None:
    assert seen["no_join_group"]["still"] == {"to_far": 0, "to_aws": 0}
    assert seen["no_join_group"]["healed"] == ALL


def test_adjust_mss_bounds_what_tcp_sends_through_the_tunnel(seen: Any) -> None:
    # 1360 on the IPsec tunnel, less 12 bytes of timestamps.
    assert seen["filters"]["segment"] == 1348


def test_a_static_group_reaches_the_port_but_tells_nobody_there(seen: Any) -> None:
    assert seen["filters"]["static"] == {"to_far": 0, "to_aws": 20}


def test_a_source_of_another_subnet_opens_no_state(seen: Any) -> None:
    assert "10.10.1.22" in seen["filters"]["sources"]
    assert "10.10.2.22" not in seen["filters"]["sources"]


def test_a_wrong_key_brings_no_tunnel_and_the_right_one_does(seen: Any) -> None:
    # lab.py waits for the tunnel with the right key.
    assert not any(seen["wrong_key"]["refused"])
    # Each computes a key exchange at both ends: pauses grow to a second.
    assert 2 <= seen["wrong_key"]["attempts"] <= 7
    assert (seen["wrong_key"]["protocol_up"], seen["wrong_key"]["answers"]) == (False, 0)


def test_while_the_vpn_is_down_no_gre_leaves_in_the_clear_but_without_the_route_to_null(seen: Any) -> None:
    assert seen["wrong_key"]["in_the_clear"] == 3
    assert seen["wrong_key"]["in_the_clear_with_fallback"] == 0


def test_a_blank_configuration_leaves_nothing_of_the_one_before(seen: Any) -> None:
    nothing = {"links": ["lo"], "addresses": [], "up": [], "routes": "", "nftables": "", "mroutes": 0}
    assert seen["remains"] == {"aws": nothing, "far": nothing}


def test_nothing_outlives_the_backends(seen: Any) -> None:
    assert sorted(name.rstrip("0123456789.") for name in seen["processes"]) == ["ps", "python"]


def test_interfaces_are_read_back_by_their_ios_names(seen: Any) -> None:
    far = {each["name"]: each for each in seen["read"]["far"]["interfaces"]}
    assert list(far) == ["GigabitEthernet1", "GigabitEthernet3", "Loopback0", "Tunnel101", "Tunnel200"]
    assert all(each["protocol_up"] for each in far.values())
    assert far["Tunnel200"]["mtu"] == 1380
    assert far["Tunnel101"]["packets_out"] > 0
    assert far["GigabitEthernet1"]["hardware_address"].count(":") == 5


def test_an_address_by_dhcp_brings_its_default_route_at_distance_254(seen: Any) -> None:
    default = next(each for each in seen["read"]["aws"]["routes"] if each["prefix"] == "0.0.0.0/0")
    assert (default["source"], default["distance"], default["next_hop"]) == ("dhcp", 254, "10.10.1.1")


def test_the_neighbours_see_each_other_over_the_tunnel(seen: Any) -> None:
    neighbors = [(each["address"], each["interface"]) for each in seen["read"]["far"]["pim_neighbors"]]
    assert neighbors == [("172.16.200.1", "Tunnel200")]


def test_bgp_and_ike_are_read_back(seen: Any) -> None:
    (peer,) = seen["read"]["far"]["bgp_peers"]
    assert (peer["address"], peer["state"], peer["prefixes"]) == ("169.254.10.1", "Established", 2)
    (sa,) = seen["read"]["far"]["ikev2_sas"]
    assert (sa["ready"], sa["encryption"], sa["key_bits"], sa["integrity"], sa["dh_group"]) == (
        True, "AES-CBC", 256, "SHA256", 14
    )  # fmt: skip


def test_the_reverse_path_is_the_mroute_although_unicast_goes_elsewhere(seen: Any) -> None:
    rpf = seen["read"]["far"]["rpf"]["10.255.0.10"]
    assert (rpf["interface"], rpf["neighbor"], rpf["kind"]) == ("Tunnel200", "172.16.200.1", "multicast (static)")
    unicast = next(each for each in seen["read"]["far"]["routes"] if each["prefix"] == "10.255.0.10/32")
    assert (unicast["source"], unicast["interface"]) == ("bgp", "Tunnel101")


def test_multicast_routes_have_ioss_flags(seen: Any) -> None:
    flags = {
        router: {
            each["source"]: each["flags"] for each in seen["read"][router]["mroutes"] if each["group"] == "239.1.1.1"
        }
        for router in ("aws", "far")
    }
    assert flags["aws"] == {None: "SJCL", "10.10.1.22": "LT", "192.168.50.20": "LT"}
    assert flags["far"] == {None: "SJCF", "10.10.1.22": "JT", "192.168.50.20": "FT"}


def test_a_group_s_last_reporter_is_the_device_that_joined_it(seen: Any) -> None:
    groups = [each for each in seen["read"]["far"]["igmp_groups"] if each["group"] == "239.1.1.1"]
    assert [each["last_reporter"] for each in groups] == ["192.168.50.20"]


def test_registers_stop_once_the_source_is_joined(seen: Any) -> None:
    assert not any(each["registering"] for each in seen["read"]["far"]["mroutes"])


def test_the_far_end_answers_a_ping_of_full_size_too(seen: Any) -> None:
    assert (seen["read"]["ping"]["received"], seen["read"]["large_ping"]["received"]) == (5, 2)
