"""Listen to a group for a while, and measure what real devices send to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.roles import Roles
from mcastlab.traffic.fleet import Fleet
from mcastlab.traffic.foreign import ForeignStream, foreign_streams
from mcastlab.traffic.participants import nodes_of, participants_of
from mcastlab.traffic.plan import Membership, TrafficPlan
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcastlab.lab.model import Group, Lab
    from mcastlab.ports import Shell

END_MS: Final = 200


def group_named(lab: Lab, name: str) -> Group:
    """Return the group of a name or address.

    Raises:
        BadInputError: there is none.
    """
    found = next((group for group in lab.groups if name in {group.name, str(group.address)}), None)
    if found is None:
        known = ", ".join(group.name for group in lab.groups) or "none"
        raise BadInputError(f"no group is called {name}", hint=f"there are: {known}")
    return found


def listen(
    lab: Lab, group: Group, shells: Mapping[str, Shell], *, for_ms: int, progress: Callable[[str], None]
) -> tuple[ForeignStream, ...]:
    """Let all receivers of a group join it for a time, and return the streams in RTP that they heard.

    Raises:
        RefusedError: a host cannot be reached, or the probe failed there.
        TimedOutError: the same, as commands did not end in time.
    """
    nodes = nodes_of(lab)
    receivers = participants_of(Roles(lab), group, nodes).receivers
    plan = TrafficPlan(
        groups=(group,),
        nodes=nodes,
        flows=(),
        memberships=tuple(Membership(node=node, group=0, join_ms=0, leave_ms=for_ms) for node in receivers),
        settle_ms=0,
        guard_ms=0,
        end_ms=for_ms + END_MS,
        ttl=1,
        foreign=True,
    )
    fleet = Fleet(shells)
    names = [nodes[node].name for node in receivers]
    fleet.greet(names)
    for error in fleet.absent.values():
        raise error
    progress(f"{', '.join(names)} listen to {group.address} for {for_ms / 1000:.0f} s")
    return tuple(foreign_streams(plan, fleet.carry_out(plan)))
