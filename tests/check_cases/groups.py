"""Cases of groups, sizes and quotas."""

from __future__ import annotations

from check_cases.case import SITE, Case, group
from mcastlab.lab.checks import Severity

GROUPS = (
    Case(
        check="groups_can_be_routed",
        change={"groups.0.address": "10.1.1.1"},
        at="groups[paging].address",
        says="no multicast address",
    ),
    Case(
        check="groups_can_be_routed",
        change={"groups.0.address": "224.0.0.99"},
        at="groups[paging].address",
        says="of the local link",
    ),
    Case(
        check="groups_can_be_routed",
        change={"groups.0.address": "224.0.1.40"},
        at="groups[paging].address",
        says="Auto-RP",
    ),
    Case(
        check="groups_can_be_routed",
        change={"groups.0.address": "232.1.1.1"},
        at="groups[paging].address",
        says="source-specific",
    ),
    Case(
        check="groups_can_be_routed",
        change={"groups.0.address": "233.1.1.1"},
        at="groups[paging].address",
        says="may be another's",
        severity=Severity.NOTE,
    ),
    Case(
        check="groups_have_ethernet_addresses_of_their_own",
        change={"groups.1": group("238.129.1.1")},
        at="groups[other].address",
        says="share the Ethernet address 01:00:5e:01:01:01",
        severity=Severity.WARNING,
    ),
    Case(
        check="groups_have_ethernet_addresses_of_their_own",
        change={"groups.0.address": "239.128.0.5"},
        at="groups[paging].address",
        says="with 224.0.0.5, which switches flood",
        severity=Severity.WARNING,
    ),
    Case(
        check="groups_differ",
        change={"groups.0.rtcp": True, "groups.1": group("239.1.1.1", port=5005)},
        at="groups[other].port",
        says="239.1.1.1 has RTCP of paging on the port of another group",
    ),
    Case(
        check="groups_differ",
        change={"groups.0.port": 65535, "groups.0.rtcp": True},
        at="groups[paging].rtcp",
        says="there is no port 65536",
    ),
    Case(
        check="groups_differ",
        change={"groups.1": group("239.1.1.1")},
        at="groups[other].port",
        says="239.1.1.1 port 5004 is paging already",
    ),
    Case(
        check="groups_differ",
        change={"groups.1": group("239.1.1.1", port=6000, bridge="static")},
        at="groups[other].bridge",
        says="bridged by join",
    ),
    Case(
        check="groups_differ",
        change={"groups.1": group("239.1.1.1", port=6000)},
        at="groups[other].address",
        says="is paging's too",
        severity=Severity.NOTE,
    ),
    Case(
        check="groups_have_room_for_their_members",
        change={"hosts.0.count": 100},
        at="groups[paging].receivers",
        says="101 members",
    ),
    Case(
        check="groups_have_a_flow",
        change={"groups.0.senders": []},
        at="groups[paging].senders",
        says="names nobody",
    ),
    Case(
        check="groups_have_a_flow",
        change={"groups.0.senders": ["doppel"], "groups.0.receivers": ["doppel"]},
        at="groups[paging].receivers",
        says="nothing passes the tunnel",
        severity=Severity.WARNING,
    ),
    Case(
        check="senders_stand_beside_the_router",
        base="workaround",
        change={"workarounds.senders_outside_router_subnet": False, "vpc.subnets.1.zone": "b"},
        at="groups[paging].senders",
        says="doppel not in the router's zone a",
    ),
    Case(
        check="senders_stand_beside_the_router",
        base="two_subnets",
        change={"groups.3": {"name": "block", "address": "239.9.0.0/16", "bridge": "follow"}},
        at="groups[block].senders",
        says="beside not in the router's subnet front, and the router follows groups there alone",
    ),
    Case(
        check="senders_stand_beside_the_router",
        base="workaround",
        change={},
        at="groups[paging].senders",
        says="unproven",
        severity=Severity.WARNING,
    ),
    Case(
        check="datagrams_fit_the_tunnels",
        change={},
        at="vpn",
        says="ESP takes 1438 octets, GRE 1380: a datagram may carry 1352",
        severity=Severity.NOTE,
    ),
    Case(
        check="datagrams_live_long_enough",
        change={"sites.1": SITE},
        at="groups",
        says="a TTL of 4 at least",
        severity=Severity.NOTE,
    ),
    Case(
        check="quotas_suffice",
        change={"groups.0.address": "239.1.0.1-239.1.0.255", "groups.0.port": 5004}
        | {f"groups.{n}": group(f"239.2.{n}.1", name=f"other-{n}", port=6000 + n) for n in range(1, 40)},
        at="groups",
        says="Inbound or outbound rules per security group",
        severity=Severity.WARNING,
    ),
)
