"""Why something fails: rules that reason over everything that was seen. Pure.

Each rule looks for the first evidence of one kind of fault, and never for its consequences: so two faults give two
causes, and one fault gives one, however many rungs it takes down.

- ``rule``: how a rule is written;
- ``access``, ``vpn``, ``routes``, ``overlay``, ``filters``, ``multicast``, ``ends``: the rules, the most fundamental
  first;
- ``unexplained``: what fails although no rule knows why; ``trace``: where datagrams stop then.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mcastlab.verify.causes import access, ends, filters, multicast, overlay, routes, vpn
from mcastlab.verify.causes.rule import SHELL
from mcastlab.verify.causes.unexplained import unexplained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mcastlab.verify.model import Cause, Rung
    from mcastlab.verify.scene import Scene

    Rule = Callable[[Scene], Iterable[Cause]]

RULES: tuple[Rule, ...] = (
    access.aws_does_not_answer,
    access.stack_is_not_complete,
    access.instance_does_not_run,
    access.router_checks_addresses,
    access.router_does_not_answer,
    access.router_is_not_configured,
    access.host_does_not_answer,
    vpn.tunnel_is_down,
    vpn.key_will_not_do,
    vpn.bgp_is_down,
    routes.attachment_is_missing,
    routes.gateway_route_is_missing,
    routes.vpc_route_is_missing,
    overlay.loopback_is_missing,
    overlay.far_end_is_elsewhere,
    overlay.gre_is_misconfigured,
    filters.rule_is_missing,
    multicast.routing_is_off,
    multicast.pim_is_off,
    multicast.rendezvous_points_differ,
    multicast.reverse_path_is_wrong,
    multicast.register_source_is_wrong,
    ends.domain_is_wrong,
    ends.router_is_no_member,
    ends.host_reports_by_another_igmp,
    ends.sender_has_no_way_out,
    ends.sender_stands_elsewhere,
    ends.ttl_is_too_small,
    overlay.size_is_wrong,
    overlay.fragments_are_forbidden,
    ends.licence_is_too_small,
)
"""The most fundamental first."""


def causes_of(scene: Scene, rungs: Sequence[Rung]) -> tuple[Cause, ...]:
    """Return the causes of what fails, the most fundamental first; what breaks only later comes last."""
    # Of a router that runs nothing of ours one thing is to be said.
    told = {name: view for name, view in scene.seen.routers.items() if not (view.tree and access.is_bare(scene, view))}
    rest = replace(scene, seen=replace(scene.seen, routers=told))
    known = tuple(cause for rule in RULES for cause in rule(scene if rule is access.router_is_not_configured else rest))
    found = tuple(_on_target(scene, cause) for cause in (*known, *unexplained(rungs, known)))
    return tuple(sorted(found, key=lambda cause: cause.flows_still))


def _on_target(scene: Scene, cause: Cause) -> Cause:
    """Return a cause whose lines for the AWS command line act on this lab's target, from whatever shell."""
    if cause.mend_where != SHELL:
        return cause
    lines = (
        f"{scene.command('run')} -- {line}" if line.startswith("aws ") else line for line in cause.mend.splitlines()
    )
    return cause.model_copy(update={"mend": "\n".join(lines)})
