"""``demo``: the whole job on this machine: a twin, and `up` in it; with ``--once`` `down` too."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from mcastlab.cli.arguments import LabVerb, option, quotas, slow, switch
from mcastlab.cli.delivery import ReportVerb, refuse_unwritable
from mcastlab.places import DEFAULT_LAB
from mcastlab.text import count
from mcastlab_base.errors import LabError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from mcastlab.cli.context import Context
    from mcastlab.command_line import LabCommand
    from mcastlab.lab.model import Lab
    from mcastlab.scenario.results import DeviceTestReport
    from mcastlab.verify.report import VerificationReport

NAMED_SITES: Final = 4
"""Of more of them, only their number is shown."""


class DemoVerb(LabVerb, ReportVerb):
    """Deploy, configure and verify a lab in a local twin."""

    examples: ClassVar = ("demo --once", "demo --lab lab.yaml")
    rank: ClassVar = 10
    resumes: ClassVar = True
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.cli.lifecycle")

    lab: Path | None = option(
        "--lab", default=DEFAULT_LAB, type=Path, metavar="FILE", help="Lab file (default: the demo's own)"
    )
    once: bool = switch("--once", help="Remove everything at the end")
    quota: tuple[str, ...] = quotas()
    slow: str | None = slow()

    def __call__(self, context: Context) -> int:
        from mcastlab.cli.exclusive import exclusively
        from mcastlab.cli.lifecycle import refuse_broken, tell
        from mcastlab.cli.targeting import twin_target
        from mcastlab.cli.twins import refuse_other_region

        context.command = replace(context.command, target="twin")
        context.progress_is_output = not (self.json or self.ticket)
        refuse_unwritable(self)
        refuse_broken(context)
        target = context.target = twin_target(context.lab.name, None)
        print(target, file=sys.stderr, flush=True)
        console = context.stages.console
        with exclusively(target.lock, target.text):
            refuse_other_region(context.lab, self.quota, self.slow, context.command)
            _introduce(console, context.lab)
            with context.stages.shown():
                report, conference = (_once if self.once else _in_twin)(context, self)
        code = tell(context, report, self)
        if conference is not None:
            from mcastlab.report.device_test import scenario_tables

            console.print()
            for part in scenario_tables(conference):
                console.print(part, crop=False, highlight=False)
        if not self.once and context.progress_is_output:
            suggest(console, context.lab, context.command)
        return code


def _in_twin(context: Context, options: DemoVerb) -> tuple[VerificationReport, DeviceTestReport | None]:
    from mcastlab.cli.conference import small_conference
    from mcastlab.cli.lifecycle import bring_up
    from mcastlab.cli.step_durations import Step
    from mcastlab.cli.targeting import point_at, twin_target
    from mcastlab.cli.twins import find_or_start
    from mcastlab.verify.findings import Verdict

    lab = context.lab
    many = "s" if len(lab.sites) > 1 else ""
    with context.stages.stage(f"A local AWS region and the remote site{many}", Step.REGION) as note:
        twin = find_or_start(context, options.quota, options.slow)
        note(f"{twin.endpoint}, {twin.way}")
    point_at(twin_target(lab.name, twin))
    with _standing(context):
        report = bring_up(context, options)
        # What is printed for programs is the verification alone.
        played = context.progress_is_output and report.verdict is Verdict.HOLDS
        return report, small_conference(context) if played else None


@contextmanager
def _standing(context: Context) -> Iterator[None]:
    """Say of what fails that the twin has ended, where it has."""
    from mcastlab_twin import lifecycle

    try:
        yield
    except LabError as error:
        if lifecycle.find(context.lab.name) is not None:
            raise
        raise RefusedError(
            f"the twin {context.lab.name} has ended, and with it what was under way: {error.text}",
            hint=f"start anew: {context.command('demo')}",
        ) from None


def _once(context: Context, options: DemoVerb) -> tuple[VerificationReport, DeviceTestReport | None]:
    """Bring up, and take down whatever came of it; the twin goes even where its stacks would not."""
    from mcastlab.cli.lifecycle import take_down
    from mcastlab.cli.twins import end_twin

    try:
        found = _in_twin(context, options)
        with _standing(context):
            take_down(context, force=True)
    finally:
        end_twin(context)
    return found


def _introduce(console: Console, lab: Lab) -> None:
    groups = ", ".join(str(entry.address) for entry in lab.entries)
    console.print(
        f"[bold]{lab.name}[/bold]: {len(lab.host_names)} hosts in {lab.vpc.cidr}, {_sites(lab)}, groups {groups}, "
        f"rendezvous point {lab.rendezvous_point}\n",
        highlight=False,
    )


def _sites(lab: Lab) -> str:
    """Return the remote sites in words: by name, or in numbers where they are many."""
    many = "s" if len(lab.sites) > 1 else ""
    if len(lab.sites) > NAMED_SITES:
        return f"{len(lab.sites)} remote sites with {sum(len(site.devices) for site in lab.sites)} devices"
    named = (f"{site.name} ({count(len(site.devices), 'device')})" for site in lab.sites)
    return f"remote site{many} {', '.join(named)}"


def suggest(console: Console, lab: Lab, command: LabCommand) -> None:
    """Print commands to go on with."""
    rows = (
        (command("verify", "--html", "page.html"), "look and send again, and see it all on one page"),
        (command("run", "--", "aws", "ec2", "describe-vpcs"), "any program, in the twin's environment"),
        (
            f'eval "$({command("twin env")})"',
            "this shell's aws, cdk and boto3 talk to the twin; twin env --undo ends that",
        ),
        (command("ssh", lab.sites[0].router.ssh), "the remote router's command line"),
        *(
            [(command("follow"), "join groups of the block that devices want, while they want them")]
            if lab.blocks
            else []
        ),
        (command("down"), "remove everything"),
    )
    console.print("\nThe lab stays up. Try:", highlight=False)
    for line, what in rows:
        console.print(f"\n  # {what}\n  {line}", highlight=False, markup=False, soft_wrap=True)
