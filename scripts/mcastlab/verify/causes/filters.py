"""Causes in security groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.design import roles
from mcastlab.lab.design.flows import Protocol, Purpose
from mcastlab.lab.design.roles import bridged_groups
from mcastlab.verify.causes.rule import SHELL, cause, listed
from mcastlab.verify.filtering import blocked, holders
from mcastlab.verify.model import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcastlab.lab.design.flows import AllowedFlow
    from mcastlab.verify.filtering import Holder
    from mcastlab.verify.model import Cause
    from mcastlab.verify.observations import SecurityGroupView
    from mcastlab.verify.scene import Scene

EXPLAINS: Final = {
    Purpose.IGMP_QUERY: ("security-groups", "domain"),
    Purpose.IGMP_LEAVE: ("security-groups",),
    Purpose.IGMP_REPORT: ("security-groups", "domain", "traffic"),
    Purpose.DATA_IN: ("security-groups", "traffic"),
    Purpose.DATA_OUT: ("security-groups", "traffic"),
    Purpose.GRE: ("security-groups", "gre", "mtu", "pim-neighbors", "traffic"),
    Purpose.PIM: ("security-groups", "traffic"),
    Purpose.ICMP: ("security-groups", "gre"),
}
"""The rungs that fall by what is not let through."""

EFFECT: Final = {
    Purpose.IGMP_QUERY: (
        "the gateway's queries go unanswered, and after three of them, about six minutes, the members expire"
    ),
    Purpose.IGMP_LEAVE: (
        "who leaves a group goes on receiving it until three queries have gone unanswered, about six minutes"
    ),
    Purpose.IGMP_REPORT: "joins do not reach the gateway",
    Purpose.DATA_IN: "the groups' datagrams are dropped on their way in",
    Purpose.DATA_OUT: "the groups' datagrams are dropped on their way out",
    Purpose.GRE: "GRE with the far routers is dropped",
    Purpose.PIM: "registers of far senders are dropped, so their groups do not reach the VPC",
    Purpose.ICMP: "pings, and answers about packets that are too large, are dropped",
}


GRE_LATER: Final = "GRE passes as an answer to what the other end sent, and no more once that is no longer tracked"


def rule_is_missing(scene: Scene) -> Iterator[Cause]:
    """No rule of the security groups lets something through that has to pass."""
    shut: dict[tuple[tuple[str, ...], Purpose, bool], list[tuple[Holder, AllowedFlow]]] = {}
    for holder in holders(scene):
        groups = [scene.aws.security_groups[each] for each in holder.groups if each in scene.aws.security_groups]
        if not groups:
            continue
        for flow in blocked(holder.flows, groups):
            shut.setdefault((holder.groups, flow.purpose, flow.egress), []).append((holder, flow))
    ranked = sorted(shut.items(), key=lambda entry: _ORDER.index(entry[0][1]))
    for (ids, key, _), found in ranked:
        groups = [scene.aws.security_groups[each] for each in ids if each in scene.aws.security_groups]
        yield _cause(scene, key, groups[0], found)


_ORDER: Final = (
    Purpose.GRE,
    Purpose.PIM,
    Purpose.IGMP_REPORT,
    Purpose.DATA_OUT,
    Purpose.DATA_IN,
    Purpose.IGMP_QUERY,
    Purpose.IGMP_LEAVE,
    Purpose.ICMP,
)


def _cause(scene: Scene, key: Purpose, group: SecurityGroupView, found: Sequence[tuple[Holder, AllowedFlow]]) -> Cause:
    holder = found[0][0]
    flows = tuple(dict.fromkeys(flow for _, flow in found))
    names = listed(name for each, _ in found for name in each.names)
    still = _still(scene, key, holder, flows)
    sites = {flow.site for flow in flows}
    later = "packets still flow; " if still else ""
    effect = GRE_LATER if still and key is Purpose.GRE else EFFECT[key]
    way = "egress" if flows[0].egress else "ingress"
    permissions = " ".join(_permission(flow) for flow in flows)
    return cause(
        f"security-group-{key}",
        f"the security group {group.name} of {names} has no rule for {listed(each.words for each in flows)}: "
        f"{later}{effect}",
        mend=f"aws ec2 authorize-security-group-{way} --group-id {group.group_id} --ip-permissions {permissions}",
        where=SHELL,
        rungs=EXPLAINS[key],
        subjects=[Subject(kind="security-group", name=group.name, site=site) for site in sites],
        flows_still=still,
    )


def _permission(flow: AllowedFlow) -> str:
    protocol = {Protocol.ICMP: "icmp", Protocol.UDP: "udp"}.get(flow.protocol, flow.protocol.value)
    ports = {"udp": f",FromPort={flow.port},ToPort={flow.port}", "icmp": ",FromPort=-1,ToPort=-1"}
    return f"'IpProtocol={protocol}{ports.get(protocol, '')},IpRanges=[{{CidrIp={flow.network}}}]'"


def _still(scene: Scene, key: Purpose, holder: Holder, flows: Sequence[AllowedFlow]) -> bool:
    """Say whether packets flow all the same: what is tracked passes as an answer, and members expire late."""
    sites = [site for site in scene.sites if {site.name, None} & {flow.site for flow in flows}]
    if key is Purpose.GRE:
        return all(scene.overlay_up(site) for site in sites)
    if key is Purpose.PIM:
        # A Register-Stop is an answer to the Register that was let in.
        return flows[0].egress or not any(roles.to_vpc(scene.lab, site) for site in sites)
    if key is Purpose.IGMP_QUERY and holder.is_router and scene.aws.domain is not None and scene.aws.router is not None:
        own = scene.aws.router.interface_id
        members = {member.group for member in scene.aws.domain.members if member.interface_id == own}
        return all(group.address in members for group in bridged_groups(scene.lab))
    return key in {Purpose.IGMP_QUERY, Purpose.IGMP_LEAVE, Purpose.ICMP}
