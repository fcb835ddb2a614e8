"""What the AWS router's interfaces beside its first one need: themselves, memberships, and a boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.ios.configuration import section
from mcastlab.lab.design import roles
from mcastlab.lab.design.names import AWS_INTERFACE, VPC_BOUNDARY, aws_router_name
from mcastlab.lab.design.routers import sender_interfaces
from mcastlab.verify.checks.check import CheckKey, above, finding
from mcastlab.verify.checks.diagnosis import SHELL, RootCause, configuration_of, diagnosis, listed
from mcastlab.verify.findings import Subject
from mcastlab.verify.snapshot.lab import router_subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.verify.findings import Diagnosis, Finding
    from mcastlab.verify.snapshot.aws import ObservedDomain
    from mcastlab.verify.snapshot.lab import Snapshot
    from mcastlab.verify.snapshot.routers import ObservedRouter

_LINE: Final = f"ip multicast boundary {VPC_BOUNDARY} out"


def interfaces_are_there(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """Say whether the AWS router has its interface in each subnet of senders, with source/destination check off."""
    subject, router = router_subject(aws_router_name(snapshot.lab), None), snapshot.aws.router
    if router is None or not router.running:
        return  # its instance has a finding
    for interface, there in snapshot.beside_senders():
        name, checked = interface.subnet.name, there is not None and there.source_dest_check
        seen = f"source/destination check {'on' if checked else 'off'}" if there else "there is no such interface"
        yield finding(
            subject,
            f"{interface.name} is in {name}, source/destination check off",
            seen,
            holds=there is not None and not checked,
            where=f"ec2 describe-instances --instance-ids {router.instance_id}",
        )
        if there is None:
            yield diagnosis(
                RootCause.SENDER_INTERFACE_MISSING,
                f"{subject.name} has no interface in {name}, so the senders there reach no remote site",
                fix=snapshot.command.cdk("deploy", "--all"),
                where=SHELL,
                explains=(
                    *(CheckKey.INSTANCES, CheckKey.SECURITY_GROUPS, CheckKey.DOMAIN),
                    *(CheckKey.PIM_INTERFACES, *above(CheckKey.REVERSE_PATHS)),
                ),
                subjects=(subject,),
            )
        elif checked:
            yield diagnosis(
                RootCause.SOURCE_DEST_CHECK,
                f"the source/destination check of {subject.name} is on in {name}: AWS drops its answers to hosts there "
                "that ask for another of its addresses; datagrams still flow",
                fix=f"aws ec2 modify-network-interface-attribute --network-interface-id {there.interface_id} "
                "--no-source-dest-check",
                where=SHELL,
                explains=(CheckKey.INSTANCES,),
                subjects=(subject,),
                flows_still=True,
            )


def memberships(snapshot: Snapshot, domain: ObservedDomain) -> Iterator[Finding | Diagnosis]:
    """Say of which groups the AWS router's interfaces beside its first one are members in the domain."""
    members = {(each.interface_id, each.group) for each in domain.members}
    for interface, there in snapshot.beside_senders():
        gone = []
        for group in roles.groups_sent_from(snapshot.lab, interface.subnet.name):
            holds = there is not None and (there.interface_id, group.address) in members
            yield finding(
                Subject(kind="group", name=group.name),
                f"{interface.name} of the AWS router is a member of {group.address}",
                "it is" if holds else "it is not",
                holds=holds,
                where="ec2 search-transit-gateway-multicast-groups",
            )
            if not holds:
                gone.append(group)
        if gone and there is not None:
            yield diagnosis(
                RootCause.NO_STATIC_MEMBER,
                f"{interface.name} of the AWS router is no member of {listed(str(group.address) for group in gone)} in "
                f"the gateway's domain: what senders in {interface.subnet.name} send reaches no remote site",
                fix="\n".join(
                    "aws ec2 register-transit-gateway-multicast-group-members --transit-gateway-multicast-domain-id "
                    f"{domain.domain_id} --group-ip-address {group.address} --network-interface-ids "
                    f"{there.interface_id}"
                    for group in gone
                ),
                where=SHELL,
                explains=above(CheckKey.DOMAIN),
                subjects=[Subject(kind="group", name=group.name) for group in gone],
            )


def boundary(snapshot: Snapshot, router: ObservedRouter) -> Iterator[Finding | Diagnosis]:
    """Say whether what came from the VPC stays out of it: the first interface would send it into the domain again."""
    further = sender_interfaces(snapshot.lab)
    if not further:
        return
    subject = router_subject(router.name, None)
    cidr = snapshot.lab.vpc.cidr
    applied = _LINE in (router.lines(AWS_INTERFACE) or ())
    access_list = section(router.tree, f"ip access-list extended {VPC_BOUNDARY}")
    entries = () if access_list is None else tuple(line.text for line in access_list.below)
    denies = entries[:1] == (f"deny ip {cidr.network_address} {cidr.hostmask} any",)
    yield finding(
        subject,
        f"what came from the VPC does not leave by {AWS_INTERFACE}",
        "a boundary denies it" if applied and denies else "no boundary denies it",
        holds=applied and denies,
        where="show running-config",
    )
    if applied and denies:
        return
    # An entry that is added to a list stands behind the others, and decides nothing there.
    yield diagnosis(
        RootCause.NO_BOUNDARY,
        f"nothing keeps {router.name} from sending what comes in by {listed(each.name for each in further)} back into "
        f"the VPC by {AWS_INTERFACE}: each datagram comes in again and again until its TTL is used up",
        fix=f"interface {AWS_INTERFACE}\n {_LINE}" if denies else snapshot.command("configure"),
        where=configuration_of(router.name) if denies else SHELL,
        explains=above(CheckKey.DOMAIN),
        subjects=(subject,),
    )
