"""``configure``: bring all routers to what the lab file says, all or none, and wait until they work together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from mcastlab.cli.arguments import RoutersVerb, json_switch, switch
from mcastlab_base.errors import ExitCode

if TYPE_CHECKING:
    from mcastlab.cli.context import Context


class ConfigureVerb(RoutersVerb):
    """Configure all routers as the lab file describes, or none."""

    examples: ClassVar = ("configure --dry-run", "configure --site lab", "configure --remove")
    rank: ClassVar = 70
    resumes: ClassVar = True
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.cli.steps")

    dry_run: bool = switch("--dry-run", help="Show what would be sent, and send nothing")
    remove: bool = switch("--remove", help="Remove exactly the lab's configuration")
    json: bool = json_switch()

    def __call__(self, context: Context) -> int:
        from mcastlab.cli.steps import await_working, difference, push

        context.enter(changes=not self.dry_run)
        with context.stages.shown():
            facts = context.connections.facts()
            act = difference if self.dry_run else push
            report = act(context, facts, remove=self.remove)
            ok = report.exit_code is ExitCode.OK
            if ok and not self.dry_run and not self.remove and context.only is None:
                await_working(context, facts)
        print(json.dumps(report.as_json(), indent=2) if self.json else report.as_text())
        return int(report.exit_code)
