"""What a charon is reported."""

from __future__ import annotations

import dataclasses
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from mcastlab_base.secret import Secret
from mcastlab_twin.services.charon import CharonTunnel
from mcastlab_twin.services.charon_conf import connection, daemon_settings, ike_sa, port_rewriting, shared_key
from mcastlab_twin.services.esp import kernel_link, kernel_setting, mark

TUNNEL = CharonTunnel(
    name="Tunnel101",
    netns="far",
    local=IPv4Address("203.0.113.2"),
    remote=IPv4Address("198.51.100.10"),
    pre_shared_key=Secret("not-to-be-seen"),
    initiate=True,
    device="Tunnel101",
)


def test_the_key_goes_over_the_socket_and_into_no_file() -> None:
    assert shared_key(TUNNEL)["data"] == "not-to-be-seen"
    assert "not-to-be-seen" not in daemon_settings(TUNNEL, Path("/run/s"), Path("/run/l"))
    assert "not-to-be-seen" not in repr(connection(TUNNEL)) + repr(TUNNEL)


def test_the_key_belongs_to_both_identities_and_nobody_else() -> None:
    behind_nat = dataclasses.replace(TUNNEL, local=IPv4Address("10.0.0.5"), local_id=IPv4Address("192.0.2.7"))
    assert shared_key(TUNNEL)["owners"] == ["203.0.113.2", "198.51.100.10"]
    assert shared_key(behind_nat)["owners"] == ["192.0.2.7", "198.51.100.10"]


def test_with_esp_in_the_kernel_charon_has_no_library_and_its_sas_the_interfaces_number() -> None:
    by_kernel = daemon_settings(TUNNEL, Path("/run/s"), Path("/run/l"), in_kernel=True)
    by_library = daemon_settings(TUNNEL, Path("/run/s"), Path("/run/l"))
    loaded = {text: next(line for line in text.splitlines() if " load = " in line) for text in (by_kernel, by_library)}
    assert "kernel-libipsec" not in loaded[by_kernel]
    assert "kernel-netlink" in loaded[by_kernel]
    assert "kernel-libipsec kernel-netlink" in loaded[by_library]
    number = mark(TUNNEL)
    conn: Any = connection(TUNNEL, mark=number)
    child = conn["Tunnel101"]["children"]["Tunnel101"]
    assert (child["mark_in"], child["mark_out"]) == (str(number), str(number))
    assert "mark_in" not in str(connection(TUNNEL))
    assert kernel_link(TUNNEL) == f"link add Tunnel101 type vti local 203.0.113.2 remote 198.51.100.10 key {number}"
    assert kernel_setting(TUNNEL) == "net/ipv4/conf/Tunnel101/disable_policy=1"
    assert mark(dataclasses.replace(TUNNEL, name="Tunnel102")) != number


def test_late_packets_are_taken_within_the_replay_window() -> None:
    wide: Any = connection(dataclasses.replace(TUNNEL, replay_window=1024))
    assert wide["Tunnel101"]["children"]["Tunnel101"]["replay_window"] == "1024"


def test_one_tunnel_needs_no_port_rewriting() -> None:
    assert port_rewriting(TUNNEL) == ""


def test_a_second_tunnel_leaves_and_arrives_on_the_standard_ports() -> None:
    rules = port_rewriting(dataclasses.replace(TUNNEL, local_ports=(1500, 14500)))
    out = "ip saddr 203.0.113.2 ip daddr 198.51.100.10 udp sport"
    back = "ip saddr 198.51.100.10 ip daddr 203.0.113.2 udp dport"
    for line in (f"{out} 1500 {out[-9:]} set 500", f"{out} 14500 {out[-9:]} set 4500"):
        assert line in rules
    for line in (f"{back} 500 {back[-9:]} set 1500", f"{back} 4500 {back[-9:]} set 14500"):
        assert line in rules


def test_without_liveness_checks_nothing_is_said_of_them() -> None:
    silent = connection(dataclasses.replace(TUNNEL, dpd_delay_s=None))
    assert "dpd_delay" in repr(connection(TUNNEL))
    assert "dpd_delay" not in repr(silent)


def test_an_sa_that_still_connects_is_neither_established_nor_carrying() -> None:
    listed = {"local-host": "203.0.113.2", "remote-host": "198.51.100.10", "state": "CONNECTING", "child-sas": {}}
    found = ike_sa(listed)
    assert (found.established, found.child_installed, found.key_bits) == (False, False, 0)


def test_an_sa_under_rekeying_goes_on_carrying() -> None:
    children = {"Tunnel101-1": {"state": "REKEYING", "bytes-in": "10", "bytes-out": "7"}}
    listed = {"local-host": "203.0.113.2", "remote-host": "198.51.100.10", "state": "REKEYING", "child-sas": children}
    found = ike_sa(listed)
    assert (found.established, found.child_installed, found.bytes_in, found.bytes_out) == (True, True, 10, 7)
