"""What a run of a verb works with, composed in this one place: each part is made once, when it is first asked for."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from mcastlab.command_line import LabCommand, command
from mcastlab.lab_choice import USUAL, NoLabError, choose_lab
from mcastlab.places import state_folder
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import ExitStack
    from pathlib import Path

    from mcastlab.cleanup.inventory import Inventory
    from mcastlab.cli.arguments import Verb
    from mcastlab.cli.connections import Connections
    from mcastlab.cli.stages import Stages
    from mcastlab.lab.model import Lab
    from mcastlab.routers.records import Records
    from mcastlab.scenario.side_actions import WanImpairer


class InnerNodes(Protocol):
    """The ways into what a target is made of."""

    def entrances(self) -> Mapping[str, object]:
        """Return the nodes that there are, by name."""

    def enter(self, node: str, command: Sequence[str]) -> int:
        """Run a command in a node, or a shell, at this terminal; return the exit code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a command acts. Printed, it is what the user is shown before anything is done."""

    text: str
    asks: bool
    """Changes are shown and agreed to first: it is not the lab's own twin."""
    lock: Path
    """The file that one changing command at a time holds."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What the environment gets, so that every tool acts there too."""
    foreign: tuple[str, ...] = ()
    """What is to go from the environment, as it would lead elsewhere."""
    nodes: InnerNodes | None = None
    """What it holds besides the lab's own nodes, where it holds them itself."""
    impair: WanImpairer | None = None
    """What impairs sites' ways to the internet, where they are its own."""

    def __str__(self) -> str:
        return f"target: {self.text}"


class Context:
    """One run of a verb. What it is about stands in its verb; where it acts is found by `enter`.

    What takes long to be imported is imported by what first needs it.
    """

    def __init__(self, verb: Verb, words: Sequence[str], stack: ExitStack) -> None:
        self.words = words
        """As the user typed them."""
        self.stack = stack
        """Closed when the run is over."""
        self._verb = verb
        self.only: str | None = getattr(verb, "site", None)
        """The only site that is asked anything, None for all of them."""
        self.target: Target | None = None
        """Where it acts, once that was found."""
        self.progress_is_output = False
        """Whether progress is what the verb prints, or goes beside that to standard error."""

    @cached_property
    def command(self) -> LabCommand:
        """How a command of ours says that it is about this lab.

        Raises:
            BadInputError: no lab is named, and none is found.
        """
        try:
            choice = choose_lab(getattr(self._verb, "lab", None))
        except NoLabError as error:
            verb, *rest = self.words
            ways = (command(verb, *choice, *rest) for choice in error.choices)
            begin = (command("init", USUAL),) if len(error.choices) == 1 else ()
            raise BadInputError(error.text, hint="\n       or: ".join((*begin, *ways))) from None
        return LabCommand(
            lab_file=choice.lab_file,
            found=choice.found,
            name=getattr(self._verb, "name", None),
            target=getattr(self._verb, "target", None),
        )

    @cached_property
    def lab(self) -> Lab:
        """The lab.

        Raises:
            BadInputError: its file cannot be read, or describes none; or it has no such site.
        """
        # Verbs that are about no lab are spared its model.
        from mcastlab.lab.types import known_names  # noqa: PLC0415
        from mcastlab.lab_files import read_lab  # noqa: PLC0415

        lab = read_lab(self.command.lab_file, self.command.name)
        sites = [site.name for site in lab.sites]
        if self.only is not None and self.only not in sites:
            raise BadInputError(f"no site is called {self.only}; {known_names(self.only, sorted(sites))}")
        return lab

    def enter(self, *, changes: bool = False, ended: bool = False) -> Target:
        """Find the target, tell it, and point this process at it until the run is over; see `targeting.enter`."""
        # By name: what asks for a target knows of no twin.
        target: Target = importlib.import_module("mcastlab.cli.targeting").enter(self, changes=changes, ended=ended)
        self.target = target
        return target

    @cached_property
    def connections(self) -> Connections:
        """The ways to AWS, routers and hosts, by the environment of when they are first asked for."""
        from mcastlab.cli.connections import Connections  # noqa: PLC0415  (it brings the AWS SDK and netmiko)

        return Connections(self.lab, self.only)

    @cached_property
    def stages(self) -> Stages:
        """Progress."""
        from rich.console import Console  # noqa: PLC0415  (it takes its time)

        from mcastlab.cli.stages import Stages  # noqa: PLC0415

        return Stages(Console(stderr=not self.progress_is_output))

    @property
    def folder(self) -> Path:
        """Where the CDK works on the lab."""
        return state_folder() / self.lab.name

    @property
    def records(self) -> Records:
        """What pushes keep of the lab's routers."""
        from mcastlab.routers.records import Records  # noqa: PLC0415

        return Records(state_folder(), self.lab.name)

    @property
    def inventory(self) -> Inventory:
        """The ids of what the lab has had in its account."""
        from mcastlab.cleanup.inventory import Inventory  # noqa: PLC0415

        return Inventory(state_folder(), self.lab.name, self.lab.region)
