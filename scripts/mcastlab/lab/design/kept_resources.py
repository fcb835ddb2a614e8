"""What a deployment keeps of a lab that stands, although its lab file says otherwise or nothing about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.addresses import subnet_of_each_zone
from mcastlab.lab.model import Subnet
from mcastlab.lab.types import ZoneLetter
from mcastlab_base.frozen import Frozen

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

KEPT_CONTEXT: Final = "kept"
"""The context value of the CDK app that holds it, as JSON."""


class KeptResources(Frozen):
    """What stays as it was deployed. A deployment that is the lab's first one keeps nothing."""

    subnets: tuple[Subnet, ...] = ()
    """Subnets that the lab file has no more: other stacks still import their ids, so that they go in a second step."""
    loopback_zone: ZoneLetter | None = None
    """The zone of the loopback's subnet, in which nothing lives: it need not move with the lab's first subnet."""
    vpc_attachment: bool = False
    """The VPC is attached by the older resource type, whose subnets do not change in place."""

    def attached_subnets(self, lab: Lab) -> tuple[str, ...]:
        """Return the names of the subnets by which the VPC is attached, one a zone, also of zones that are to go."""
        own = subnet_of_each_zone(lab)
        others = {subnet.zone: subnet.name for subnet in reversed(self.subnets) if subnet.zone not in own}
        return tuple(name for _, name in sorted({**own, **others}.items()))


NOTHING_KEPT: Final = KeptResources()
