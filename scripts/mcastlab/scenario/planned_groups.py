"""The groups of a test: those that its lab lists, and those of followed blocks that its steps name. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from mcastlab.lab.announcements import SAP_PORT
from mcastlab.lab.blocks import block_of, one_group_of
from mcastlab.lab.design.roles import Roles
from mcastlab.lab.group import Group
from mcastlab.lab.types import known_names
from mcastlab.scenario.step_errors import StepError
from mcastlab.traffic.participants import nodes_of, participants_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.design.roles import Role
    from mcastlab.lab.model import Lab

SETTLE_MS: Final = 2500
"""From the last join until somebody speaks: trees grow, and the first packets of a source reach all."""
FOLLOW_MS: Final = 3000
"""How much longer that takes where a follower joins the group first."""
_BLOCK_NAME: Final = 10
"""Of a block's name in a group's, which has address and port behind it and at most 32 characters."""


class PlannedGroups:
    """A test's groups by their places: first those of the lab."""

    def __init__(self, lab: Lab) -> None:
        self._lab, self._lab_roles, self._nodes = lab, Roles(lab), nodes_of(lab)
        self.all = list(lab.groups)
        self._places = {group.name: place for place, group in enumerate(lab.groups)}
        self._bridged = {each.name for each in self._lab_roles.bridged()}
        self._roles = [participants_of(self._lab_roles, group, self._nodes) for group in lab.groups]

    @property
    def followed(self) -> tuple[Group, ...]:
        """Those that nobody lists, and a follower joins."""
        return tuple(self.all[len(self._lab.groups) :])

    def nodes(self, group: int, role: Role) -> frozenset[int]:
        """Return the nodes that have a role in a group."""
        return frozenset(getattr(self._roles[group], role))

    def is_bridged(self, group: int) -> bool:
        """Say whether the AWS router is a member of a group."""
        return self.all[group].name in self._bridged

    def settle_ms(self, group: int) -> int:
        """Return how long trees grow; a group of a followed block is wanted first, then joined."""
        return SETTLE_MS if group < len(self._lab.groups) else SETTLE_MS + FOLLOW_MS

    def named(self, step: int, field: str, name: str) -> list[int]:
        """Return the groups of a name, address or pattern; announcements are none that a pattern means.

        Raises:
            StepError: there is none.
        """
        found = self._places.get(name)
        if found is None and name[0].isdigit():
            found = self._addressed(step, field, name)
        several = [found] if found is not None else list(self._matching(name))
        if not several:
            block = next((each for each in self._lab.blocks if each.name == name), None)
            known = known_names(name, sorted(self._places))
            raise StepError(
                step,
                field,
                f"no group is called {name}; {known}"
                if block is None
                else f"{name} is a block of groups ({block.address}); write one of them, such as {one_group_of(block)}",
            )
        return several

    def _matching(self, pattern: str) -> Iterator[int]:
        if set(pattern) & set("*?"):
            for place, group in enumerate(self._lab.groups):
                if fnmatchcase(group.name, pattern) and group.port != SAP_PORT:
                    yield place

    def _addressed(self, step: int, field: str, text: str) -> int | None:
        """Return a listed group by its address, or one in a followed block, which then is one of the test's groups."""
        written, _, port = text.partition(":")
        try:
            address = IPv4Address(written)
        except ValueError:
            raise StepError(step, field, f"{written} is no address; write one such as 239.9.1.5") from None
        block = block_of(address, self._lab.blocks)
        wanted = int(port) if port else None if block is None else block.port.first
        for place, group in enumerate(self.all):
            if group.address == address and wanted in {None, group.port}:
                return place
        if block is None or wanted is None:
            return None
        if wanted not in block.port:
            raise StepError(step, field, f"{block.name} has ports {block.port}, and {wanted} is none of them")
        name = f"{block.name[:_BLOCK_NAME].rstrip('-')}-{written.replace('.', '-')}"
        group = Group(
            name=name if wanted == block.port.first else f"{name}-{wanted}",
            address=address,
            port=wanted,
            senders=block.senders,
            receivers=block.receivers,
            announce=f"{block.announce} {written}" if isinstance(block.announce, str) else block.announce,
        )
        self.all.append(group)
        self._roles.append(participants_of(self._lab_roles, group, self._nodes))
        self._bridged.add(group.name)
        return len(self.all) - 1
