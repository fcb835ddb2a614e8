"""``listen``: what real devices send to a group, measured where it is received."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mcastlab.cli.arguments import TargetVerb, json_switch, option, positional
from mcastlab_base.errors import BadInputError, ExitCode

if TYPE_CHECKING:
    from mcastlab.cli.context import Context

LONGEST_S = 60


class ListenVerb(TargetVerb):
    """Listen to a group and measure the RTP that devices send to it."""

    rank: ClassVar = 114
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.cli.connections")

    group: str = positional(metavar="GROUP", help="Name or address of a group")
    seconds: int = option("--for", type=int, default=10, metavar="SECONDS", help="For how long, 1 to 60 (default: 10)")
    json: bool = json_switch()

    def __call__(self, context: Context) -> int:
        from rich.console import Console

        from mcastlab.report.heard import heard_table
        from mcastlab.traffic.foreign import Heard
        from mcastlab.traffic.listen import group_named, listen

        if not 1 <= self.seconds <= LONGEST_S:
            raise BadInputError(f"--for {self.seconds}: not between 1 and {LONGEST_S}", hint="seconds, such as 10")
        lab = context.lab
        group = group_named(lab, self.group)
        context.enter()
        with context.stages.shown(), context.stages.stage(f"Listening to {group.name}") as note:
            connections = context.connections
            shells = connections.shells(connections.facts())
            streams = listen(lab, group, shells, for_ms=self.seconds * 1000, progress=note)
        if self.json:
            print(Heard(lab=lab.name, group=group.name, streams=streams).model_dump_json(indent=2))
        else:
            Console().print(heard_table(streams), crop=False, highlight=False)
        return ExitCode.OK if streams else ExitCode.CHECK_FAILED
