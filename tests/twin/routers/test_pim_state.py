"""pimd's tables read as IOS would show them."""

from __future__ import annotations

import json
import time
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from iosxe.intent import RendezvousPoint
from iosxe.state import RpfResult
from mcastlab_twin.routers import reporters
from mcastlab_twin.routers.pim_state import (
    MrouteContext,
    Shown,
    igmp_groups,
    mroutes,
    pim_neighbors,
    seconds,
    sent_to,
)

GROUP, SOURCE, RP = IPv4Address("239.1.1.1"), IPv4Address("192.168.50.20"), IPv4Address("10.255.0.10")
ALL_GROUPS = IPv4Network("224.0.0.0/4")
POINTS = (RendezvousPoint(address=RP, groups=(ALL_GROUPS,)),)
TO_RP = RpfResult(
    interface="Tunnel200",
    neighbor=IPv4Address("172.16.200.1"),
    prefix=IPv4Network(RP),
    kind="multicast (static)",
)


def context(**changes: Any) -> MrouteContext:
    given: dict[str, Any] = {
        "name": lambda device: f"ios-{device}",
        "own_addresses": frozenset({IPv4Address("192.168.50.1")}),
        "rendezvous_points": POINTS,
        "local_groups": frozenset(),
        "rpf": {RP: TO_RP, SOURCE: None},
    }
    return MrouteContext(**{**given, **changes})


def shown(
    source: str, upstream: dict[str, Any], oil: tuple[str, ...] = (), igmp: dict[str, Any] | None = None
) -> Shown:
    entry = {"iif": "Gi3", "upTime": "00:00:05", "flags": "S", "oil": {name: {"upTime": "00:00:04"} for name in oil}}
    return Shown(
        mroute={str(GROUP): {source: entry}}, upstream={str(GROUP): {source: upstream}}, join={}, igmp=igmp or {}
    )


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("00:01:43", 103), ("03:27", 207), ("1d02h03m", 93780), ("01w2d03h", 788400), ("--:--:--", None), ("--:--", None)],
)
def test_clocks_of_pimd_are_seconds(clock: str, expected: float | None) -> None:
    assert seconds(clock) == expected


def test_a_source_without_a_shared_tree_gets_one_as_on_ios() -> None:
    first_hop = {"firstHopRouter": True, "regState": "RegJoined"}
    shared, specific = mroutes(shown(str(SOURCE), first_hop, ("pimreg",)), context())
    assert (shared.source, shared.flags, shared.rpf_neighbor) == (None, "SPF", IPv4Address("172.16.200.1"))
    assert (specific.flags, specific.registering, specific.outgoing) == ("PFT", True, ())


def test_the_rp_has_no_way_to_itself_and_does_not_register_with_itself() -> None:
    here = context(own_addresses=frozenset({RP}))
    shared, specific = mroutes(shown(str(SOURCE), {"firstHopRouter": True, "regState": "RegJoined"}), here)
    assert (shared.incoming_interface, shared.rpf_neighbor) == (None, None)
    assert (specific.flags, specific.registering) == ("PT", False)


def test_the_incoming_interface_is_not_among_the_outgoing() -> None:
    _, specific = mroutes(shown(str(SOURCE), {}, ("Gi3", "Tunnel200")), context())
    assert [each.interface for each in specific.outgoing] == ["ios-Tunnel200"]


def test_traffic_of_the_routers_own_reports_is_not_a_source() -> None:
    assert mroutes(shown("192.168.50.1", {"firstHopRouter": True}), context()) == ()


def test_members_and_own_membership_show_in_the_shared_trees_flags() -> None:
    members = {"Gi3": {"groups": [{"group": str(GROUP), "timer": "00:02:00", "uptime": "00:00:01"}]}}
    (plain,) = mroutes(shown("*", {}, ("Tunnel200",)), context())
    (member,) = mroutes(shown("*", {}, ("Tunnel200",), members), context())
    (local,) = mroutes(shown("*", {}, ("Tunnel200",), members), context(local_groups=frozenset({GROUP})))
    assert (plain.flags, member.flags, local.flags) == ("S", "SJC", "SJCL")


def test_own_reports_are_no_source_and_a_device_s_datagrams_are() -> None:
    own = frozenset({RP, IPv4Address("192.168.50.1")})
    table: dict[str, Any] = {str(GROUP): {"*": {}, "192.168.50.1": {}}, "239.1.1.9": {"*": {}}}
    assert sent_to(table, own) == []
    assert sent_to({**table, "239.1.1.9": {str(SOURCE): {}}}, own) == ["239.1.1.9"]


def test_thousands_of_groups_are_shown_in_a_time_that_grows_with_them() -> None:
    groups = [str(IPv4Address("239.9.0.0") + n) for n in range(3000)]
    entry = {"upTime": "00:00:05", "oil": {"Gi3": {"upTime": "00:00:04"}}}
    members = {"groups": [{"group": group, "timer": "00:02:00", "uptime": "00:00:01"} for group in groups]}
    table = Shown(mroute={group: {"*": entry} for group in groups}, upstream={}, join={}, igmp={"Gi3": members})
    begun = time.process_time()
    assert {(each.flags, each.expires_s) for each in mroutes(table, context())} == {("SJC", 120)}
    assert time.process_time() - begun < 4, "for each group, all members were gone through: 17 s"


def test_the_rp_with_the_longest_range_serves_a_group() -> None:
    nearer = RendezvousPoint(address=IPv4Address("10.9.9.9"), groups=(IPv4Network("239.1.0.0/16"),))
    higher = RendezvousPoint(address=IPv4Address("10.255.0.11"), groups=(ALL_GROUPS,))
    both = context(rendezvous_points=(*POINTS, nearer))
    assert both.rendezvous_point(GROUP) == nearer.address
    assert both.rendezvous_point(IPv4Address("239.2.0.1")) == RP
    assert context(rendezvous_points=(higher, *POINTS)).rendezvous_point(GROUP) == higher.address
    assert context(rendezvous_points=(nearer,)).rendezvous_point(IPv4Address("239.2.0.1")) is None


def test_a_designated_router_is_named_on_a_lan_alone() -> None:
    neighbor = {"upTime": "00:00:06", "holdTime": "00:01:43", "drPriority": 1}
    two = {"Gi3": {"10.0.0.2": neighbor, "10.0.0.3": neighbor}, "Tunnel200": {"172.16.200.2": neighbor}}
    found = pim_neighbors(two, lambda device: device, lambda device: device == "Gi3")
    assert [(str(each.address), each.is_dr) for each in found] == [
        ("10.0.0.2", False), ("10.0.0.3", True), ("172.16.200.2", False)
    ]  # fmt: skip


def test_the_last_reporter_is_the_one_whose_report_expires_last() -> None:
    def element(group: str, reporter: str, expires: int) -> dict[str, object]:
        return {"elem": {"val": {"concat": ["Gi3", group, reporter]}, "expires": expires}}

    # As nft 1.0.6 prints it, shortened.
    elements = [
        element("239.1.1.1", "10.0.0.3", 299),
        element("239.1.1.1", "10.0.0.2", 180),
        element("239.1.1.2", "10.0.0.2", 4),
    ]
    reported = {"nftables": [{"metainfo": {"version": "1.0.6"}}, {"set": {"name": "igmp_reporters", "elem": elements}}]}
    assert reporters.parse(json.dumps(reported)) == {
        ("Gi3", GROUP): IPv4Address("10.0.0.3"),
        ("Gi3", IPv4Address("239.1.1.2")): IPv4Address("10.0.0.2"),
    }
    assert reporters.parse('{"nftables": [{"set": {"name": "igmp_reporters"}}]}') == {}


def test_a_reporter_that_nobody_tells_is_nobody() -> None:
    member = {"totalGroups": 1, "Gi3": {"groups": [{"group": str(GROUP), "timer": "00:02:00", "uptime": "00:00:01"}]}}
    (found,) = igmp_groups(member, lambda device: device, lambda _device, _group: None)
    assert (found.last_reporter, found.expires_s) == (IPv4Address(0), 120)
