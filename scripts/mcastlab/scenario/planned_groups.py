"""The groups of a test: those that its lab lists, and those of followed blocks that its steps name. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from mcastlab.lab.announcements import SAP_PORT
from mcastlab.lab.design.roles import Roles
from mcastlab.lab.group import group_at, unknown_group
from mcastlab.scenario.step_errors import StepError
from mcastlab.traffic.participants import nodes_of, participants_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.design.roles import Role
    from mcastlab.lab.group import Group
    from mcastlab.lab.model import Lab

SETTLE_MS: Final = 2500
"""From the last join until somebody speaks: trees grow, and the first packets of a source reach all."""
FOLLOW_MS: Final = 3000
"""How much longer that takes where a follower joins the group first."""


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
            why, hint = unknown_group(name, self._lab.groups, self._lab.blocks)
            raise StepError(step, field, f"{why}; {hint}")
        return several

    def _matching(self, pattern: str) -> Iterator[int]:
        if set(pattern) & set("*?"):
            for place, group in enumerate(self._lab.groups):
                if fnmatchcase(group.name, pattern) and group.port != SAP_PORT:
                    yield place

    def _addressed(self, step: int, field: str, text: str) -> int | None:
        """Return a listed group by its address, or one in a followed block, which then is one of the test's groups."""
        try:
            group = group_at(text, self.all, self._lab.blocks)
        except ValueError as error:
            raise StepError(step, field, str(error)) from None
        if group is None or group in self.all:
            return None if group is None else self.all.index(group)
        self.all.append(group)
        self._roles.append(participants_of(self._lab_roles, group, self._nodes))
        self._bridged.add(group.name)
        return len(self.all) - 1
