"""Groups drawn at random from a lab's blocks, so that a verification proves what nobody listed. Pure."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from mcastlab.lab.model import Group

if TYPE_CHECKING:
    from mcastlab.lab.model import GroupBlock, Lab

DRAWN: Final = 3
"""Groups that are drawn of each block."""
_NAME_LENGTH: Final = 14
"""Of a block's name in a group's, which has the address behind it and at most 32 characters."""


def drawn(lab: Lab, seed: int) -> tuple[Group, ...]:
    """Return groups of the lab's blocks, the same for the same seed."""
    random = Random(seed)  # noqa: S311  (nothing secret is drawn)
    return tuple(group for block in lab.blocks for group in _of_block(block, random))


def _of_block(block: GroupBlock, random: Random) -> list[Group]:
    numbers = random.sample(range(len(block.address)), min(DRAWN, block.most_live))
    return [
        Group(
            name=f"{block.name[:_NAME_LENGTH].rstrip('-')}-{str(address).replace('.', '-')}",
            address=address,
            port=random.randint(block.port.first, block.port.last),
            senders=block.senders,
            receivers=block.receivers,
        )
        for address in (block.address.first + number for number in sorted(numbers))
    ]


def with_groups(lab: Lab, groups: tuple[Group, ...]) -> Lab:
    """Return a lab that lists further groups, for its traffic alone."""
    return lab.model_copy(update={"groups": (*lab.groups, *groups)})
