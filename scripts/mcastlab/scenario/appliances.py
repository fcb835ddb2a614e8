"""Which appliances take part in a step: who is to send, in turn with the devices or awaited, and who may hear. Pure."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from mcastlab.lab.appliances import groups_of
from mcastlab.scenario.script import (
    ApplianceStay,
    ApplianceTalk,
    TestAppliance,
)
from mcastlab.scenario.step_errors import StepError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcastlab.lab.device_tests import PageStep
    from mcastlab.lab.model import Lab
    from mcastlab.lab.types import Stream
    from mcastlab.scenario.spans import Span
    from mcastlab.traffic.plan import TrafficNode

NOBODY: Final = -1


class Appliances:
    """The appliances of a lab, and programs on its hosts, and what they do in a test."""

    def __init__(self, lab: Lab) -> None:
        found = [(site.name, device) for site in lab.sites for device in site.appliances]
        self.all = [
            TestAppliance(
                name=device.name,
                address=str(device.address),
                site=site,
                trigger=device.trigger,
                confirm=device.confirm,
            )
            for site, device in found
        ]
        self._sends = [_names(device.sends, lab) for _, device in found]
        self._receives = [_names(device.receives, lab) for _, device in found]
        self.awaited: list[ApplianceTalk] = []
        self.receiving: list[ApplianceStay] = []

    def named(self, pattern: str | None) -> list[int]:
        """Return the appliances of a pattern; all without one."""
        return [
            place
            for place, each in enumerate(self.all)
            if each.node is None and (pattern is None or fnmatchcase(each.name, pattern))
        ]

    def program(self, node: TrafficNode, place: int, command: str) -> int:
        """Note a program on a host, whose address the host knows, and return its place."""
        self.all.append(TestAppliance(name=node.name, address="", site=node.site or "", trigger=command, node=place))
        return len(self.all) - 1

    def sending(self, group: str, pattern: str | None) -> list[int]:
        """Return those of a pattern that send to a group."""
        return [each for each in self.named(pattern) if group in self._sends[each]]

    def triggered(self, group: str, pattern: str) -> list[int]:
        """Return those of a pattern that send to a group and need nobody to have them do so."""
        return [each for each in self.sending(group, pattern) if self.all[each].trigger is not None]

    def paging(self, step: int, action: PageStep, group: str, *, among_others: bool) -> int | None:
        """Return the appliance that pages; None where a device of the lab's own does.

        Raises:
            StepError: it does not send to the group, or a device is waited for that begins at once.
        """
        if among_others or not self.named(action.sender):
            if "within" in action.model_fields_set:
                raise StepError(step, "within", f"{action.sender} begins at once; only an appliance is awaited")
            return None
        able = self.sending(group, action.sender)
        if not able:
            raise StepError(step, "from", f"{action.sender} does not send to {group}; write {action.to} into its sends")
        return able[0]

    def hear(self, heard: ApplianceStay, group: str, pattern: str | None) -> None:
        """Note that those of a pattern may hear what is sent to a group meanwhile, but for the one that sends."""
        self.receiving += (
            replace(heard, appliance=each)
            for each in self.named(pattern)
            if group in self._receives[each] and each != heard.appliance
        )

    def talk(  # noqa: PLR0917
        self, step: int, appliance: int, group: int, stream: Stream, span: Span, within_ms: int | None = None
    ) -> None:
        """Note that an appliance is to send."""
        self.awaited.append(
            ApplianceTalk(step=step, appliance=appliance, group=group, stream=stream, span=span, within_ms=within_ms)
        )


def _names(written: Sequence[str], lab: Lab) -> frozenset[str]:
    return frozenset(group.name for group in groups_of(written, lab.groups, lab.blocks))
