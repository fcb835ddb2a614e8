"""How a check is written, what it depends on, and how it is judged by its findings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.names import in_reports, site_router
from mcastlab.verify.findings import CheckResult, Diagnosis, Finding, Layer, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mcastlab.lab.model import Lab
    from mcastlab.verify.findings import Subject
    from mcastlab.verify.snapshot.lab import Snapshot

    Look = Callable[[Snapshot], Iterable[Finding | Diagnosis]]

NOTHING_TO_LOOK_AT: Final = "the lab has nothing of the kind"
NO_AWS: Final = "AWS does not answer"
SILENT: Final = "the router does not answer"


class CheckKey(StrEnum):
    """Every check, from the bottom up, as JUnit and JSON call it."""

    AWS = "aws"
    STACKS = "stacks"
    ACCESS = "access"
    INSTANCES = "instances"
    VPN_TUNNELS = "vpn_tunnels"
    BGP = "bgp"
    ROUTES = "routes"
    SECURITY_GROUPS = "security_groups"
    GRE = "gre"
    MTU = "mtu"
    PIM_INTERFACES = "pim_interfaces"
    PIM_NEIGHBORS = "pim_neighbors"
    RENDEZVOUS_POINT = "rendezvous_point"
    REVERSE_PATHS = "reverse_paths"
    REGISTER_SOURCE = "register_source"
    IGMP = "igmp"
    DOMAIN = "domain"
    FOLLOWED = "followed"
    SENDERS = "senders"
    THROUGHPUT = "throughput"
    TRAFFIC = "traffic"


_LAYERS: Final = {
    Layer.AWS: (CheckKey.AWS, CheckKey.STACKS, CheckKey.INSTANCES, CheckKey.SECURITY_GROUPS),
    Layer.ACCESS: (CheckKey.ACCESS,),
    Layer.VPN: (CheckKey.VPN_TUNNELS, CheckKey.BGP),
    Layer.ROUTING: (CheckKey.ROUTES,),
    Layer.OVERLAY: (CheckKey.GRE, CheckKey.MTU),
    Layer.MULTICAST: (
        CheckKey.PIM_INTERFACES,
        CheckKey.PIM_NEIGHBORS,
        CheckKey.RENDEZVOUS_POINT,
        CheckKey.REVERSE_PATHS,
        CheckKey.REGISTER_SOURCE,
        CheckKey.DOMAIN,
        CheckKey.FOLLOWED,
    ),
    Layer.ENDPOINTS: (CheckKey.IGMP, CheckKey.SENDERS, CheckKey.THROUGHPUT),
    Layer.TRAFFIC: (CheckKey.TRAFFIC,),
}
LAYER_OF: Final[Mapping[CheckKey, Layer]] = {key: layer for layer, keys in _LAYERS.items() for key in keys}
"""The layer of every check."""

_NEEDS: Final[Mapping[CheckKey, frozenset[CheckKey]]] = {
    key: frozenset(needed)
    for key, needed in {
        CheckKey.STACKS: (CheckKey.AWS,),
        CheckKey.ACCESS: (CheckKey.INSTANCES,),
        CheckKey.INSTANCES: (CheckKey.STACKS,),
        CheckKey.VPN_TUNNELS: (CheckKey.STACKS,),
        CheckKey.BGP: (CheckKey.VPN_TUNNELS,),
        CheckKey.ROUTES: (CheckKey.INSTANCES, CheckKey.BGP),
        CheckKey.SECURITY_GROUPS: (CheckKey.INSTANCES,),
        CheckKey.GRE: (CheckKey.ROUTES,),
        CheckKey.MTU: (CheckKey.GRE,),
        CheckKey.PIM_NEIGHBORS: (CheckKey.GRE, CheckKey.PIM_INTERFACES),
        CheckKey.RENDEZVOUS_POINT: (CheckKey.PIM_INTERFACES,),
        CheckKey.REVERSE_PATHS: (CheckKey.GRE,),
        CheckKey.REGISTER_SOURCE: (CheckKey.RENDEZVOUS_POINT,),
        CheckKey.IGMP: (CheckKey.PIM_INTERFACES,),
        CheckKey.DOMAIN: (CheckKey.INSTANCES, CheckKey.IGMP),
        CheckKey.FOLLOWED: (CheckKey.DOMAIN, CheckKey.RENDEZVOUS_POINT),
        CheckKey.TRAFFIC: frozenset(CheckKey) - {CheckKey.TRAFFIC, CheckKey.THROUGHPUT},
    }.items()
}
"""The checks that each one needs to hold, so that it falls with them."""


def above(*keys: CheckKey) -> tuple[CheckKey, ...]:
    """Return checks and every check that falls with them.

    >>> [str(key) for key in above(CheckKey.MTU)]
    ['mtu', 'traffic']
    """
    fallen = set(keys)
    while more := {key for key, needed in _NEEDS.items() if needed & fallen} - fallen:
        fallen |= more
    return tuple(dict.fromkeys((*keys, *(key for key in CheckKey if key in fallen))))


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationCheck:
    """A check as it is written: its key, why it has to hold, and how it looks at a snapshot.

    Looking yields findings, and among them the diagnosis of each fault that they show; what is known to break only
    later has a diagnosis although its findings hold.
    """

    key: CheckKey
    title: str
    source: str
    look: Look
    concerns: Callable[[Lab], bool] = lambda _: True
    """Whether a lab has what it looks at."""


def check(
    key: CheckKey, title: str, source: str, *, concerns: Callable[[Lab], bool] = lambda _: True
) -> Callable[[Look], VerificationCheck]:
    """Make a check out of the function that yields its findings and diagnoses."""

    def make(look: Look) -> VerificationCheck:
        return VerificationCheck(key=key, title=title, source=source, look=look, concerns=concerns)

    return make


def result_of(of: VerificationCheck, findings: Sequence[Finding], seconds: float) -> CheckResult:
    """Return a check, judged: it fails if any finding fails, and holds if all do that apply."""
    verdicts = {each.verdict for each in findings}
    not_reached = next((each for each in findings if each.verdict is Verdict.NOT_REACHED), None)
    if Verdict.FAILS in verdicts:
        verdict, reason = Verdict.FAILS, None
    elif not_reached is not None:
        verdict, reason = Verdict.NOT_REACHED, not_reached.seen
    elif Verdict.HOLDS in verdicts:
        verdict, reason = Verdict.HOLDS, None
    else:
        verdict, reason = Verdict.NOT_APPLICABLE, findings[0].seen if findings else NOTHING_TO_LOOK_AT
    return CheckResult(
        key=of.key,
        layer=LAYER_OF[of.key],
        title=of.title,
        source=of.source,
        verdict=verdict,
        reason=reason,
        findings=tuple(findings),
        seconds=seconds,
    )


def seconds_of(snapshot: Snapshot, findings: Sequence[Finding]) -> float:
    """Return how long what the findings speak of was observed: the longest, as all was observed at once."""
    taken = snapshot.seconds
    names = {
        name for each in findings for name in (each.subject.name, *_router_of(snapshot, each.subject)) if name in taken
    }
    return max((taken[name] for name in names), default=taken.get("aws", 0.0))


def _router_of(snapshot: Snapshot, subject: Subject) -> tuple[str, ...]:
    """Return the remote router that shows a tunnel or a BGP session."""
    if subject.site is None or subject.kind not in {"vpn_tunnel", "bgp", "gre_tunnel"}:
        return ()
    return (in_reports(snapshot.lab, site_router(subject.site)),)


def finding(subject: Subject, expected: str, seen: str, *, holds: bool, where: str | None = None) -> Finding:
    """Return what was found, as it should be or not."""
    return Finding(
        subject=subject,
        expected=expected,
        seen=seen,
        verdict=Verdict.HOLDS if holds else Verdict.FAILS,
        where=where,
    )


def unreached(subject: Subject, expected: str, why: str) -> Finding:
    """Return that something says nothing because something below it failed."""
    return Finding(subject=subject, expected=expected, seen=why, verdict=Verdict.NOT_REACHED)
