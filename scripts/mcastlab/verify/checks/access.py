"""The check of what answers: routers, hosts and devices, and whether a router runs anything of the lab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.verify.checks.check import CheckKey, above, check, finding
from mcastlab.verify.checks.diagnosis import SHELL, RootCause, diagnosis, listed
from mcastlab.verify.snapshot.lab import router_subject
from mcastlab.verify.snapshot.routers import NOT_NEEDED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.design.routers import RouterDesign
    from mcastlab.verify.findings import Diagnosis, Finding, Subject
    from mcastlab.verify.snapshot.lab import Snapshot, Unseen


@check(CheckKey.ACCESS, "Routers, hosts and devices answer", "this program's own questions, by SSH and SSM Run Command")
def everything_answers(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """Every router lets us in and answers every question; every host and device runs what it is given."""
    for design, router in snapshot.designed():
        subject, expected = router_subject(design.name, design.site), f"{design.name} answers by SSH"
        trouble = snapshot.why_unseen(design.name)
        if router is None:
            yield finding(subject, expected, trouble.why if trouble else "it was not looked at", holds=False)
        else:
            needed = {command: why for command, why in router.unread.items() if command not in NOT_NEEDED}
            unread = "; ".join(f"{command}: {why}" for command, why in needed.items())
            yield finding(subject, expected, unread or "it answered every question", holds=not unread)
            if snapshot.is_bare(router):
                yield _not_configured(snapshot, design)
        if trouble is not None:
            yield from _silent_router(snapshot, design, trouble)
    yield from _hosts_answer(snapshot)


def _silent_router(snapshot: Snapshot, design: RouterDesign, trouble: Unseen) -> Iterator[Diagnosis]:
    """Say that a router cannot be reached by SSH, unless its instance does not run or is not known."""
    instance = snapshot.aws.router
    if design.site is None and (snapshot.facts is None or (instance is not None and not instance.running)):
        return
    yield diagnosis(
        RootCause.ROUTER_DOES_NOT_ANSWER,
        trouble.why,
        fix=trouble.hint or f"reach {design.name} by SSH",
        where=SHELL,
        explains=(CheckKey.ACCESS, *above(CheckKey.VPN_TUNNELS)),
        subjects=(router_subject(design.name, design.site),),
    )


def _not_configured(snapshot: Snapshot, design: RouterDesign) -> Diagnosis:
    """Say that a router was never configured, or reloaded without saving."""
    site = () if design.site is None else ("--site", design.site.name)
    return diagnosis(
        RootCause.ROUTER_NOT_CONFIGURED,
        f"{design.name} runs nothing of the lab's configuration: neither GRE nor PIM nor a rendezvous point",
        fix=snapshot.command("configure", *site),
        where=SHELL,
        explains=(CheckKey.ACCESS, *above(CheckKey.VPN_TUNNELS, CheckKey.PIM_INTERFACES)),
        subjects=(router_subject(design.name, design.site),),
    )


def _hosts_answer(snapshot: Snapshot) -> Iterator[Finding | Diagnosis]:
    """Say of hosts and devices whether they answer; those that do not for one reason have one diagnosis."""
    stopped = {name for name, instance in snapshot.aws.hosts.items() if not instance.running}
    silent: dict[tuple[str | None, str], list[Subject]] = {}
    looked_at = set(snapshot.hosts) | {each.what for each in snapshot.unseen}
    for _, subject, _ in snapshot.endpoints():
        if subject.name not in looked_at:
            continue
        trouble = snapshot.why_unseen(subject.name)
        seen = "it answered" if trouble is None else trouble.why
        yield finding(subject, f"{subject.name} runs commands", seen, holds=trouble is None)
        known = subject.site is not None or snapshot.facts is not None
        if trouble is not None and known and subject.name not in stopped:
            silent.setdefault((subject.site, trouble.hint), []).append(subject)
    for (site, hint), subjects in silent.items():
        first = subjects[0].name
        trouble = snapshot.why_unseen(first)
        yield diagnosis(
            RootCause.HOST_DOES_NOT_ANSWER,
            f"{listed(each.name for each in subjects)} cannot be looked at: {'' if trouble is None else trouble.why}",
            fix=hint or f"reach {first} by {'SSM' if site is None else 'SSH'}",
            where=SHELL,
            explains=(CheckKey.ACCESS, CheckKey.TRAFFIC),
            subjects=subjects,
            flows_still=True,
        )
