"""Groups of a block that devices want and nobody joins: what must be said of each reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

import yaml
from verify.broken import Case
from verify.sound import DOCUMENT, lab_of, sound, with_aws, with_router, without_lines

from mcastlab.follow.snapshot import FollowedView, FollowSnapshot, ObservedFollower
from mcastlab.ios.show.igmp import IgmpGroup
from mcastlab.ios.show.multicast import Mroute, OutgoingInterface
from mcastlab.verify.snapshot.aws import ObservedMember

if TYPE_CHECKING:
    from mcastlab.verify.snapshot.lab import Snapshot

WANTED: Final = IPv4Address("239.9.7.7")
OUTSIDE: Final = IPv4Address("239.8.7.7")


def with_block(follower: ObservedFollower | None = None, *, ceiling: int = 1000) -> Snapshot:
    """Return what is seen of a sound lab that has a block, with or without a follower."""
    document = yaml.safe_load(DOCUMENT)["groups"]
    block = {"name": "calls", "address": "239.9.0.0/16", "bridge": "follow", "ceiling": ceiling}
    snapshot = sound(lab_of(groups=[*document, block]))
    return replace(snapshot, follower=follower or ObservedFollower())


def led_to(snapshot: Snapshot, interface: str) -> Mroute:
    """Return the shared tree of a group that leads to an interface."""
    return Mroute(
        source=None,
        group=WANTED,
        rp=snapshot.lab.rendezvous_point,
        flags="S",
        uptime_s=4,
        expires_s=200,
        incoming_interface=None,
        rpf_neighbor=None,
        rpf_is_mroute=False,
        registering=False,
        outgoing=(OutgoingInterface(interface=interface, forwarding=True, uptime_s=4, expires_s=200),),
    )


def led_to_oslo(snapshot: Snapshot) -> Snapshot:
    """Have the rendezvous point lead a group to a remote site."""
    route = led_to(snapshot, snapshot.lab.sites[0].gre_interface)
    return with_router(snapshot, "aws", lambda view: replace(view, mroutes=(*view.mroutes, route)))


def wanted_by_oslo(snapshot: Snapshot) -> Snapshot:
    """Have a remote site lead a group to its LAN too, where a device wants it."""
    route = led_to(snapshot, snapshot.lab.sites[0].router.lan.interface)
    return with_router(led_to_oslo(snapshot), "oslo", lambda view: replace(view, mroutes=(*view.mroutes, route)))


def wanted_by_host(snapshot: Snapshot, group: IPv4Address = WANTED) -> Snapshot:
    """Make a host a member of a group."""
    domain = snapshot.aws.domain
    assert domain is not None
    member = ObservedMember(group=group, interface_id=snapshot.aws.hosts["buoy-1"].interface_id, kind="igmp")
    return with_aws(snapshot, domain=replace(domain, members=(*domain.members, member)))


def reported_by(
    snapshot: Snapshot, reporter: str, group: IPv4Address = OUTSIDE, *, expires_s: int | None = 200
) -> Snapshot:
    """Have somebody in a remote site's LAN be a member of a group, by default of one outside of the block."""
    entry = IgmpGroup(
        group=group,
        interface=snapshot.lab.sites[0].router.lan.interface,
        uptime_s=4,
        expires_s=expires_s,
        last_reporter=IPv4Address(reporter),
    )
    return with_router(snapshot, "oslo", lambda view: replace(view, igmp_groups=(*view.igmp_groups, entry)))


def running(*live: str) -> ObservedFollower:
    """Return a follower that runs and has joined groups."""
    now = datetime.now(UTC)
    groups = tuple(
        FollowedView(
            group=IPv4Address(each), block="calls", by=(), since=now, live=True, joined_after_s=0.1, refused=""
        )
        for each in live
    )
    return ObservedFollower(runs=True, shown=FollowSnapshot(pid=1, taken=now, groups=groups))


FOLLOWED: Final = (
    Case(
        "a router's access list lacks the block",
        lambda _: with_router(with_block(running()), "oslo", without_lines("permit 239.9.0.0 0.0.255.255")),
        ("rendezvous_point_differs",),
        ("rendezvous_point",),
        ("no rendezvous point for 239.9.0.0/16", " permit 239.9.0.0 0.0.255.255"),
    ),
    Case(
        "a remote site wants a group and nobody follows",
        lambda _: wanted_by_oslo(with_block()),
        ("not_followed",),
        ("followed",),
        ("239.9.7.7 of the block calls, wanted by oslo, is not followed", "while a follower runs", "lab follow"),
        later=True,
    ),
    Case(
        "a host wants a group and nobody follows",
        lambda _: wanted_by_host(with_block()),
        ("not_followed",),
        ("followed",),
        ("wanted by buoy-1",),
        later=True,
    ),
    Case(
        "more groups are wanted than the ceiling allows",
        lambda _: wanted_by_oslo(with_block(running("239.9.1.1"), ceiling=1)),
        ("follow_ceiling",),
        ("followed",),
        ("239.9.7.7, wanted by oslo", "1 live groups, as many as its ceiling allows", "groups[calls].ceiling: 2"),
        later=True,
    ),
    Case(
        "a host wants a group outside the block",
        lambda _: wanted_by_host(with_block(running()), OUTSIDE),
        ("group_outside_blocks",),
        ("followed",),
        ("239.8.7.7, wanted by buoy-1", "not listed, and lies outside 239.9.0.0/16", "address: 239.8.7.7"),
        later=True,
    ),
    Case(
        "a device wants a group outside the block",
        lambda _: reported_by(with_block(running()), "172.20.5.20"),
        ("group_outside_blocks",),
        ("followed",),
        ("239.8.7.7, wanted by oslo-phone",),
        later=True,
    ),
    Case(
        "a follower runs and does not join, nobody knows why",
        lambda _: wanted_by_oslo(with_block(running())),
        ("unexplained_followed",),
        ("followed",),
        ("239.9.7.7", "show ip mroute"),
    ),
)
