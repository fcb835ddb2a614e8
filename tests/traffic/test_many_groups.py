"""A host that is a member of many groups: what it counts through a ring, or sockets where it may have none."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from traffic.wire import wire

from mcastlab.lab.model import Group
from mcastlab.traffic.fleet import Fleet
from mcastlab.traffic.media import media
from mcastlab.traffic.node_results import NEVER
from mcastlab.traffic.plan import Membership, PlannedFlow, TrafficNode, TrafficPlan

pytestmark = pytest.mark.process

GROUPS = 45
STREAM = media("g711u", 1352)


def plan() -> TrafficPlan:
    """Return 45 groups, of each a stream of a second; the listeners leave every third one half way."""
    names = ("one", "other", "plain")
    return TrafficPlan(
        groups=tuple(
            Group(name=f"group-{each}", address=IPv4Address("239.7.0.1") + each, port=5004) for each in range(GROUPS)
        ),
        nodes=tuple(TrafficNode(name=name, site=None) for name in names),
        flows=tuple(
            PlannedFlow(
                group=each,
                # One stream is the second node's own: it does not hear that from outside.
                sender=int(each == GROUPS - 1),
                start_ms=3000,
                interval_us=STREAM.interval_us,
                burst=1,
                count=50,
                sizes=(STREAM.largest_octets,),
                media=STREAM,
            )
            for each in range(GROUPS)
        ),
        memberships=tuple(
            Membership(node=node, group=each, join_ms=0, leave_ms=3500 if each % 3 == 0 else 4800)
            for node in (1, 2)
            for each in range(GROUPS)
        ),
        settle_ms=0,
        guard_ms=0,
        end_ms=5000,
        ttl=4,
        loop=True,
        brief=True,
    )


def test_each_packet_is_credited_to_its_stream_while_the_host_is_a_member() -> None:
    with wire(("one", "other", "plain")) as hosts:
        shells = {**hosts, "plain": replace(hosts["plain"], privileged=False)}
        fleet = Fleet(shells)
        fleet.greet(shells)
        found = fleet.carry_out(plan())
    for node in (1, 2):
        assert found[node]["errors"] == []
        assert found[node]["joins"] == GROUPS
        came = {flow: sum(us != NEVER for us in arrived) for flow, arrived in found[node]["arrived_us"].items()}
        whole = {flow: number for flow, number in came.items() if flow % 3}
        assert set(whole.values()) == {50}, whole
        # Who leaves half way hears about half.
        assert all(15 < number < 40 for flow, number in came.items() if flow % 3 == 0), came
        assert all(abs(us) < 2_000_000 for us in found[node]["arrived_us"][1])
