"""What there is of a lab at this moment, by one quick look: nothing is waited for, pinged or sent."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from mcastlab.verify.checks import CHECKS, run_checks
from mcastlab.verify.checks.aws import COMPLETE
from mcastlab.verify.checks.check import CheckKey
from mcastlab.verify.engine import verdict_of
from mcastlab.verify.findings import Subject, Verdict
from mcastlab.verify.observe.lab import observe
from mcastlab.verify.report import LabPart, Members, PacketRate, Status
from mcastlab.verify.snapshot.lab import router_subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcastlab.lab.model import Lab
    from mcastlab.verify.observe.lab import Sources
    from mcastlab.verify.snapshot.lab import Snapshot

AT_A_GLANCE: Final = tuple(
    each for each in CHECKS if each.key not in {CheckKey.GRE, CheckKey.MTU, CheckKey.IGMP, CheckKey.SENDERS}
)
"""The checks that need neither pings nor the hosts' own word."""


def status(
    lab: Lab,
    sources: Sources,
    *,
    progress: Callable[[str], None],
    site: str | None = None,
    notes: tuple[str, ...] = (),
) -> Status:
    """Look at a lab once.

    Args:
        lab: the lab.
        sources: the ways to its parts.
        progress: receives what is being looked at.
        site: leave the other sites alone.
        notes: what this target cannot vouch for.

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
            checks=(),
            notes=notes,
        )
    snapshot = observe(lab, sources, progress=progress, site=site, sends=False, light=True)
    return judged(snapshot, taken=taken, duration_s=time.monotonic() - begin, notes=notes)


def judged(snapshot: Snapshot, *, taken: datetime, duration_s: float, notes: tuple[str, ...] = ()) -> Status:
    """Return what was seen of a deployed lab as its state."""
    results = run_checks(snapshot, AT_A_GLANCE).results
    return Status(
        lab=snapshot.lab.name,
        taken=taken,
        duration_s=duration_s,
        deployed=True,
        verdict=verdict_of(results, ()),
        parts=tuple(_parts(snapshot)),
        members=tuple(_members(snapshot)),
        rates=tuple(_rates(snapshot)),
        checks=results,
        notes=notes,
    )


def _parts(snapshot: Snapshot) -> Iterator[LabPart]:
    aws = snapshot.aws
    for name, state in aws.stacks.items():
        yield LabPart(subject=Subject(kind="stack", name=name), state=state, sound=state in COMPLETE)
    instances = {"router": aws.router, **aws.hosts}
    for name, instance in instances.items():
        if instance is not None:
            kind = "router" if instance is aws.router else "host"
            label = name if kind == "host" else instance.instance_id
            yield LabPart(subject=Subject(kind=kind, name=label), state=instance.state, sound=instance.running)
    for site in snapshot.sites:
        for tunnel in snapshot.tunnels(site):
            yield LabPart(subject=tunnel.subject, state="up" if tunnel.up else "down", sound=tunnel.up)
    if aws.domain is not None:
        sound = aws.domain.state == "available" and aws.domain.igmpv2
        yield LabPart(subject=Subject(kind="domain", name=aws.domain.domain_id), state=aws.domain.state, sound=sound)


def _members(snapshot: Snapshot) -> Iterator[Members]:
    domain = snapshot.aws.domain
    for group in snapshot.lab.groups:
        sites = tuple(
            site.name
            for site in snapshot.sites
            if (router := snapshot.remote_router(site)) is not None
            and (group.address, site.router.lan.interface)
            in {(each.group, each.interface) for each in router.igmp_groups}
        )
        members = () if domain is None else [each for each in domain.members if each.group == group.address]
        yield Members(group=group.name, address=str(group.address), domain=len(members), sites=sites)


def _rates(snapshot: Snapshot) -> Iterator[PacketRate]:
    for router in snapshot.routers.values():
        site = None if router.site is None else next(each for each in snapshot.sites if each.name == router.site)
        for rate in router.rates:
            yield PacketRate(
                subject=router_subject(router.name, site),
                interface=rate.interface,
                in_pps=round(rate.in_pps, 1),
                out_pps=round(rate.out_pps, 1),
                seconds=round(rate.seconds, 3),
            )
