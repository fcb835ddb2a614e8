"""Checks that carry their diagnosis: from a snapshot to findings, and why those fail. Pure.

A check looks for the first evidence of each kind of fault, and never for its consequences: so two faults give two
diagnoses, and one fault gives one, however many checks fall with it.

- ``check``: how a check is written, what it depends on, how it is judged; ``diagnosis``: how a diagnosis is written;
- ``aws``, ``access``, ``vpn``, ``routing``, ``security_groups``, ``overlay``, ``multicast``,
  ``reverse_paths``, ``domain``, ``following``, ``endpoints``: the checks, a file a layer, from the bottom up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.verify.checks import (
    access,
    aws,
    domain,
    endpoints,
    following,
    multicast,
    overlay,
    reverse_paths,
    routing,
    security_groups,
    vpn,
)
from mcastlab.verify.checks.check import result_of, seconds_of
from mcastlab.verify.checks.diagnosis import SHELL, ordered
from mcastlab.verify.findings import Diagnosis, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcastlab.verify.checks.check import VerificationCheck
    from mcastlab.verify.findings import CheckResult
    from mcastlab.verify.snapshot.lab import Snapshot

CHECKS: Final[tuple[VerificationCheck, ...]] = (
    aws.aws_answers,
    aws.stacks_are_complete,
    access.everything_answers,
    aws.instances_run,
    vpn.tunnels_are_up,
    vpn.bgp_is_established,
    routing.routes_lead_both_ways,
    security_groups.security_groups_let_through,
    overlay.gre_carries,
    overlay.sizes_fit,
    multicast.pim_runs,
    multicast.neighbors_see_each_other,
    multicast.one_rendezvous_point,
    reverse_paths.reverse_paths_are_right,
    multicast.registers_come_from_the_loopback,
    endpoints.igmp_is_version_2,
    domain.domain_has_its_members,
    following.wanted_groups_are_followed,
    endpoints.senders_are_heard,
    endpoints.routers_are_licensed,
)
"""From the bottom up; the traffic stands above them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRun:
    """What checks found in a snapshot."""

    results: tuple[CheckResult, ...]
    known: tuple[Diagnosis, ...]
    """The diagnoses of the faults that the checks know."""

    @property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """Why something fails, the most fundamental first; what breaks only later comes last."""
        return ordered(self.known, self.results)


def run_checks(snapshot: Snapshot, checks: Iterable[VerificationCheck] = CHECKS) -> CheckRun:
    """Return what checks find in a snapshot."""
    results: list[CheckResult] = []
    known: list[Diagnosis] = []
    for each in checks:
        if not each.concerns(snapshot.lab):
            continue
        found = tuple(each.look(snapshot))
        findings = [one for one in found if isinstance(one, Finding)]
        results.append(result_of(each, findings, seconds_of(snapshot, findings)))
        known += [_on_target(snapshot, one) for one in found if isinstance(one, Diagnosis)]
    return CheckRun(results=tuple(results), known=tuple(known))


def _on_target(snapshot: Snapshot, found: Diagnosis) -> Diagnosis:
    """Return a diagnosis whose lines for the AWS command line act on this lab's target, from whatever shell."""
    if found.fix_where != SHELL:
        return found
    run = snapshot.command("run")
    lines = (f"{run} -- {line}" if line.startswith("aws ") else line for line in found.fix.splitlines())
    return found.model_copy(update={"fix": "\n".join(lines)})
