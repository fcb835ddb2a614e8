"""Causes at the bottom: AWS, stacks and instances, and what does not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.lab.design.names import StackRole, aws_router_name, stack_name, stacks_by_site
from mcastlab.lab.design.routers import designed_routers
from mcastlab.verify.causes.rule import DOCUMENT, SHELL, cause, listed
from mcastlab.verify.ladder.cloud import COMPLETE
from mcastlab.verify.model import Subject
from mcastlab.verify.observe import AWS, FACTS
from mcastlab.verify.scene import router_subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.verify.model import Cause
    from mcastlab.verify.observations import InstanceView, RouterView
    from mcastlab.verify.scene import Scene

CLOUD = ("stacks", "access", "instances", "routes", "security-groups", "domain", "traffic")
ALL_OF_A_SITE = ("access", "vpn-tunnels", "bgp", "routes", "gre", "mtu", "pim-neighbors", "reverse-paths", "traffic")


def aws_does_not_answer(scene: Scene) -> Iterator[Cause]:
    """AWS refuses this environment's credentials, or cannot be reached."""
    trouble = scene.seen.why_unseen(AWS)
    if trouble is not None:
        yield cause(
            "aws-does-not-answer",
            trouble.why,
            mend=trouble.hint or "check the credentials, the region and AWS_ENDPOINT_URL of this environment",
            where=SHELL,
            rungs=("aws", *CLOUD),
            subjects=(Subject(kind="gateway", name=scene.lab.name),),
        )


def stack_is_not_complete(scene: Scene) -> Iterator[Cause]:
    """A stack is missing, or is not in a complete state."""
    if scene.aws.account is None:
        return
    lab = scene.lab
    looked_at = {None, *(site.name for site in scene.sites)}
    wrong = False
    for name in (stack for stack, site in stacks_by_site(lab).items() if site in looked_at):
        status = scene.aws.stacks.get(name)
        if status in COMPLETE:
            continue
        wrong = True
        said = "is not there" if status is None else f"is {status}"
        yield cause(
            "stack-not-complete",
            f"stack {name} {said}",
            mend=scene.command.cdk("deploy", name),
            where=SHELL,
            rungs=CLOUD,
            subjects=(Subject(kind="stack", name=name),),
        )
    trouble = scene.seen.why_unseen(FACTS)
    if trouble is not None and not wrong:
        yield cause(
            "outputs-unreadable",
            trouble.why,
            mend=trouble.hint or scene.command.cdk("deploy", "--all"),
            where=SHELL,
            rungs=CLOUD,
            subjects=(Subject(kind="gateway", name=lab.name),),
        )


def instance_does_not_run(scene: Scene) -> Iterator[Cause]:
    """An instance is gone, stopped, or of a type that cannot send multicast to the gateway."""
    if scene.facts is None or scene.seen.why_unseen(AWS) is not None:
        return
    router = aws_router_name(scene.lab)
    every: list[tuple[Subject, str, InstanceView | None]] = [
        (router_subject(router, None), scene.facts.router_instance_id, scene.aws.router),
        *(
            (Subject(kind="host", name=name), instance_id, scene.aws.hosts.get(name))
            for name, instance_id in scene.facts.host_instance_ids.items()
        ),
    ]
    for subject, instance_id, view in every:
        rungs = ("instances", "access", "security-groups", *ALL_OF_A_SITE, "domain")
        if view is None or view.state in {"terminated", "shutting-down"}:
            mend, said = _anew(scene, subject), "is gone"
        elif not view.running:
            mend, said = f"aws ec2 start-instances --instance-ids {instance_id}", f"is {view.state}"
        elif view.nitro is False:
            yield cause(
                "instance-not-nitro",
                f"{subject.name} is a {view.instance_type}, no Nitro type: it cannot send multicast to the gateway",
                mend="instance_type: one of the Nitro generation, as m5n.large",
                where=DOCUMENT,
                rungs=("instances", "traffic"),
                subjects=(subject,),
            )
            continue
        else:
            continue
        yield cause(
            "instance-does-not-run",
            f"the instance {instance_id} of {subject.name} {said}",
            mend=mend,
            where=SHELL,
            rungs=rungs,
            subjects=(subject,),
            # What the other hosts send and receive is still measured.
            flows_still=subject.kind == "host",
        )


def _anew(scene: Scene, subject: Subject) -> str:
    """Return what makes an instance anew: its stack does not know that it is gone."""
    role = StackRole.ROUTER if subject.kind == "router" else StackRole.HOSTS
    destroy = scene.command.cdk("destroy", "--force", stack_name(scene.lab, role))
    return f"{destroy}\n{scene.command.cdk('deploy', '--all')}"


def router_checks_addresses(scene: Scene) -> Iterator[Cause]:
    """The AWS router's source/destination check is on, so that it neither forwards nor answers for its loopback."""
    view, name = scene.aws.router, aws_router_name(scene.lab)
    if view is not None and view.running and view.source_dest_check:
        yield cause(
            "source-dest-check",
            f"the source/destination check of {name} is on: AWS drops what is not to or from {view.address}, so GRE to "
            f"{scene.lab.router.loopback} and datagrams of far senders",
            mend=f"aws ec2 modify-instance-attribute --instance-id {view.instance_id} --no-source-dest-check",
            where=SHELL,
            rungs=("instances", "gre", "mtu", "pim-neighbors", "traffic"),
            subjects=(router_subject(name, None),),
        )


def router_does_not_answer(scene: Scene) -> Iterator[Cause]:
    """A router cannot be reached by SSH, although its instance runs."""
    for place in designed_routers(scene.lab):
        trouble = scene.seen.why_unseen(place.name)
        stopped = place.site is None and scene.aws.router is not None and not scene.aws.router.running
        if trouble is None or stopped or (place.site is None and scene.facts is None):
            continue
        yield cause(
            "router-does-not-answer",
            trouble.why,
            mend=trouble.hint or f"reach {place.name} by SSH",
            where=SHELL,
            rungs=ALL_OF_A_SITE,
            subjects=(router_subject(place.name, place.site),),
        )


def router_is_not_configured(scene: Scene) -> Iterator[Cause]:
    """A router runs nothing of the lab's configuration: it was never configured, or reloaded without saving."""
    for place in designed_routers(scene.lab):
        view = scene.seen.routers.get(place.name)
        if view is None or not view.tree or not is_bare(scene, view):
            continue
        site = () if place.site is None else ("--site", place.site.name)
        yield cause(
            "router-not-configured",
            f"{view.name} runs nothing of the lab's configuration: neither GRE nor PIM nor a rendezvous point",
            mend=scene.command("configure", *site),
            where=SHELL,
            rungs=(*ALL_OF_A_SITE, "pim-interfaces", "rendezvous-point", "register-source", "igmp", "domain"),
            subjects=(router_subject(view.name, place.site),),
        )


def is_bare(scene: Scene, view: RouterView) -> bool:
    """Say whether a router runs nothing of the lab's configuration."""
    ours = {f"interface {site.gre_interface}" for site in scene.lab.sites}
    return not any(line.text in ours or line.text.startswith("ip pim rp-address ") for line in view.tree)


def host_does_not_answer(scene: Scene) -> Iterator[Cause]:
    """Hosts or devices cannot be reached, although their instances run."""
    sites = {device.name: site.name for site in scene.lab.sites for device in site.devices}
    stopped = {name for name, view in scene.aws.hosts.items() if not view.running}
    silent = [
        each
        for each in scene.seen.unseen
        if each.what in sites or (each.what in scene.lab.host_names and scene.facts is not None)
    ]
    by_hint: dict[tuple[str | None, str], list[str]] = {}
    for each in silent:
        if each.what not in stopped:
            by_hint.setdefault((sites.get(each.what), each.hint), []).append(each.what)
    why = {each.what: each.why for each in silent}
    for (site, hint), names in by_hint.items():
        yield cause(
            "host-does-not-answer",
            f"{listed(names)} cannot be looked at: {why[names[0]]}",
            mend=hint or f"reach {names[0]} by {'SSM' if site is None else 'SSH'}",
            where=SHELL,
            rungs=("access", "traffic"),
            subjects=[Subject(kind="host" if site is None else "device", name=name, site=site) for name in names],
            flows_still=True,
        )
