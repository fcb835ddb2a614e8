"""The check of the security groups: what the design's flows need is let through."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import collapse_addresses
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design import roles
from mcastlab.lab.design.allowed_flow import Protocol, Purpose
from mcastlab.lab.design.flows import host_flows, router_flows, sender_flows
from mcastlab.lab.design.names import aws_router_name
from mcastlab.verify.checks.check import NO_AWS, CheckKey, above, check, finding, unreached
from mcastlab.verify.checks.diagnosis import SHELL, RootCause, diagnosis, listed
from mcastlab.verify.findings import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcastlab.lab.design.allowed_flow import AllowedFlow
    from mcastlab.verify.findings import Diagnosis, Finding
    from mcastlab.verify.snapshot.aws import ObservedSecurityGroup
    from mcastlab.verify.snapshot.lab import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class _Purpose:
    """What flows of one purpose are for, what happens without them, and the checks that fail then."""

    needed_for: str
    effect: str
    explains: tuple[CheckKey, ...]


_ABOVE: Final = above(CheckKey.SECURITY_GROUPS)

PURPOSES: Final = {
    Purpose.GRE: _Purpose(
        needed_for="GRE with the remote routers passes",
        effect="GRE with the remote routers is dropped",
        explains=(CheckKey.SECURITY_GROUPS, *above(CheckKey.GRE)),
    ),
    Purpose.PIM: _Purpose(
        needed_for="PIM registers of the remote routers pass",
        effect="registers of remote senders are dropped, so their groups do not reach the VPC",
        explains=_ABOVE,
    ),
    Purpose.IGMP_REPORT: _Purpose(
        needed_for="IGMP reports for the groups go out",
        effect="joins do not reach the gateway",
        explains=(*_ABOVE, CheckKey.DOMAIN),
    ),
    Purpose.DATA_OUT: _Purpose(
        needed_for="the groups' datagrams go out",
        effect="the groups' datagrams are dropped on their way out",
        explains=_ABOVE,
    ),
    Purpose.DATA_IN: _Purpose(
        needed_for="the groups' datagrams come in",
        effect="the groups' datagrams are dropped on their way in",
        explains=_ABOVE,
    ),
    Purpose.IGMP_QUERY: _Purpose(
        needed_for="the gateway's IGMP queries come in",
        effect="the gateway's queries go unanswered, and after three of them, about six minutes, the members expire",
        explains=(CheckKey.SECURITY_GROUPS, CheckKey.DOMAIN),
    ),
    Purpose.IGMP_LEAVE: _Purpose(
        needed_for="IGMP leaves go out",
        effect="who leaves a group goes on receiving it until three queries have gone unanswered, about six minutes",
        explains=(CheckKey.SECURITY_GROUPS,),
    ),
    Purpose.ICMP: _Purpose(
        needed_for="ICMP with the remote routers passes",
        effect="pings, and answers about packets that are too large, are dropped",
        explains=(CheckKey.SECURITY_GROUPS, CheckKey.GRE),
    ),
}

GRE_LATER: Final = "GRE passes as an answer to what the other end sent, and no more once that is no longer tracked"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Holder:
    """Who stands behind the same security groups: their ids, the names, and the flows that they need."""

    groups: tuple[str, ...]
    names: tuple[str, ...]
    label: str
    """What they are together: the same in every run of a lab."""
    is_router: bool
    flows: tuple[AllowedFlow, ...]


@check(
    CheckKey.SECURITY_GROUPS,
    "Security groups let everything through that is needed",
    "AWS Transit Gateway user guide, Multicast routing, security groups; VPC user guide, Security group rules",
)
def security_groups_let_through(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """The groups of router and hosts let IGMP, the groups' datagrams, GRE, PIM and ICMP through, each way."""
    holders = tuple(_holders(snapshot))
    if not holders:
        yield unreached(Subject(kind="security_group", name="all"), "they let everything through", NO_AWS)
    shut: dict[tuple[tuple[str, ...], Purpose, bool], list[tuple[_Holder, AllowedFlow]]] = {}
    for holder in holders:
        groups = _groups(snapshot, holder)
        for purpose in dict.fromkeys(flow.purpose for flow in holder.flows):
            flows = [flow for flow in holder.flows if flow.purpose is purpose]
            blocked = [flow for flow in flows if not passes(flow, groups)]
            sites = {flow.site for flow in blocked}
            yield finding(
                Subject(
                    kind="security_group",
                    name=", ".join(group.name for group in groups) or "none",
                    site=sites.pop() if len(sites) == 1 else None,
                ),
                f"{holder.label}: {PURPOSES[purpose].needed_for}",
                "no rule lets " + ", ".join(flow.words for flow in blocked)
                if blocked
                else f"{len(flows)} rules needed, all there",
                holds=not blocked,
                where=f"ec2 describe-security-groups --group-ids {' '.join(holder.groups)}",
            )
            for flow in blocked if groups else ():
                shut.setdefault((holder.groups, purpose, flow.egress), []).append((holder, flow))
    for (_, purpose, _), found in shut.items():
        yield _rule_missing(snapshot, purpose, found)


def _groups(snapshot: Snapshot, holder: _Holder) -> list[ObservedSecurityGroup]:
    known = snapshot.aws.security_groups
    return [known[each] for each in holder.groups if each in known]


def _holders(snapshot: Snapshot) -> Iterator[_Holder]:
    """Yield everybody behind security groups, the AWS router first, hosts with the same groups together."""
    lab = snapshot.lab
    if snapshot.aws.router is not None:
        yield _Holder(
            groups=snapshot.aws.router.security_groups,
            names=(aws_router_name(lab),),
            label=aws_router_name(lab),
            is_router=True,
            flows=tuple(flow for flow in router_flows(lab) if flow.needed),
        )
    for interface, there in snapshot.beside_senders():
        if there is not None:
            name = f"{interface.name} of {aws_router_name(lab)}"
            yield _Holder(
                groups=there.security_groups,
                names=(name,),
                label=name,
                is_router=False,
                flows=tuple(flow for flow in sender_flows(lab, interface.subnet.name) if flow.needed),
            )
    for hosts in lab.hosts:
        flows = tuple(flow for flow in host_flows(lab, hosts) if flow.needed)
        alike: dict[tuple[str, ...], list[str]] = {}
        for name in hosts.names:
            instance = snapshot.aws.hosts.get(name)
            if instance is not None:
                alike.setdefault(instance.security_groups, []).append(name)
        for groups, names in alike.items():
            label = f"hosts {hosts.name}" if len(alike) == 1 else listed(names)
            yield _Holder(groups=groups, names=tuple(names), label=label, is_router=False, flows=flows)


def passes(flow: AllowedFlow, groups: Sequence[ObservedSecurityGroup]) -> bool:
    """Say whether rules of the groups together allow a flow."""
    open_to = [
        rule.network
        for group in groups
        for rule in group.rules
        if rule.egress == flow.egress
        and rule.protocol in {"-1", flow.protocol}
        and (rule.first_port is None or _covers(rule.first_port, rule.last_port, flow))
    ]
    return any(flow.network.subnet_of(network) for network in collapse_addresses(open_to))


def _covers(first: int, last: int | None, flow: AllowedFlow) -> bool:
    ports, end = flow.ports, first if last is None else last
    return ports is None or first <= ports.first <= ports.last <= end


def _rule_missing(snapshot: Snapshot, purpose: Purpose, found: Sequence[tuple[_Holder, AllowedFlow]]) -> Diagnosis:
    """Say that no rule of the security groups lets something through that has to pass."""
    holder, group = found[0][0], _groups(snapshot, found[0][0])[0]
    flows = tuple(dict.fromkeys(flow for _, flow in found))
    names = listed(name for each, _ in found for name in each.names)
    still = _still(snapshot, purpose, holder, flows)
    effect = GRE_LATER if still and purpose is Purpose.GRE else PURPOSES[purpose].effect
    way = "egress" if flows[0].egress else "ingress"
    permissions = " ".join(_permission(flow) for flow in flows)
    return diagnosis(
        RootCause(f"security_group_{purpose.replace('-', '_')}"),
        f"the security group {group.name} of {names} has no rule for {listed(flow.words for flow in flows)}: "
        f"{'packets still flow; ' if still else ''}{effect}",
        fix=f"aws ec2 authorize-security-group-{way} --group-id {group.group_id} --ip-permissions {permissions}",
        where=SHELL,
        explains=PURPOSES[purpose].explains,
        subjects=[Subject(kind="security_group", name=group.name, site=flow.site) for flow in flows],
        flows_still=still,
    )


def _permission(flow: AllowedFlow) -> str:
    protocol = {Protocol.ICMP: "icmp", Protocol.UDP: "udp"}.get(flow.protocol, flow.protocol.value)
    ports = {"udp": f",FromPort={flow.port},ToPort={flow.last_port or flow.port}", "icmp": ",FromPort=-1,ToPort=-1"}
    return f"'IpProtocol={protocol}{ports.get(protocol, '')},IpRanges=[{{CidrIp={flow.network}}}]'"


def _still(snapshot: Snapshot, purpose: Purpose, holder: _Holder, flows: Sequence[AllowedFlow]) -> bool:
    """Say whether packets flow all the same: what is tracked passes as an answer, and members expire late."""
    sites = [site for site in snapshot.sites if {site.name, None} & {flow.site for flow in flows}]
    domain, router = snapshot.aws.domain, snapshot.aws.router
    if purpose is Purpose.GRE:
        return all(snapshot.overlay_up(site) for site in sites)
    if purpose is Purpose.PIM:
        # A Register-Stop is an answer to the Register that was let in.
        return flows[0].egress or not any(roles.to_vpc(snapshot.lab, site) for site in sites)
    if purpose is Purpose.IGMP_QUERY and holder.is_router and domain is not None and router is not None:
        members = {member.group for member in domain.members if member.interface_id == router.interface_id}
        return all(group.address in members for group in roles.bridged_groups(snapshot.lab))
    return purpose in {Purpose.IGMP_QUERY, Purpose.IGMP_LEAVE, Purpose.ICMP}
