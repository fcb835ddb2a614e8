"""Answers of routers are read as values: samples in IOS-XE's form, and what the virtual router prints."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from twin.iosxe.remote_site import WORLD, show

from mcastlab.ios.show import archive, igmp, multicast, routing, system, vpn
from mcastlab.ios.show.tables import UnreadableError
from mcastlab.ios.show.values import seconds

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = Path(__file__).parent / "samples"
WEEK, DAY = 604800, 86400


def sample(name: str) -> str:
    return (SAMPLES / f"{name}.txt").read_text(encoding="utf-8")


def test_pim_neighbors_have_modes_and_ages() -> None:
    first, second, third = multicast.pim_neighbors(sample("ip_pim_neighbor"))
    assert (first.interface, first.uptime_s, first.is_dr) == ("GigabitEthernet0/2/3.100", 4 * WEEK + 4 * DAY, True)
    assert (second.address, second.expires_s, second.is_dr) == (IPv4Address("10.200.0.1"), 98, False)
    assert third.dr_priority is None


def test_mroutes_keep_outgoing_interfaces_with_and_without_flags_behind_them() -> None:
    shared, empty, registering = multicast.mroutes(sample("ip_mroute"))
    assert [(entry.interface, entry.expires_s) for entry in shared.outgoing] == [
        ("Port-channel40", 179),
        ("Tunnel200", 151),
        ("GigabitEthernet2", None),
    ]
    assert shared.source is None
    assert (shared.rp, shared.flags) == (IPv4Address("11.11.11.11"), "S")
    assert empty.rpf_is_mroute
    assert not empty.outgoing
    assert empty.uptime_s == 5 * WEEK + 3 * DAY
    assert registering.registering
    assert registering.source == IPv4Address("10.20.0.5")
    assert registering.rpf_neighbor is None


def test_a_group_on_two_interfaces_is_two_memberships() -> None:
    found = {(each.group, each.interface): each for each in igmp.igmp_groups(sample("ip_igmp_groups"))}
    group = IPv4Address("239.1.1.1")
    assert len(found) == 4
    assert found[group, "GigabitEthernet1"].expires_s == 160
    assert found[group, "Tunnel200"].expires_s is None


def test_igmp_interfaces_tell_querier_and_own_groups_and_leave_out_those_without_igmp() -> None:
    first, second = igmp.igmp_interfaces(sample("ip_igmp_interface"))
    assert first.address == IPv4Interface("10.0.1.10/24")
    assert first.is_querier
    assert [str(group) for group in first.joined] == ["224.0.1.40", "239.1.1.1", "239.1.1.2", "239.1.1.3"]
    assert (second.interface, second.version, second.query_interval_s) == ("Tunnel200", 3, 30)
    assert (second.querier, second.is_querier, second.joined) == (None, False, ())


def test_register_tunnels_and_mappings() -> None:
    encap, decap = multicast.pim_tunnels(sample("ip_pim_tunnel"))
    assert (encap.interface, encap.decap, encap.source, encap.up) == (
        "Tunnel4",
        False,
        IPv4Address("77.77.77.77"),
        True,
    )
    assert (decap.rp, decap.decap, decap.source, decap.up) == (IPv4Address("10.254.0.1"), True, None, False)
    every, limited, learnt = multicast.rp_mappings(sample("ip_pim_rp_mapping"))
    assert (every.groups, every.static, every.override) == (IPv4Network("224.0.0.0/4"), True, False)
    assert (limited.access_list, limited.groups, limited.override) == ("LAB-GROUPS", None, True)
    assert (learnt.rp, learnt.static) == (IPv4Address("10.9.9.9"), False)


def test_reverse_paths() -> None:
    static = multicast.rpf(sample("ip_rpf_mroute"))
    assert static is not None
    assert (static.interface, static.neighbor) == ("Tunnel200", IPv4Address("10.200.0.2"))
    assert static.kind == "multicast (static)"
    connected = multicast.rpf(sample("ip_rpf_connected"))
    assert connected is not None
    assert (connected.neighbor, connected.prefix) == (None, IPv4Network("10.1.101.0/24"))
    assert connected.kind == "unicast (static)"
    assert multicast.rpf(sample("ip_rpf_none")) is None


def test_routes_to_an_address() -> None:
    learnt = routing.route_to(sample("ip_route_to_bgp"))
    assert learnt is not None
    assert (learnt.prefix, learnt.known_via) == (IPv4Network("10.255.0.0/27"), "bgp 65001")
    assert (learnt.next_hops, learnt.interfaces) == ((IPv4Address("169.254.10.1"),), ())
    static = routing.route_to(sample("ip_route_to_static"))
    assert static is not None
    assert (static.known_via, static.distance) == ("static", 1)
    assert (static.next_hops, static.interfaces) == (
        (IPv4Address("203.0.113.1"),),
        ("Tunnel200", "GigabitEthernet1"),
    )
    assert routing.route_to(sample("ip_route_to_none")) is None


def test_counts_belong_to_their_group() -> None:
    shared, source = multicast.mroute_counts(sample("ip_mroute_count"))
    assert (shared.source, shared.packets) == (None, 2)
    assert (source.source, source.packets, source.rpf_failed, source.other_drops) == (
        IPv4Address("10.20.0.5"),
        88,
        3,
        2,
    )


def test_associations() -> None:
    ready, negotiating = vpn.ikev2_sas(sample("crypto_ikev2_sa"))
    assert ready.ready
    assert (ready.local_port, ready.dh_group, ready.key_bits, ready.active_s) == (500, 16, 128, 735)
    assert not negotiating.ready
    assert (negotiating.remote, negotiating.remote_port) == (IPv4Address("198.51.100.2"), 4500)


@pytest.mark.parametrize(
    ("said", "kbits"),
    [("250000 kb/s", 250_000), ("20000 kbps ", 20_000), ("unthrottled", system.UNTHROTTLED)],
)
def test_throughput_levels(said: str, kbits: int) -> None:
    assert system.throughput_kbits(f"The current throughput level is {said}\n") == kbits


def test_archive_and_pending_change() -> None:
    kept = archive.archive(sample("archive"))
    assert kept is not None
    assert [name[-1] for name in kept.files] == ["0", "1"]
    assert kept.next_file == "bootflash:saved-<timestamp>-2"
    assert archive.archive(" Archive feature not enabled\n") is None
    pending = archive.pending_change(sample("rollback_timer"))
    assert pending == archive.PendingChange(idle=False, minutes=2, user="console")
    assert archive.pending_change("%No Rollback Confirmed Change pending\n") is None


READERS: dict[str, Callable[[str], Any]] = {
    "show archive": archive.archive,
    "show archive config rollback timer": archive.pending_change,
    "show crypto ikev2 sa": vpn.ikev2_sas,
    "show crypto ipsec sa": vpn.ipsec_sas,
    "show interfaces": system.interface_counts,
    "show ip bgp summary": vpn.bgp_peers,
    "show ip igmp groups": igmp.igmp_groups,
    "show ip igmp interface": igmp.igmp_interfaces,
    "show ip interface brief": system.interfaces_brief,
    "show ip mroute": multicast.mroutes,
    "show ip mroute count": multicast.mroute_counts,
    "show ip pim interface": multicast.pim_interfaces,
    "show ip pim neighbor": multicast.pim_neighbors,
    "show ip pim rp mapping": multicast.rp_mappings,
    "show ip pim tunnel": multicast.pim_tunnels,
    "show ip route 10.0.0.9": routing.route_to,
    "show ip rpf 10.0.0.9": multicast.rpf,
    "show platform hardware throughput level": system.throughput_kbits,
    "show version": system.version,
    "ping 10.200.0.1": system.ping,
}


def test_what_the_virtual_router_prints_is_the_state_that_it_has() -> None:
    # Its own membership of Auto-RP's group comes last in both.
    *routes, own = multicast.mroutes(show("show ip mroute"))
    assert [(route.source, route.flags) for route in routes] == [(each.source, each.flags) for each in WORLD.mroutes]
    *groups, joined = igmp.igmp_groups(show("show ip igmp groups"))
    assert [(each.group, each.interface) for each in groups] == [(e.group, e.interface) for e in WORLD.igmp_groups]
    assert str(own.group) == str(joined.group) == "224.0.1.40"
    assert [peer.prefixes for peer in vpn.bgp_peers(show("show ip bgp summary"))] == [3, None]
    assert [sa.up for sa in vpn.ipsec_sas(show("show crypto ipsec sa"))] == [True, False]
    assert system.throughput_kbits(show("show platform hardware throughput level")) == 10000
    assert system.ping(show("ping 192.0.2.99")) == system.Ping(sent=5, received=0, average_ms=None)
    assert system.version(show("show version")).release == "17.9.4a"
    brief = system.interfaces_brief(show("show ip interface brief"))
    assert [each.name for each in brief if not each.admin_up] == ["GigabitEthernet3"]
    counts = {each.name: each for each in system.interface_counts(show("show interfaces"))}
    assert {"Tunnel200", "GigabitEthernet3"} <= set(counts)


@pytest.mark.parametrize("command", READERS)
def test_an_answer_is_read(command: str) -> None:
    READERS[command](show(command))


@pytest.mark.parametrize("command", READERS)
def test_a_refused_command_is_no_answer(command: str) -> None:
    refused = f"{command} fubar\n       ^\n% Invalid input detected at '^' marker.\n"
    with pytest.raises(UnreadableError, match="cannot read"):
        READERS[command](refused)


def test_an_age_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no age"):
        seconds("soon")


@pytest.mark.parametrize("reader", [vpn.ikev2_sas, multicast.mroutes, igmp.igmp_groups, multicast.pim_neighbors])
def test_nothing_is_read_from_nothing(reader: Callable[[str], Any]) -> None:
    assert reader("") == ()


def test_a_router_without_bgp_has_no_peers_and_a_time_stamp_before_an_answer_is_no_part_of_it() -> None:
    assert vpn.bgp_peers("% BGP not active\n") == ()
    stamp = "Load for five secs: 1%/0%; one minute: 1%; five minutes: 1%\nTime source is NTP, 12:00:00.000 UTC\n\n"
    assert multicast.pim_neighbors(stamp + sample("ip_pim_neighbor")) == multicast.pim_neighbors(
        sample("ip_pim_neighbor")
    )
