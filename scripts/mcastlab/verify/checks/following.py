"""The check of the blocks of groups: what devices want of them is joined, as a follower sees to it."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Final

from mcastlab.follow.demand import demand_of
from mcastlab.follow.reading import GatewayReading, gathered
from mcastlab.lab.blocks import block_of
from mcastlab.lab.design.names import AWS_INTERFACE
from mcastlab.verify.checks.check import SILENT, CheckKey, check, finding, unreached
from mcastlab.verify.checks.diagnosis import DOCUMENT, SHELL, RootCause, diagnosis, listed
from mcastlab.verify.findings import Finding, Subject, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from ipaddress import IPv4Address

    from mcastlab.lab.model import GroupBlock, Site
    from mcastlab.verify.findings import Diagnosis
    from mcastlab.verify.snapshot.lab import Snapshot
    from mcastlab.verify.snapshot.routers import ObservedRouter

ORGANISATION: Final = IPv4Network("239.0.0.0/8")
LOCAL_SCOPE: Final = IPv4Network("239.255.0.0/16")
"""Where devices look for each other, as by SSDP: no router carries it. Source: RFC 2365, section 6.1."""
LEAVING_S: Final = 2
"""What a membership has left at most while a querier asks, after a Leave, whether anybody else wants the group.

IOS's defaults: last-member queries every second, two of them. Source: RFC 2236, section 3; Cisco IOS IP Multicast
Command Reference, ``ip igmp last-member-query-count`` and ``ip igmp last-member-query-interval``.
"""


@check(
    CheckKey.FOLLOWED,
    "Groups of the blocks that devices want are joined",
    "RFC 7761, section 4.2; AWS Transit Gateway user guide, Managing multicast groups",
    concerns=lambda lab: bool(lab.blocks),
)
def wanted_groups_are_followed(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """The AWS router has joined each group of a block that a remote site or a host wants."""
    blocks, router = snapshot.lab.blocks, snapshot.aws_router
    if router is None:
        yield unreached(Subject(kind="group", name=blocks[0].name), "the groups that devices want are joined", SILENT)
        return
    wanted = _wanted(snapshot, router)
    joined = {line.rpartition(" ")[2] for line in router.lines(AWS_INTERFACE) or () if line.startswith("ip igmp ")}
    lacking = [group for group in sorted(wanted) if str(group) not in joined]
    for block in blocks:
        of_block = [group for group in lacking if group in block.address]
        yield _of_block(snapshot, block, sum(group in block.address for group in wanted), of_block)
        if of_block:
            yield from _why(snapshot, block, of_block, wanted)
    yield from _outside(snapshot)


def _wanted(snapshot: Snapshot, router: ObservedRouter) -> Mapping[IPv4Address, frozenset[str]]:
    """Return which groups of the blocks devices want, and who."""
    lab, aws = snapshot.lab, snapshot.aws
    routes = (
        (
            "*" if each.source is None else str(each.source),
            each.group,
            each.incoming_interface,
            [one.interface for one in each.outgoing if one.forwarding],
        )
        for each in router.mroutes
        if block_of(each.group, lab.blocks) is not None
    )
    own = None if aws.router is None else aws.router.interface_id
    members: dict[IPv4Address, set[str]] = {}
    for member in () if aws.domain is None or own is None else aws.domain.members:
        if member.interface_id != own and block_of(member.group, lab.blocks) is not None:
            members.setdefault(member.group, set()).add(member.interface_id)
    gateway = GatewayReading(members={group: frozenset(each) for group, each in members.items()})
    names = {site.gre_interface: site.name for site in lab.sites}
    names |= {host.interface_id: name for name, host in aws.hosts.items()}
    wanted = demand_of(gathered(routes, AWS_INTERFACE), gateway, names).wanted
    over = {site.name: _not_wanted_there(snapshot, site) for site in snapshot.sites}
    found = {group: frozenset(each for each in who if group not in over.get(each, ())) for group, who in wanted.items()}
    return {group: who for group, who in found.items() if who}


def _not_wanted_there(snapshot: Snapshot, site: Site) -> frozenset[IPv4Address]:
    """Return the groups that a remote router has nobody for: the rendezvous point may not have heard of it yet.

    Nor has it anybody where the last device has just left, and it only asks for others.
    """
    router = snapshot.remote_router(site)
    if router is None:
        return frozenset()
    left = {
        (each.group, each.interface)
        for each in router.igmp_groups
        if each.expires_s is not None and each.expires_s <= LEAVING_S
    }
    led = {
        each.group
        for each in router.mroutes
        for one in each.outgoing
        if one.forwarding and one.interface != site.gre_interface and (each.group, one.interface) not in left
    }
    aws_router = snapshot.aws_router
    return frozenset(each.group for each in (aws_router.mroutes if aws_router else ()) if each.group not in led)


def _of_block(snapshot: Snapshot, block: GroupBlock, wanted: int, lacking: Sequence[IPv4Address]) -> Finding:
    subject = Subject(kind="group", name=block.name)
    expected = f"the groups of {block.name} that devices want are joined"
    if not wanted and not snapshot.follower.runs:
        seen = f"not followed: nobody runs {snapshot.command('follow')} here; no device wants a group of it now"
        return Finding(subject=subject, expected=expected, seen=seen, verdict=Verdict.NOT_APPLICABLE)
    seen = f"{len(lacking)} of {wanted} are not: {listed(map(str, lacking))}" if lacking else f"{wanted} are"
    return finding(subject, expected, seen, holds=not lacking, where="show ip mroute; show running-config")


def _why(
    snapshot: Snapshot, block: GroupBlock, lacking: Sequence[IPv4Address], wanted: Mapping[IPv4Address, frozenset[str]]
) -> Iterator[Diagnosis]:
    """Say why a block's groups are wanted and not joined, where it is known."""
    who = listed(sorted({name for group in lacking for name in wanted[group]}))
    groups = listed(map(str, lacking))
    subject = Subject(kind="group", name=block.name)
    if not snapshot.follower.runs:
        yield diagnosis(
            RootCause.NOT_FOLLOWED,
            f"{groups} of the block {block.name}, wanted by {who}, is not followed: the AWS router joins it only while "
            "a follower runs",
            fix=snapshot.command("follow"),
            where=SHELL,
            explains=(CheckKey.FOLLOWED,),
            subjects=(subject,),
            flows_still=True,
        )
        return
    shown = snapshot.follower.shown
    live = 0 if shown is None else sum(each.live for each in shown.groups if each.group in block.address)
    if live >= block.ceiling:
        many = live + len(lacking)
        yield diagnosis(
            RootCause.FOLLOW_CEILING,
            f"{groups}, wanted by {who}, is not followed: {block.name} has {live:,} live groups, as many as its "
            "ceiling allows",
            fix=f"groups[{block.name}].ceiling: {many}",
            where=DOCUMENT,
            explains=(CheckKey.FOLLOWED,),
            subjects=(subject,),
            flows_still=True,
        )


def _outside(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """Say which groups the lab's devices have joined that are neither listed nor in a block."""
    lab = snapshot.lab
    names = {host.interface_id: name for name, host in snapshot.aws.hosts.items()}
    found: dict[IPv4Address, set[str]] = {}
    for member in () if snapshot.aws.domain is None else snapshot.aws.domain.members:
        if member.interface_id in names:
            found.setdefault(member.group, set()).add(names[member.interface_id])
    for site in snapshot.sites:
        devices = {device.address: device.name for device in site.devices}
        router = snapshot.remote_router(site)
        for each in () if router is None else router.igmp_groups:
            if each.last_reporter in devices:
                found.setdefault(each.group, set()).add(devices[each.last_reporter])
    listed_groups = {group.address for group in lab.groups}
    for group in sorted(found.keys() - listed_groups):
        if block_of(group, lab.blocks) is not None or group not in ORGANISATION or group in LOCAL_SCOPE:
            continue
        who, subject = listed(sorted(found[group])), Subject(kind="group", name=str(group))
        expected = "what the lab's devices join is listed, or lies in a block"
        yield finding(subject, expected, f"{who} joined {group}", holds=False, where="show ip igmp groups")
        yield diagnosis(
            RootCause.GROUP_OUTSIDE_BLOCKS,
            f"{group}, wanted by {who}, is not followed: it is not listed, and lies outside "
            f"{listed(str(each.address) for each in lab.blocks)}",
            fix=f"groups: {{name: group-{str(group).replace('.', '-')}, address: {group}}}",
            where=DOCUMENT,
            explains=(CheckKey.FOLLOWED,),
            subjects=(subject,),
            flows_still=True,
        )
