"""charon, BIRD and GRE in a sandbox, as root and as an ordinary user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from twin.sandbox_program import run_in_sandbox, users

pytestmark = pytest.mark.twin


@pytest.fixture(scope="module", params=users(), ids=lambda user: user or "this-user")
def seen(request: pytest.FixtureRequest) -> Any:
    return run_in_sandbox(Path(__file__).with_name("daemons.py"), user=request.param)


def test_esp_is_the_kernels_exactly_where_it_takes_an_interface_and_an_sa(seen: Any) -> None:
    # 0: done; 2: the kernel does not have it; anything else would be a line that `ip` itself does not understand.
    assert set(seen["esp"]["codes"]) <= {0, 2}
    assert seen["esp"]["in_kernel"] is (seen["esp"]["codes"] == [0, 0])
    assert "probe" not in seen["esp"]["namespaces"]


def test_two_tunnels_of_one_namespace_carry_at_once(seen: Any) -> None:
    assert all(sa["child_installed"] for sas in seen["tunnels"]["sas"].values() for sa in sas)


def test_both_tunnels_show_the_standard_ports_to_the_endpoints(seen: Any) -> None:
    ports = {sa["remote_port"] for end in ("b", "c") for sa in seen["tunnels"]["sas"][end]}
    # Where the kernel does ESP, an end that sees no NAT stays on the first port.
    assert ports == ({500, 4500} if seen["esp"]["in_kernel"] else {4500})


def test_all_tunnels_are_carried_by_what_the_probe_came_to(seen: Any) -> None:
    assert seen["tunnels"]["in_kernel"] == [seen["esp"]["in_kernel"]] * 4


def test_a_tunnel_carries_1400_bytes_and_no_more(seen: Any) -> None:
    assert (seen["tunnels"]["largest"], seen["tunnels"]["too_large"]) == (True, False)


def test_a_daemon_that_stood_still_loses_nothing_of_what_came_meanwhile(seen: Any) -> None:
    assert seen["tunnels"]["received_after_a_pause"] == 150


def test_the_key_is_in_no_file(seen: Any) -> None:
    assert seen["tunnels"]["key_in_a_file"] is False


def test_the_interface_goes_down_with_the_goodbye_and_the_other_tunnel_stays(seen: Any) -> None:
    # Long before dead peers are looked for.
    assert seen["tunnels"]["down_s"] < 10
    assert seen["tunnels"]["other_still_up"] is True


def test_the_tunnel_comes_back_by_itself_when_the_endpoint_does(seen: Any) -> None:
    # Within the 15 s for which it was awaited.
    assert seen["tunnels"]["back_s"] is not None


def test_memberships_beyond_what_a_socket_takes_are_joined_and_left_each_by_itself(seen: Any) -> None:
    assert seen["memberships"] == {
        "all": list(range(45)),
        "elsewhere": [],
        "changed": [[0, 1, 2], [4]],
        "forgotten": [[], [4]],
        "refused": "No such device: to-nowhere",
        "after": [4],
        "cleared": [],
    }


def test_stopped_tunnels_leave_no_interface_and_no_rule(seen: Any) -> None:
    assert (seen["tunnels"]["links_left"], seen["tunnels"]["rules_left"]) == ([], "")


def test_a_network_is_advertised_only_while_there_is_a_route_for_it(seen: Any) -> None:
    # daemons.py waits for it to arrive with the route, and to go with it.
    assert seen["routing"]["without_route"] is False
    assert seen["routing"]["kernel"].startswith("192.168.50.0/24 via 10.0.0.1")


def test_another_route_leaves_the_session_up(seen: Any) -> None:
    assert seen["routing"]["session_kept"] is True


def test_many_ask_bird_at_once_and_each_is_answered(seen: Any) -> None:
    assert seen["routing"]["answers"] == 200


def test_stopped_bird_leaves_no_route(seen: Any) -> None:
    assert seen["routing"]["left"] == ""


def test_gre_carries_a_packet_with_ttl_1_over_a_path_that_fragments_it(seen: Any) -> None:
    assert (seen["gre"]["ttl_1"], seen["gre"]["fragmented"]) == (True, True)


def test_gre_loses_nothing_at_500_packets_a_second(seen: Any) -> None:
    assert seen["gre"]["received_of_200"] == 200


def test_a_stopped_gre_tunnel_leaves_no_interface(seen: Any) -> None:
    assert seen["gre"]["links_left"] == []


def test_no_daemon_outlives_its_object(seen: Any) -> None:
    living = [line.split()[1] for line in seen["left"]["processes"].splitlines() if not line.startswith("Z")]
    assert set(living) <= {"python", "python3", "ps"}
    assert len([name for name in living if name.startswith("python")]) == 1
