"""The check of the gateway's multicast domain: its subnets, and the AWS router's memberships."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.lab.design import roles
from mcastlab.lab.design.names import AWS_INTERFACE
from mcastlab.verify.checks import sender_interfaces
from mcastlab.verify.checks.check import NO_AWS, CheckKey, above, check, finding, unreached
from mcastlab.verify.checks.diagnosis import SHELL, RootCause, configuration_of, diagnosis, listed
from mcastlab.verify.findings import Subject
from mcastlab.verify.snapshot.lab import router_subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.verify.findings import Diagnosis, Finding
    from mcastlab.verify.snapshot.aws import ObservedDomain
    from mcastlab.verify.snapshot.lab import Snapshot
    from mcastlab.verify.snapshot.routers import ObservedRouter


@check(
    CheckKey.DOMAIN,
    "The multicast domain has its subnets and members",
    "AWS Transit Gateway user guide, Multicast domains",
)
def domain_has_its_members(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """The domain speaks IGMPv2, each member subnet is associated, the router a member of each group it bridges."""
    router = snapshot.aws_router
    if router is not None and not snapshot.is_bare(router):
        yield from _no_group_lines(snapshot, router)
        yield from sender_interfaces.boundary(snapshot, router)
    domain, subject = snapshot.aws.domain, Subject(kind="domain", name=snapshot.lab.name)
    if snapshot.facts is None or snapshot.cloud is None:
        yield unreached(subject, "the domain is there", NO_AWS)
        return
    wanted, why = snapshot.facts.multicast_domain_id, ""
    if domain is None:
        why = "is gone"
        yield finding(subject, "the domain is there", f"there is no {wanted}", holds=False)
    else:
        available = domain.state == "available"
        yield finding(
            subject,
            "the domain is available and supports IGMPv2",
            f"{domain.state}, Igmpv2Support {'enable' if domain.igmpv2 else 'disable'}",
            holds=available and domain.igmpv2,
            where="ec2 describe-transit-gateway-multicast-domains",
        )
        if not domain.igmpv2:
            why = "has no IGMPv2 support, so that joins change nothing"
        elif not available:
            why = f"is {domain.state}"
    if why and snapshot.aws.router is not None:
        yield diagnosis(
            RootCause.DOMAIN_WRONG,
            f"the multicast domain {wanted} {why}",
            fix=snapshot.command.cdk("deploy", "--all"),
            where=SHELL,
            explains=(*above(CheckKey.DOMAIN), CheckKey.ROUTES),
            subjects=(subject,),
        )
    if domain is not None:
        yield from _subnets(snapshot, domain, diagnosed=not why and snapshot.aws.router is not None)
        yield from _members(snapshot, domain)
        yield from sender_interfaces.memberships(snapshot, domain)


def _subnets(snapshot: Snapshot, domain: ObservedDomain, *, diagnosed: bool) -> Iterator[Finding | Diagnosis]:
    """Say which member subnets are associated with the domain, and what it means for those that are not."""
    attachment = snapshot.vpc_attachment()
    for name in roles.member_subnets(snapshot.lab):
        subnet = snapshot.subnet_of(name)
        state = "not associated" if subnet is None else domain.subnets.get(subnet.subnet_id, "not associated")
        subject, holds = Subject(kind="subnet", name=name), state == "associated"
        yield finding(
            subject,
            f"subnet {name} is associated with the domain",
            state,
            holds=holds,
            where="ec2 get-transit-gateway-multicast-domain-associations",
        )
        if diagnosed and subnet is not None and not holds:
            yield diagnosis(
                RootCause.SUBNET_NOT_ASSOCIATED,
                f"the subnet {name} ({subnet.subnet_id}) is not associated with the multicast domain "
                f"{domain.domain_id}: the gateway carries no multicast of it",
                fix="aws ec2 associate-transit-gateway-multicast-domain "
                f"--transit-gateway-multicast-domain-id {domain.domain_id} --transit-gateway-attachment-id "
                f"{attachment.attachment_id if attachment else 'ATTACHMENT'} --subnet-ids {subnet.subnet_id}",
                where=SHELL,
                explains=above(CheckKey.DOMAIN),
                subjects=(subject, Subject(kind="domain", name=snapshot.lab.name)),
            )


def _members(snapshot: Snapshot, domain: ObservedDomain) -> Iterator[Finding | Diagnosis]:
    """Say of which groups the AWS router is a member in the domain."""
    interface = None if snapshot.aws.router is None else snapshot.aws.router.interface_id
    kinds = {(each.group, each.kind) for each in domain.members if each.interface_id == interface}
    joined = {group for group, _ in kinds}
    for group in roles.bridged_groups(snapshot.lab):
        yield finding(
            Subject(kind="group", name=group.name),
            f"the AWS router is a member of {group.address}",
            "it is" if group.address in joined else "it is not",
            holds=group.address in joined,
            where="ec2 search-transit-gateway-multicast-groups",
        )
    static = roles.bridged_groups(snapshot.lab, "static")
    gone = [group for group in static if (group.address, "static") not in kinds]
    if gone and interface is not None:
        yield diagnosis(
            RootCause.NO_STATIC_MEMBER,
            f"the AWS router is no static member of {listed(str(group.address) for group in gone)} in the gateway's "
            "domain",
            fix="\n".join(
                "aws ec2 register-transit-gateway-multicast-group-members --transit-gateway-multicast-domain-id "
                f"{domain.domain_id} --group-ip-address {group.address} --network-interface-ids {interface}"
                for group in gone
            ),
            where=SHELL,
            explains=above(CheckKey.DOMAIN),
            subjects=[Subject(kind="group", name=group.name) for group in gone],
        )


def _no_group_lines(snapshot: Snapshot, router: ObservedRouter) -> Iterator[Diagnosis]:
    """Say that the AWS router's configuration does not take part in groups that it is to bridge."""
    lines = router.lines(AWS_INTERFACE) or ()
    for bridge, word in (("join", "join-group"), ("static", "static-group")):
        lacking = [
            str(group.address)
            for group in roles.bridged_groups(snapshot.lab)
            if group.bridge == bridge and f"ip igmp {word} {group.address}" not in lines
        ]
        if lacking:
            yield diagnosis(
                RootCause(f"no_{word.replace('-', '_')}"),
                f"{router.name} has no `ip igmp {word}` for {listed(lacking)} on {AWS_INTERFACE}: it neither gets "
                "these groups from the gateway nor forwards them into the VPC",
                fix="\n ".join((f"interface {AWS_INTERFACE}", *(f"ip igmp {word} {address}" for address in lacking))),
                where=configuration_of(router.name),
                explains=above(CheckKey.DOMAIN),
                subjects=(router_subject(router.name, None),),
            )
