"""The lowest rungs: AWS, the stacks, and whether everything answers and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.names import stacks_by_site
from mcastlab.lab.design.routers import designed_routers
from mcastlab.verify.ladder.rung import finding, step, unreached
from mcastlab.verify.model import Subject
from mcastlab.verify.observe import AWS, FACTS
from mcastlab.verify.router_view import NOT_NEEDED
from mcastlab.verify.scene import router_subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.verify.model import Finding
    from mcastlab.verify.observations import InstanceView
    from mcastlab.verify.scene import Scene

COMPLETE: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"})
"""A stack whose update was rolled back is whole, and what it was before. Source: CloudFormation, Stack status codes."""

NO_AWS: Final = "AWS does not answer"


@step("aws", "AWS answers", "AWS STS API reference, GetCallerIdentity")
def aws_answers(scene: Scene) -> Iterator[Finding]:
    """The credentials of this environment are taken, and questions are answered."""
    subject = Subject(kind="gateway", name=scene.lab.name)
    expected = f"AWS answers in {scene.lab.region}"
    trouble = scene.seen.why_unseen(AWS)
    if trouble is not None:
        yield finding(subject, expected, trouble.why, holds=False, where="sts get-caller-identity")
        return
    yield finding(
        subject, expected, f"account {scene.aws.account}", holds=scene.aws.account is not None, where="sts, ec2"
    )


@step("stacks", "The stacks are complete", "CloudFormation user guide, Stack status codes")
def stacks_are_complete(scene: Scene) -> Iterator[Finding]:
    """Each stack of the lab is there and complete, and its outputs tell what deployment made."""
    looked_at = {None, *(site.name for site in scene.sites)}
    for name, site in stacks_by_site(scene.lab).items():
        subject, expected = Subject(kind="stack", name=name), f"stack {name} is complete"
        if scene.aws.account is None:
            yield unreached(subject, expected, NO_AWS)
        elif site in looked_at:
            status = scene.aws.stacks.get(name, "there is no such stack")
            yield finding(subject, expected, status, holds=status in COMPLETE, where="cloudformation describe-stacks")
    trouble = scene.seen.why_unseen(FACTS)
    if trouble is not None and scene.aws.account is not None:
        subject = Subject(kind="gateway", name=scene.lab.name)
        yield finding(subject, "the stacks' outputs tell the lab's ids", trouble.why, holds=False)


@step("access", "Routers, hosts and devices answer", "this program's own questions, by SSH and SSM Run Command")
def everything_answers(scene: Scene) -> Iterator[Finding]:
    """Every router lets us in and answers every question; every host and device runs what it is given."""
    for place in designed_routers(scene.lab):
        if place.site is not None and place.site not in scene.sites:
            continue
        subject, expected = router_subject(place.name, place.site), f"{place.name} answers by SSH"
        view, trouble = scene.seen.routers.get(place.name), scene.seen.why_unseen(place.name)
        if view is None:
            yield finding(subject, expected, trouble.why if trouble else "it was not looked at", holds=False)
            continue
        needed = {command: why for command, why in view.unread.items() if command not in NOT_NEEDED}
        unread = "; ".join(f"{command}: {why}" for command, why in needed.items())
        yield finding(subject, expected, unread or "it answered every question", holds=not unread)
    for name, site in _hosts(scene):
        kind = "host" if site is None else "device"
        subject = Subject(kind=kind, name=name, site=site)
        trouble = scene.seen.why_unseen(name)
        seen = trouble.why if trouble is not None else "it answered"
        yield finding(subject, f"{name} runs commands", seen, holds=trouble is None)


def _hosts(scene: Scene) -> Iterator[tuple[str, str | None]]:
    known = set(scene.seen.hosts) | {each.what for each in scene.seen.unseen}
    for name in scene.lab.host_names:
        if name in known:
            yield name, None
    for site in scene.sites:
        for device in site.devices:
            if device.name in known:
                yield device.name, site.name


@step("instances", "Instances run and may forward", "AWS Transit Gateway user guide, Multicast, Considerations")
def instances_run(scene: Scene) -> Iterator[Finding]:
    """Every instance runs on Nitro; the router's source/destination check is off."""
    if scene.facts is None:
        yield unreached(Subject(kind="router", name=designed_routers(scene.lab)[0].name), "instances run", NO_AWS)
        return
    router = designed_routers(scene.lab)[0]
    yield from _instance(scene, router_subject(router.name, None), scene.facts.router_instance_id, scene.aws.router)
    for name, instance_id in scene.facts.host_instance_ids.items():
        yield from _instance(scene, Subject(kind="host", name=name), instance_id, scene.aws.hosts.get(name))


def _instance(scene: Scene, subject: Subject, instance_id: str, view: InstanceView | None) -> Iterator[Finding]:
    where = f"ec2 describe-instances --instance-ids {instance_id}"
    forwards = subject.kind == "router"
    expected = "it runs on a Nitro type" + (", source/destination check off" if forwards else "")
    if view is None:
        if scene.seen.why_unseen(AWS) is not None:
            yield unreached(subject, expected, NO_AWS)
        else:
            yield finding(subject, expected, f"there is no instance {instance_id}", holds=False, where=where)
        return
    seen = f"{view.state}, {view.instance_type}" + ("" if view.nitro is not False else ", not Nitro")
    check = forwards and view.source_dest_check
    if forwards:
        seen += f", source/destination check {'on' if check else 'off'}"
    yield finding(subject, expected, seen, holds=view.running and view.nitro is not False and not check, where=where)
