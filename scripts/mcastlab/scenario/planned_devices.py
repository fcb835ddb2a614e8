"""The devices of a test, and which of them a step means. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import zip_longest
from typing import TYPE_CHECKING

from mcastlab.lab.device_tests import ALL
from mcastlab.lab.types import known_names
from mcastlab.scenario.script import TestDevice
from mcastlab.scenario.step_errors import StepError
from mcastlab.traffic.participants import nodes_of

if TYPE_CHECKING:
    from mcastlab.lab.design.roles import Role
    from mcastlab.lab.model import Lab
    from mcastlab.scenario.appliances import Appliances
    from mcastlab.scenario.planned_groups import PlannedGroups
    from mcastlab.scenario.script import Script


def devices_of(lab: Lab) -> tuple[TestDevice, ...]:
    """Return a lab's devices: those of each host, called by its name and a number each, and those of remote LANs."""
    many = {name: hosts.devices for hosts in lab.hosts for name in hosts.names}
    return tuple(
        TestDevice(name, place)
        for place, node in enumerate(nodes_of(lab))
        for name in (
            (f"{node.name}-{number}" for number in range(1, many[node.name] + 1))
            if many.get(node.name, 1) > 1
            else (node.name,)
        )
    )


def device_count(script: Script) -> int:
    """Return how many devices take part, real ones among them; a program is its host's."""
    return len(script.devices) + sum(each.node is None for each in script.appliances)


class PlannedDevices:
    """A test's devices by their places."""

    def __init__(self, lab: Lab, groups: PlannedGroups, appliances: Appliances) -> None:
        self.all, self._nodes, self._groups, self._appliances = devices_of(lab), nodes_of(lab), groups, appliances
        self._entries = {name: hosts.name for hosts in lab.hosts for name in hosts.names}

    def matching(self, step: int, field: str, pattern: str) -> list[int]:
        """Return the devices of a pattern; a host's name stands for all on it, a hosts entry's for all on its hosts.

        Raises:
            StepError: there is none.
        """
        found = []
        for place, device in enumerate(self.all):
            host = self._nodes[device.node].name
            if fnmatchcase(device.name, pattern) or pattern in {host, self._entries.get(host)}:
                found.append(place)
        if not found and not (field == "members" and self._appliances.named(pattern)):
            if self._appliances.named(pattern):
                raise StepError(step, field, f"{pattern} is an appliance, on which nothing can be done")
            known = known_names(pattern, sorted(device.name for device in self.all))
            raise StepError(step, field, f"no device is called {pattern}; {known}")
        return found

    def having(self, role: Role, group: int, devices: range | list[int]) -> list[int]:
        """Return those of some devices that have a role in a group."""
        nodes = self._groups.nodes(group, role)
        return [each for each in devices if self.all[each].node in nodes]

    def sender(self, step: int, field: str, pattern: str | None, group: int) -> int:
        """Return the first of the devices of a pattern, or of all, that may send to a group.

        Raises:
            StepError: none may.
        """
        return self.able(step, field, pattern, group)[0]

    def able(self, step: int, field: str, pattern: str | None, group: int) -> list[int]:
        """Return the devices of a pattern, or of all, that may send to a group.

        Raises:
            StepError: none may.
        """
        named = self.matching(step, field, pattern) if pattern else list(range(len(self.all)))
        able = self.having("senders", group, named)
        if not able:
            raise StepError(step, field, f"{pattern or 'no device'} may not send to {self._groups.all[group].name}")
        return able

    def by_turns(self, devices: list[int]) -> list[int]:
        """Return devices in an order in which each side, the VPC or a site, has its turn soon."""
        sides: dict[str | None, list[int]] = {}
        for each in devices:
            sides.setdefault(self._nodes[self.all[each].node].site, []).append(each)
        return [each for several in zip_longest(*sides.values()) for each in several if each is not None]

    def several(self, step: int, field: str, wanted: int | str, group: int, sender: int) -> list[int]:
        """Return so many of the devices that receive from a group, without its sender.

        Raises:
            StepError: there are fewer.
        """
        able = [each for each in self.having("receivers", group, range(len(self.all))) if each != sender]
        number = len(able) if wanted == ALL else int(wanted)
        if not 0 < number <= len(able):
            raise StepError(
                step, field, f"{wanted} devices are to receive, and {len(able)} may; write at most {len(able)}"
            )
        return able[:number]
