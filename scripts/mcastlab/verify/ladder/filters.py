"""The rung of the security groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.flows import Purpose
from mcastlab.verify.filtering import blocked, holders
from mcastlab.verify.ladder.cloud import NO_AWS
from mcastlab.verify.ladder.rung import finding, step, unreached
from mcastlab.verify.model import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcastlab.verify.model import Finding
    from mcastlab.verify.scene import Scene

WHAT_FOR: Final = {
    Purpose.IGMP_QUERY: "the gateway's IGMP queries come in",
    Purpose.IGMP_REPORT: "IGMP reports for the groups go out",
    Purpose.IGMP_LEAVE: "IGMP leaves go out",
    Purpose.DATA_IN: "the groups' datagrams come in",
    Purpose.DATA_OUT: "the groups' datagrams go out",
    Purpose.GRE: "GRE with the far routers passes",
    Purpose.PIM: "PIM registers of the far routers pass",
    Purpose.ICMP: "ICMP with the far routers passes",
}


@step(
    "security-groups",
    "Security groups let everything through that is needed",
    "AWS Transit Gateway user guide, Multicast routing, security groups; VPC user guide, Security group rules",
)
def security_groups_let_through(scene: Scene) -> Iterator[Finding]:
    """The groups of router and hosts let IGMP, the groups' datagrams, GRE, PIM and ICMP through, each way."""
    every = holders(scene)
    if not every:
        yield unreached(Subject(kind="security-group", name="all"), "they let everything through", NO_AWS)
    for holder in every:
        groups = [scene.aws.security_groups[each] for each in holder.groups if each in scene.aws.security_groups]
        subject = Subject(kind="security-group", name=", ".join(group.name for group in groups) or "none")
        for key in dict.fromkeys(flow.purpose for flow in holder.flows):
            flows = [each for each in holder.flows if each.purpose is key]
            shut = blocked(flows, groups)
            sites = {each.site for each in shut}
            site = sites.pop() if len(sites) == 1 else None
            yield finding(
                Subject(kind=subject.kind, name=subject.name, site=site) if shut else subject,
                f"{_named(holder.names)}: {WHAT_FOR[key]}",
                "no rule lets " + ", ".join(each.words for each in shut)
                if shut
                else f"{len(flows)} rules needed, all there",
                holds=not shut,
                where=f"ec2 describe-security-groups --group-ids {' '.join(holder.groups)}",
            )


def _named(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
