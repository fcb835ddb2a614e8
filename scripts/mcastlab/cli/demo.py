"""``demo``: the whole job on this machine: a twin, and `up` in it; with ``--once`` `down` too."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rich.console import Console

from mcastlab.cli.down import take_down
from mcastlab.cli.exclusive import exclusively
from mcastlab.cli.inside import end_twin, enter, find_or_start, refuse_other_quotas
from mcastlab.cli.stages import Stages
from mcastlab.cli.targeting import twin_target
from mcastlab.cli.up import bring_up, tell
from mcastlab.command_line import LabCommand
from mcastlab.errors import LabError, RefusedError
from mcastlab.lab.checks import refuse_unsound
from mcastlab.lab_files import read_lab
from mcastlab.render.stand_in import refuse_broken_templates
from mcastlab_twin import lifecycle

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from mcastlab.lab.model import Lab
    from mcastlab.verify.report import VerificationReport

NAMED_SITES: Final = 4
"""Of more of them, only their number is told."""


def run(arguments: argparse.Namespace) -> int:
    """Deploy, configure and prove a lab in a twin; with ``--once`` remove it all again."""
    command = replace(LabCommand.of(arguments), target="twin")
    lab = read_lab(arguments.lab, arguments.name)
    refuse_unsound(lab, arguments.lab.name, more=command("check"))
    refuse_broken_templates(lab)
    target = twin_target(lab.name, None)
    print(target, file=sys.stderr, flush=True)
    console = Console()
    stages = Stages(console)
    with exclusively(target.lock, target.text):
        refuse_other_quotas(lab, arguments.quota, command)
        _introduce(console, lab)
        with stages.shown():
            report = (_once if arguments.once else _in_twin)(lab, arguments.quota, command, stages)
    code = tell(console, report, stages)
    if not arguments.once:
        suggest(console, lab, command)
    return code


def _in_twin(lab: Lab, quotas: Sequence[str], command: LabCommand, stages: Stages) -> VerificationReport:
    many = "s" if len(lab.sites) > 1 else ""
    with stages.stage(f"A local AWS region and the far site{many}") as note:
        twin = find_or_start(lab, quotas, command)
        note(f"{twin.endpoint}, {twin.way}")
    enter(twin)
    try:
        return bring_up(lab, command, stages)
    except LabError as error:
        if lifecycle.find(lab.name) is not None:
            raise
        raise RefusedError(
            f"the twin {lab.name} has ended, and with it what was under way: {error.text}",
            hint=f"start anew: {command('demo')}",
        ) from None


def _once(lab: Lab, quotas: Sequence[str], command: LabCommand, stages: Stages) -> VerificationReport:
    """Bring up, and take down whatever came of it; the twin goes even where its stacks would not."""
    try:
        report = _in_twin(lab, quotas, command, stages)
        take_down(lab, command, stages, force=True)
    finally:
        end_twin(lab, stages)
    return report


def _introduce(console: Console, lab: Lab) -> None:
    groups = ", ".join(str(group.address) for group in lab.groups)
    console.print(
        f"[bold]{lab.name}[/bold]: {len(lab.host_names)} hosts in {lab.vpc.cidr}, {_sites(lab)}, groups {groups}, "
        f"rendezvous point {lab.rendezvous_point}\n",
        highlight=False,
    )


def _sites(lab: Lab) -> str:
    """Return the far sites in words: by name, or in numbers where they are many."""
    many = "s" if len(lab.sites) > 1 else ""
    if len(lab.sites) > NAMED_SITES:
        return f"{len(lab.sites)} far sites with {sum(len(site.devices) for site in lab.sites)} devices"
    named = (f"{site.name} ({len(site.devices)} device{'s'[: len(site.devices) > 1]})" for site in lab.sites)
    return f"far site{many} {', '.join(named)}"


def suggest(console: Console, lab: Lab, command: LabCommand) -> None:
    """Print commands to go on with."""
    twin = lifecycle.find(lab.name)
    ssh = () if twin is None else ("ssh", "-F", str(twin.ssh_config), lab.sites[0].router.ssh)
    rows = (
        (command("verify", "--html", "page.html"), "look and send again, and see it all on one page"),
        (command("run", "--", "aws", "ec2", "describe-vpcs"), "any program, in the twin's environment"),
        (
            f'eval "$({command("twin env")})"',
            "this shell's aws, cdk and boto3 talk to the twin; twin env --undo ends that",
        ),
        (shlex.join(ssh), "the far router's command line"),
        (command("down"), "remove everything"),
    )
    console.print("\nThe lab stays up. Try:", highlight=False)
    for line, what in rows:
        console.print(f"\n  # {what}\n  {line}", highlight=False, markup=False, soft_wrap=True)
