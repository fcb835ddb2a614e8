"""What reaches nobody at all, and who is a member no more: senders without TTL, and queries that are not let in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import pytest
from trials.run import Stream

from mcastlab.aws.clients import Clients
from mcastlab.cli.connections import Connections

from . import breaks
from .breaking import BOTH, outcomes, until

if TYPE_CHECKING:
    from .conftest import Deployed

pytestmark = pytest.mark.twin

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


def test_a_sender_without_ttl_reaches_nobody_behind_a_router(deployed: Deployed) -> None:
    for outcome in outcomes(deployed, 8, BOTH, Stream(count=30, establish_within_s=2, ttl=1)):
        assert [reception.received for reception in outcome.receptions] == [0] * len(outcome.receptions), outcome


def test_without_the_igmp_rule_a_member_is_lost_only_after_three_unheard_queries(deployed: Deployed) -> None:
    group, facts = deployed.lab.groups[9], Connections(deployed.lab).facts()
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
