"""The ladder: one function a rung, from what was seen to findings. Pure.

Each rung says what it expects and what it saw.

- ``rung``: how a rung is written and judged;
- ``cloud``, ``vpn``, ``filters``, ``overlay``, ``multicast``, ``ends``: the rungs, from the bottom up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.verify.ladder import cloud, ends, filters, multicast, overlay, vpn

if TYPE_CHECKING:
    from mcastlab.verify.ladder.rung import Step
    from mcastlab.verify.model import Rung
    from mcastlab.verify.scene import Scene

STEPS: tuple[Step, ...] = (
    cloud.aws_answers,
    cloud.stacks_are_complete,
    cloud.everything_answers,
    cloud.instances_run,
    vpn.tunnels_are_up,
    vpn.bgp_is_established,
    vpn.routes_lead_both_ways,
    filters.security_groups_let_through,
    overlay.gre_carries,
    overlay.sizes_fit,
    multicast.pim_runs,
    multicast.neighbors_see_each_other,
    multicast.one_rendezvous_point,
    multicast.reverse_paths_are_right,
    multicast.registers_come_from_the_loopback,
    ends.igmp_is_version_2,
    ends.domain_has_its_members,
    ends.senders_are_heard,
    ends.routers_are_licensed,
)
"""From the bottom up; the traffic stands above them."""


def climb(scene: Scene) -> tuple[Rung, ...]:
    """Return every rung, judged."""
    return tuple(step.judged(scene) for step in STEPS)
