"""Cuts by the AWS API, on a lab of other names and addresses than the default one.

Each cut has a group of its own, so that no state of an earlier flow carries packets past it, and another one for after
the repair.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import pytest
from trials.flows import Direction
from trials.run import Stream

from mcastlab.aws.clients import Clients
from mcastlab.cli.connections import Connections

from . import breaks
from .breaking import BOTH, BROKEN, REPAIRED, outcomes, until

if TYPE_CHECKING:
    from .conftest import Deployed

pytestmark = pytest.mark.twin

AFTERWARDS: Final = 6
"""How far a cut's second group is from its first."""
QUERY_S: Final = 2
JOINED = """python3 -c "
import socket, struct, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack('4sI', socket.inet_aton('{group}'), 0))
time.sleep(300)
" > /dev/null 2>&1 & echo $!"""


@pytest.fixture
def deployed(in_cuts: Deployed) -> Deployed:
    return in_cuts


@pytest.mark.parametrize(
    ("number", "cut", "stops"),
    [
        pytest.param(0, breaks.without_udp_in, (Direction.TO_AWS,), id="UDP rules of the hosts"),
    ],
)
def test_packets_stop_without_it_and_flow_with_it(
    deployed: Deployed,
    number: int,
    cut: breaks.Break,
    stops: tuple[Direction, ...],
) -> None:
    stops_and_flows_again(deployed, number, cut, stops)


def test_a_sender_without_ttl_reaches_nobody_behind_a_router(deployed: Deployed) -> None:
    for outcome in outcomes(deployed, 4, BOTH, Stream(count=30, establish_within_s=2, ttl=1)):
        assert [reception.received for reception in outcome.receptions] == [0] * len(outcome.receptions), outcome


def test_with_other_pre_shared_keys_packets_stop_and_with_the_right_ones_they_flow(deployed: Deployed) -> None:
    stops_and_flows_again(deployed, 2, breaks.with_other_keys, BOTH)


def stops_and_flows_again(
    deployed: Deployed,
    number: int,
    cut: breaks.Break,
    stops: tuple[Direction, ...],
) -> None:
    with cut(deployed):
        for outcome in outcomes(deployed, number, BOTH, BROKEN):
            received = [reception.received for reception in outcome.receptions]
            if outcome.trial.direction in stops:
                assert received == [0] * len(received), outcome
    for outcome in outcomes(deployed, number + AFTERWARDS, BOTH, REPAIRED):
        assert outcome.holds, outcome


def test_without_a_route_to_the_loopback_packets_stop_and_a_flow_of_that_time_arrives_afterwards(
    deployed: Deployed,
) -> None:
    # The router's GRE packets leave; nothing that is sent to its loopback arrives: no join, no Register, no data.
    stops_and_flows_again(deployed, 1, breaks.without_vpc_route, BOTH)
    # The same sources and groups as during the cut: Registers and joins went on, none was given up. The remote device
    # joins the group that it sends to before it is heard.
    for direction in (Direction.TO_SITE, Direction.TO_AWS):
        for outcome in outcomes(deployed, 1, (direction,), REPAIRED):
            assert outcome.holds, outcome


def test_without_the_igmp_rule_a_member_is_lost_only_after_three_unheard_queries(deployed: Deployed) -> None:
    group, facts = deployed.lab.groups[5], Connections(deployed.lab).facts()
    shell = Connections(deployed.lab).shells(facts)[deployed.lab.host_names[0]]
    with_short_timers(deployed)
    pid = shell.run(JOINED.format(group=group.address), timeout_s=20).stdout.strip()
    instance = facts.host_instance_ids[shell.host]
    try:
        until(lambda: instance in members(deployed, str(group.address)), "the host has joined")
        with breaks.without_igmp_queries(deployed):
            begin = time.monotonic()
            assert instance in members(deployed, str(group.address))
            until(lambda: instance not in members(deployed, str(group.address)), "the member is lost")
            # Two intervals at least: the last query that was answered may have been just before the cut.
            assert time.monotonic() - begin > 2 * QUERY_S - 0.5
        # Queries go on, so it is a member again without joining anew.
        until(lambda: instance in members(deployed, str(group.address)), "it is a member again")
    finally:
        shell.run(f"kill {pid}", timeout_s=20)


def with_short_timers(deployed: Deployed) -> None:
    """Have the gateway's querier ask every two seconds instead of every two minutes, from now on."""
    nodes = deployed.command_line.must("twin", "status").split()
    gateway = next(word.strip(",") for word in nodes if word.startswith("tgw-"))
    links = deployed.command_line.must("ssh", gateway, "--", "ip", "-br", "link", "show", "type", "bridge")
    ticks = QUERY_S * 100
    asked = f"mcast_query_interval {ticks} mcast_startup_query_interval {ticks}"
    interval = f"{asked} mcast_membership_interval {3 * ticks}"
    for bridge in (line.split()[0] for line in links.splitlines()):
        for setting in (interval, "mcast_querier 0", "mcast_querier 1"):
            words = ("ip", "link", "set", bridge, "type", "bridge", *setting.split())
            deployed.command_line.must("ssh", gateway, "--", *words)


def members(deployed: Deployed, group: str) -> set[str]:
    """Return the instances that the gateway has as members of a group."""
    clients = Clients(deployed.lab.region).ec2
    found = clients.search_transit_gateway_multicast_groups(
        TransitGatewayMulticastDomainId=Connections(deployed.lab).facts().multicast_domain_id,
        Filters=[{"Name": "group-ip-address", "Values": [group]}],
    )["MulticastGroups"]
    interfaces = [entry["NetworkInterfaceId"] for entry in found if entry.get("GroupMember")]
    if not interfaces:
        return set()
    shown = clients.describe_network_interfaces(NetworkInterfaceIds=interfaces)["NetworkInterfaces"]
    return {entry["Attachment"]["InstanceId"] for entry in shown}
