"""The lowest checks: AWS, the stacks, and the instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.names import StackRole, aws_router_name, stack_name, stacks_by_site
from mcastlab.verify.checks.check import NO_AWS, CheckKey, above, check, finding, unreached
from mcastlab.verify.checks.diagnosis import DOCUMENT, SHELL, RootCause, diagnosis
from mcastlab.verify.checks.sender_interfaces import interfaces_are_there
from mcastlab.verify.findings import Subject
from mcastlab.verify.snapshot.lab import AWS, FACTS, router_subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.verify.findings import Diagnosis, Finding
    from mcastlab.verify.snapshot.aws import ObservedInstance
    from mcastlab.verify.snapshot.lab import Snapshot

COMPLETE: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"})
"""A stack whose update was rolled back is whole, and what it was before. Source: CloudFormation, Stack status codes."""

UNSEEN: Final = (
    CheckKey.STACKS,
    CheckKey.ACCESS,
    CheckKey.INSTANCES,
    CheckKey.ROUTES,
    CheckKey.SECURITY_GROUPS,
    CheckKey.DOMAIN,
    CheckKey.TRAFFIC,
)
"""The checks that cannot see what they look at while AWS, or the stacks' outputs, cannot be read."""


@check(CheckKey.AWS, "AWS answers", "AWS STS API reference, GetCallerIdentity")
def aws_answers(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """The credentials of this environment are taken, and questions are answered."""
    subject = Subject(kind="gateway", name=snapshot.lab.name)
    expected = f"AWS answers in {snapshot.lab.region}"
    trouble, account = snapshot.why_unseen(AWS), snapshot.aws.account
    if trouble is None:
        yield finding(subject, expected, f"account {account}", holds=account is not None, where="sts, ec2")
        return
    yield finding(subject, expected, trouble.why, holds=False, where="sts get-caller-identity")
    yield diagnosis(
        RootCause.AWS_DOES_NOT_ANSWER,
        trouble.why,
        fix=trouble.hint or "check the credentials, the region and AWS_ENDPOINT_URL of this environment",
        where=SHELL,
        explains=(CheckKey.AWS, *UNSEEN),
        subjects=(subject,),
    )


@check(CheckKey.STACKS, "The stacks are complete", "CloudFormation user guide, Stack status codes")
def stacks_are_complete(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """Each stack of the lab is there and complete, and its outputs tell what deployment made."""
    looked_at = {None, *(site.name for site in snapshot.sites)}
    known, sound = snapshot.aws.account is not None, True
    for name, site in stacks_by_site(snapshot.lab).items():
        subject, expected = Subject(kind="stack", name=name), f"stack {name} is complete"
        if not known:
            yield unreached(subject, expected, NO_AWS)
        elif site in looked_at:
            status = snapshot.aws.stacks.get(name)
            holds = status in COMPLETE
            seen = status or "there is no such stack"
            yield finding(subject, expected, seen, holds=holds, where="cloudformation describe-stacks")
            if not holds:
                sound = False
                yield diagnosis(
                    RootCause.STACK_NOT_COMPLETE,
                    f"stack {name} is {status or 'not there'}",
                    fix=snapshot.command.cdk("deploy", name),
                    where=SHELL,
                    explains=above(CheckKey.STACKS),
                    subjects=(subject,),
                )
    trouble, subject = snapshot.why_unseen(FACTS), Subject(kind="gateway", name=snapshot.lab.name)
    if trouble is not None and known:
        yield finding(subject, "the stacks' outputs tell the lab's ids", trouble.why, holds=False)
        if sound:
            yield diagnosis(
                RootCause.OUTPUTS_UNREADABLE,
                trouble.why,
                fix=trouble.hint or snapshot.command.cdk("deploy", "--all"),
                where=SHELL,
                explains=UNSEEN,
                subjects=(subject,),
            )


@check(CheckKey.INSTANCES, "Instances run and may forward", "AWS Transit Gateway user guide, Multicast, Considerations")
def instances_run(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """Every instance runs on Nitro; the router has its interfaces, and their source/destination check is off."""
    router = router_subject(aws_router_name(snapshot.lab), None)
    if snapshot.facts is None:
        yield unreached(router, "instances run", NO_AWS)
        return
    yield from _instance(snapshot, router, snapshot.facts.router_instance_id, snapshot.aws.router)
    yield from interfaces_are_there(snapshot)
    for name, instance_id in snapshot.facts.host_instance_ids.items():
        yield from _instance(snapshot, Subject(kind="host", name=name), instance_id, snapshot.aws.hosts.get(name))


def _instance(
    snapshot: Snapshot, subject: Subject, instance_id: str, instance: ObservedInstance | None
) -> Iterator[Finding | Diagnosis]:
    where = f"ec2 describe-instances --instance-ids {instance_id}"
    forwards = subject.kind == "router"
    expected = "it runs on a Nitro type" + (", source/destination check off" if forwards else "")
    blind = snapshot.why_unseen(AWS) is not None
    if instance is None:
        if blind:
            yield unreached(subject, expected, NO_AWS)
            return
        yield finding(subject, expected, f"there is no instance {instance_id}", holds=False, where=where)
    else:
        checked, no_nitro = forwards and instance.source_dest_check, instance.nitro is False
        seen = f"{instance.state}, {instance.instance_type}" + (", not Nitro" if no_nitro else "")
        if forwards:
            seen += f", source/destination check {'on' if checked else 'off'}"
        holds = instance.running and not no_nitro and not checked
        yield finding(subject, expected, seen, holds=holds, where=where)
        if checked and instance.running:
            yield _checks_addresses(snapshot, subject, instance)
    if not blind:
        yield from _does_not_run(snapshot, subject, instance_id, instance)


def _does_not_run(
    snapshot: Snapshot, subject: Subject, instance_id: str, instance: ObservedInstance | None
) -> Iterator[Diagnosis]:
    """Say that an instance is gone, stopped, or of a type that cannot send multicast to the gateway."""
    if instance is None or instance.state in {"terminated", "shutting-down"}:
        fix, why = _anew(snapshot, subject), "is gone"
    elif not instance.running:
        fix, why = f"aws ec2 start-instances --instance-ids {instance_id}", f"is {instance.state}"
    else:
        if instance.nitro is False:
            yield diagnosis(
                RootCause.INSTANCE_NOT_NITRO,
                f"{subject.name} is a {instance.instance_type}, no Nitro type: it cannot send multicast to the gateway",
                fix="instance_type: one of the Nitro generation, as m5n.large",
                where=DOCUMENT,
                explains=(CheckKey.INSTANCES, CheckKey.TRAFFIC),
                subjects=(subject,),
            )
        return
    yield diagnosis(
        RootCause.INSTANCE_DOES_NOT_RUN,
        f"the instance {instance_id} of {subject.name} {why}",
        fix=fix,
        where=SHELL,
        explains=(*above(CheckKey.INSTANCES), CheckKey.VPN_TUNNELS, CheckKey.BGP),
        subjects=(subject,),
        # What the other hosts send and receive is still measured.
        flows_still=subject.kind == "host",
    )


def _anew(snapshot: Snapshot, subject: Subject) -> str:
    """Return what makes an instance anew: its stack does not know that it is gone."""
    role = StackRole.ROUTER if subject.kind == "router" else StackRole.HOSTS
    destroy = snapshot.command.cdk("destroy", "--force", stack_name(snapshot.lab, role))
    return f"{destroy}\n{snapshot.command.cdk('deploy', '--all')}"


def _checks_addresses(snapshot: Snapshot, subject: Subject, instance: ObservedInstance) -> Diagnosis:
    """Say that the AWS router neither forwards nor answers for its loopback."""
    return diagnosis(
        RootCause.SOURCE_DEST_CHECK,
        f"the source/destination check of {subject.name} is on: AWS drops what is not to or from {instance.address}, "
        f"so GRE to {snapshot.lab.router.loopback} and datagrams of remote senders",
        fix=f"aws ec2 modify-instance-attribute --instance-id {instance.instance_id} --no-source-dest-check",
        where=SHELL,
        explains=(CheckKey.INSTANCES, *above(CheckKey.GRE)),
        subjects=(subject,),
    )
