"""Causes in security groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.design import roles
from mcastlab.lab.design.roles import bridged_groups
from mcastlab.verify.causes.rule import SHELL, cause, listed
from mcastlab.verify.filtering import blocked, holders
from mcastlab.verify.model import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcastlab.verify.filtering import Holder, Passage
    from mcastlab.verify.model import Cause
    from mcastlab.verify.observations import SecurityGroupView
    from mcastlab.verify.scene import Scene

EXPLAINS: Final = {
    "igmp-query": ("security-groups", "domain"),
    "igmp-leave": ("security-groups",),
    "igmp-report": ("security-groups", "domain", "traffic"),
    "data-in": ("security-groups", "traffic"),
    "data-out": ("security-groups", "traffic"),
    "gre": ("security-groups", "gre", "mtu", "pim-neighbors", "traffic"),
    "pim": ("security-groups", "traffic"),
    "icmp": ("security-groups", "gre"),
}
"""The rungs that fall by what is not let through."""

EFFECT: Final = {
    "igmp-query": "the gateway's queries go unanswered, and after three of them, about six minutes, the members expire",
    "igmp-leave": "who leaves a group goes on receiving it until three queries have gone unanswered, about six minutes",
    "igmp-report": "joins do not reach the gateway",
    "data-in": "the groups' datagrams are dropped on their way in",
    "data-out": "the groups' datagrams are dropped on their way out",
    "gre": "GRE with the far routers is dropped",
    "gre-later": "GRE passes as an answer to what the other end sent, and no more once that is no longer tracked",
    "pim": "registers of far senders are dropped, so their groups do not reach the VPC",
    "icmp": "pings, and answers about packets that are too large, are dropped",
}


def rule_is_missing(scene: Scene) -> Iterator[Cause]:
    """No rule of the security groups lets something through that has to pass."""
    shut: dict[tuple[tuple[str, ...], str, bool], list[tuple[Holder, Passage]]] = {}
    for holder in holders(scene):
        groups = [scene.aws.security_groups[each] for each in holder.groups if each in scene.aws.security_groups]
        if not groups:
            continue
        for passage in blocked(holder.passages, groups):
            shut.setdefault((holder.groups, passage.key, passage.egress), []).append((holder, passage))
    ranked = sorted(shut.items(), key=lambda entry: _ORDER.index(entry[0][1]))
    for (ids, key, _), found in ranked:
        groups = [scene.aws.security_groups[each] for each in ids if each in scene.aws.security_groups]
        yield _cause(scene, key, groups[0], found)


_ORDER: Final = ("gre", "pim", "igmp-report", "data-out", "data-in", "igmp-query", "igmp-leave", "icmp")


def _cause(scene: Scene, key: str, group: SecurityGroupView, found: Sequence[tuple[Holder, Passage]]) -> Cause:
    holder = found[0][0]
    passages = tuple(dict.fromkeys(passage for _, passage in found))
    names = listed(name for each, _ in found for name in each.names)
    still = _still(scene, key, holder, passages)
    sites = {passage.site for passage in passages}
    later = "packets still flow; " if still else ""
    effect = EFFECT["gre-later"] if still and key == "gre" else EFFECT[key]
    way = "egress" if passages[0].egress else "ingress"
    permissions = " ".join(_permission(passage) for passage in passages)
    return cause(
        f"security-group-{key}",
        f"the security group {group.name} of {names} has no rule for {listed(each.words for each in passages)}: "
        f"{later}{effect}",
        mend=f"aws ec2 authorize-security-group-{way} --group-id {group.group_id} --ip-permissions {permissions}",
        where=SHELL,
        rungs=EXPLAINS[key],
        subjects=[Subject(kind="security-group", name=group.name, site=site) for site in sites],
        flows_still=still,
    )


def _permission(passage: Passage) -> str:
    protocol = {"1": "icmp", "17": "udp"}.get(passage.protocol, passage.protocol)
    ports = {"udp": f",FromPort={passage.port},ToPort={passage.port}", "icmp": ",FromPort=-1,ToPort=-1"}
    return f"'IpProtocol={protocol}{ports.get(protocol, '')},IpRanges=[{{CidrIp={passage.network}}}]'"


def _still(scene: Scene, key: str, holder: Holder, passages: Sequence[Passage]) -> bool:
    """Say whether packets flow all the same: what is tracked passes as an answer, and members expire late."""
    sites = [site for site in scene.sites if {site.name, None} & {passage.site for passage in passages}]
    if key == "gre":
        return all(scene.overlay_up(site) for site in sites)
    if key == "pim":
        # A Register-Stop is an answer to the Register that was let in.
        return passages[0].egress or not any(roles.to_vpc(scene.lab, site) for site in sites)
    if key == "igmp-query" and holder.is_router and scene.aws.domain is not None and scene.aws.router is not None:
        own = scene.aws.router.interface_id
        members = {member.group for member in scene.aws.domain.members if member.interface_id == own}
        return all(group.address in members for group in bridged_groups(scene.lab))
    return key in {"igmp-query", "igmp-leave", "icmp"}
