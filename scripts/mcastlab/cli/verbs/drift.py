"""``drift``: what the routers run otherwise than the lab file says. Nothing is changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from mcastlab.cli.arguments import RoutersVerb, json_switch
from mcastlab_base.errors import ExitCode

if TYPE_CHECKING:
    from mcastlab.cli.context import Context


class DriftVerb(RoutersVerb):
    """Show differences between the running configuration and the lab file."""

    examples: ClassVar = ("drift", "drift --site lab --json")
    rank: ClassVar = 80
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.cli.steps")

    json: bool = json_switch()

    def __call__(self, context: Context) -> int:
        from mcastlab.cli.steps import difference

        context.enter()
        with context.stages.shown():
            report = difference(context, context.connections.facts())
        print(json.dumps(report.as_json(), indent=2) if self.json else report.as_text())
        return ExitCode.CHECK_FAILED if report.changed else ExitCode.OK
