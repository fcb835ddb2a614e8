"""Groups drawn at random from a lab's blocks, so that a verification proves what nobody listed. Pure."""

from __future__ import annotations

from itertools import count
from random import Random
from typing import TYPE_CHECKING, Final

from mcastlab.lab.model import Group

if TYPE_CHECKING:
    from mcastlab.lab.model import GroupBlock, Lab

DRAWN: Final = 3
"""Groups that are drawn of each block."""
_NAME_LENGTH: Final = 28
"""Of a block's name in a group's, which has a number behind it and at most 32 characters."""


def drawn(lab: Lab, seed: int) -> tuple[Group, ...]:
    """Return groups of the lab's blocks, the same for the same seed."""
    random = Random(seed)  # noqa: S311  (nothing secret is drawn)
    taken = {entry.name for entry in lab.entries}
    return tuple(group for block in lab.blocks for group in _of_block(block, random, taken))


def _of_block(block: GroupBlock, random: Random, taken: set[str]) -> list[Group]:
    numbers = random.sample(range(len(block.address)), min(DRAWN, block.most_live))
    return [
        Group(
            name=_free_name(block.name[:_NAME_LENGTH].rstrip("-"), taken),
            address=address,
            port=random.randint(block.port.first, block.port.last),
            senders=block.senders,
            receivers=block.receivers,
        )
        for address in (block.address.first + number for number in sorted(numbers))
    ]


def _free_name(beginning: str, taken: set[str]) -> str:
    """Return the first name with a number that nothing else has, and take it."""
    name = next(name for number in count(1) if (name := f"{beginning}-{number}") not in taken)
    taken.add(name)
    return name


def with_groups(lab: Lab, groups: tuple[Group, ...]) -> Lab:
    """Return a lab that lists further groups, for its traffic alone."""
    return lab.model_copy(update={"groups": (*lab.groups, *groups)})
