"""What there is of a lab at this moment, by one quick look: nothing is waited for, pinged or sent."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from mcastlab.verify.ladder import climb
from mcastlab.verify.ladder.cloud import COMPLETE
from mcastlab.verify.model import Subject, Verdict
from mcastlab.verify.observe import observe
from mcastlab.verify.run import verdict_of
from mcastlab.verify.scene import Scene, router_subject
from mcastlab.verify.state import Members, PacketRate, Part, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcastlab.lab.model import Lab, Site
    from mcastlab.verify.observe import Sources

UNSEEN_BY_A_GLANCE: Final = frozenset({"gre", "mtu", "igmp", "senders"})
"""Rungs that need pings or the hosts' own word."""


def status(lab: Lab, sources: Sources, *, progress: Callable[[str], None], notes: tuple[str, ...] = ()) -> Status:
    """Look at a lab once.

    Args:
        lab: the lab.
        sources: the ways to its parts.
        progress: told what is being looked at.
        notes: what this world cannot vouch for.

    Raises:
        LabError: AWS does not tell who we are, or which stacks there are.
    """
    taken, begin = datetime.now(UTC), time.monotonic()
    account = sources.account()
    if not account.stacks:
        return Status(
            lab=lab.name,
            taken=taken,
            duration_s=time.monotonic() - begin,
            deployed=False,
            verdict=Verdict.NOT_APPLICABLE,
            parts=(),
            members=(),
            rates=(),
            rungs=(),
            notes=notes,
        )
    facts, seen = observe(lab, sources, progress=progress, sends=False, light=True)
    return judged(Scene(lab=lab, facts=facts, seen=seen), taken=taken, duration_s=time.monotonic() - begin, notes=notes)


def judged(scene: Scene, *, taken: datetime, duration_s: float, notes: tuple[str, ...] = ()) -> Status:
    """Return what was seen of a deployed lab as its state."""
    rungs = tuple(rung for rung in climb(scene) if rung.key not in UNSEEN_BY_A_GLANCE)
    return Status(
        lab=scene.lab.name,
        taken=taken,
        duration_s=duration_s,
        deployed=True,
        verdict=verdict_of(rungs, ()),
        parts=tuple(_parts(scene)),
        members=tuple(_members(scene)),
        rates=tuple(_rates(scene)),
        rungs=rungs,
        notes=notes,
    )


def _parts(scene: Scene) -> Iterator[Part]:
    aws = scene.aws
    for name, state in aws.stacks.items():
        yield Part(subject=Subject(kind="stack", name=name), state=state, sound=state in COMPLETE)
    instances = {"router": aws.router, **aws.hosts}
    for name, instance in instances.items():
        if instance is not None:
            kind = "router" if instance is aws.router else "host"
            label = name if kind == "host" else instance.instance_id
            yield Part(subject=Subject(kind=kind, name=label), state=instance.state, sound=instance.running)
    for site in scene.sites:
        for tunnel in scene.tunnels(site):
            yield Part(subject=tunnel.subject, state="up" if tunnel.up else "down", sound=tunnel.up)
    if aws.domain is not None:
        sound = aws.domain.state == "available" and aws.domain.igmpv2
        yield Part(subject=Subject(kind="domain", name=aws.domain.domain_id), state=aws.domain.state, sound=sound)


def _members(scene: Scene) -> Iterator[Members]:
    domain = scene.aws.domain
    for group in scene.lab.groups:
        heard = tuple(
            site.name
            for site in scene.sites
            if (router := scene.far_router(site)) is not None
            and any(each.group == group.address for each in router.igmp_groups if _on_lan(each.interface, site))
        )
        members = () if domain is None else [each for each in domain.members if each.group == group.address]
        yield Members(group=group.name, address=str(group.address), domain=len(members), sites=heard)


def _on_lan(interface: str, site: Site) -> bool:
    return interface == site.router.lan.interface


def _rates(scene: Scene) -> Iterator[PacketRate]:
    for view in scene.seen.routers.values():
        site = None if view.site is None else next(each for each in scene.sites if each.name == view.site)
        for rate in view.rates:
            yield PacketRate(
                subject=router_subject(view.name, site),
                interface=rate.interface,
                in_pps=round(rate.in_pps, 1),
                out_pps=round(rate.out_pps, 1),
                seconds=round(rate.seconds, 3),
            )
