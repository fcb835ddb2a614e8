"""``down``: take a lab away: our lines out of its routers, its stacks, and the twin where it stands in one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from mcastlab.cli.arguments import TargetVerb, json_switch, switch
from mcastlab_base.errors import BadInputError, ExitCode

if TYPE_CHECKING:
    from mcastlab.cleanup.report import CleanupReport
    from mcastlab.cli.context import Context


class DownVerb(TargetVerb):
    """Remove the routers' configuration, the stacks and the twin."""

    examples: ClassVar = ("down", "down --prove")
    rank: ClassVar = 60
    resumes: ClassVar = True
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.cli.lifecycle")

    yes: bool = switch("--yes", help="Destroy stacks in AWS without asking")
    force: bool = switch("--force", help="Destroy even if the routers keep their configuration")
    prove: bool = switch(
        "--prove",
        help="List remaining resources and exit with 1 if there are any; destroy nothing, unless --yes is given",
    )
    json: bool = json_switch("With --prove: print JSON")

    def __call__(self, context: Context) -> int:
        from mcastlab_twin import lifecycle

        if self.json and not self.prove:
            raise BadInputError("--json is about what is left", hint=context.command("down", "--prove", "--json"))
        # What machines read stands alone on standard output.
        context.progress_is_output = not self.json
        if self.prove and not self.yes:
            context.enter()
            return self._prove(context)
        if context.enter(changes=True, ended=True).asks:
            return self._down_in_account(context)
        name = context.lab.name
        if lifecycle.find(name) is not None:
            return self._down_in_twin(context)
        removed = lifecycle.down(name)
        there = removed.was_up or removed.had_files
        _say(context, f"what was left of the twin {name} is gone" if there else f"there was no twin called {name}")
        return ExitCode.OK

    def _prove(self, context: Context) -> int:
        from mcastlab.cli.lifecycle import prove

        with context.stages.shown():
            proof = prove(context)
        return self._show(proof)

    def _show(self, proof: CleanupReport) -> int:
        print(json.dumps(proof.as_json(), indent=2) if self.json else proof.as_text())
        return proof.exit_code

    def _down_in_twin(self, context: Context) -> int:
        from mcastlab.cli.lifecycle import prove, take_down
        from mcastlab.cli.twins import end_twin

        with context.stages.shown():
            try:
                take_down(context, force=True)
                proof = prove(context) if self.prove else None
            finally:
                end_twin(context)
        if proof is not None:
            return self._show(proof)
        _say(context, "the twin and all that was in it is gone")
        return ExitCode.OK

    def _down_in_account(self, context: Context) -> int:
        from mcastlab.cli.lifecycle import cost_of, have_agreed, stacks_to_destroy, take_down

        stacks = stacks_to_destroy(context)
        if not stacks:
            _say(context, f"there is no stack of {context.lab.name} in this account and Region")
            return self._prove(context) if self.prove else ExitCode.OK
        given = [f"--{name}" for name in ("force", "prove", "json") if getattr(self, name)]
        have_agreed(
            (("delete", stacks),),
            f"The lab costs {cost_of(context.lab)}.",
            "Destroy",
            yes=self.yes,
            command=context.command("down", *given, "--yes"),
        )
        with context.stages.shown():
            take_down(context, force=self.force)
        if self.prove:
            return self._prove(context)
        left = context.command("down", "--prove")
        _say(context, f"every stack is gone; whether anything else is left is said by: {left}")
        return ExitCode.OK


def _say(context: Context, text: str) -> None:
    context.stages.console.print(text, highlight=False, soft_wrap=True)
