"""``demo``: the whole job on this machine, from an empty region to proven multicast."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich.console import Console

from mcastlab.aws.cdk_cli import lab_context, run_logged
from mcastlab.aws.clients import Clients
from mcastlab.aws.ready import await_running
from mcastlab.cli.compose import facts_of
from mcastlab.cli.report import outcomes_report
from mcastlab.cli.stages import Stages
from mcastlab.cli.steps import configure, prove
from mcastlab.errors import ExitCode
from mcastlab.lab.checks import refuse_unsound
from mcastlab.lab_files import DEFAULT_LAB, read_lab
from mcastlab.traffic.run import Stream
from mcastlab.twin import lifecycle

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from pathlib import Path

    from mcastlab.lab.model import Lab
    from mcastlab.traffic.flows import Outcome
    from mcastlab.twin.rundir import Twin


def run(arguments: argparse.Namespace) -> int:
    """Deploy, configure and prove a lab in a twin; with ``--once`` remove it all again."""
    lab = read_lab(arguments.lab, arguments.name)
    refuse_unsound(lab, arguments.lab.name)
    context = lab_context(arguments.lab, arguments.name)
    console = Console()
    stages = Stages(console)
    _introduce(console, lab)
    with stages.shown():
        if not arguments.once:
            outcomes = _bring_up(lab, context, stages)
        else:
            try:
                outcomes = _bring_up(lab, context, stages)
            finally:
                remove(lab, context, stages)
    console.print()
    console.print(outcomes_report(outcomes))
    holds = all(outcome.holds for outcome in outcomes)
    console.print(
        f"\n{'Multicast flows both ways.' if holds else 'Multicast does not flow as it should.'} "
        f"All stages together took {stages.seconds:.1f} s.",
        highlight=False,
    )
    if not arguments.once:
        _suggest(console, lab, arguments)
    return ExitCode.OK if holds else ExitCode.CHECK_FAILED


def remove(lab: Lab, context: tuple[str, ...], stages: Stages) -> bool:
    """Destroy a lab's stacks in its twin and end the twin; say whether there was one."""
    twin = lifecycle.find(lab.name)
    if twin is not None:
        _enter(twin)
        with stages.stage("cdk destroy --all") as note:
            _cdk(("destroy", "--all", "--force"), context, twin.run_dir, note)
            note("every stack is gone")
    with stages.stage("The twin goes") as note:
        removed = lifecycle.down(lab.name)
        note("its one process and its files are gone")
    return removed.was_up or removed.had_files


def _enter(twin: Twin) -> None:
    """Point this process, and what it starts, at the twin."""
    for name in lifecycle.FOREIGN_VARIABLES:
        os.environ.pop(name, None)
    os.environ.update(lifecycle.environment(twin))


def _bring_up(lab: Lab, context: tuple[str, ...], stages: Stages) -> tuple[Outcome, ...]:
    with stages.stage("A local AWS region and the far site") as note:
        twin = lifecycle.find(lab.name) or lifecycle.up(lab, lab.name)
        note(f"{twin.endpoint}, {twin.way}")
    _enter(twin)
    with stages.stage("cdk deploy --all") as note:
        _cdk(("deploy", "--all", "--require-approval", "never"), context, twin.run_dir, note)
        note("every stack is complete")
    with stages.stage("Instances boot") as note:
        facts = facts_of(lab)
        await_running(Clients(lab.region), facts, progress=note)
        note(f"router {facts.router_instance_id}, {len(facts.host_instance_ids)} hosts")
    configure(lab, facts, stages)
    return prove(lab, facts, stages, Stream())


def _cdk(arguments: tuple[str, ...], context: tuple[str, ...], run_dir: Path, note: Callable[[str], None]) -> None:
    """Run the CDK with its output folder in the run folder, so that labs side by side do not share one."""
    assembly = run_dir / "cdk.out"
    if (assembly / "manifest.json").exists() and arguments[0] == "destroy":
        source: tuple[str, ...] = ("--app", str(assembly))
    else:
        source = (*context, "--output", str(assembly))
    options = ("--ci", "--no-color", "--no-notices", "--progress", "events")
    run_logged((*arguments, *source, *options), log=run_dir / "cdk.log", progress=note)


def _introduce(console: Console, lab: Lab) -> None:
    sites = ", ".join(f"{site.name} ({len(site.devices)} device{'s'[: len(site.devices) > 1]})" for site in lab.sites)
    groups = ", ".join(str(group.address) for group in lab.groups)
    console.print(
        f"[bold]{lab.name}[/bold]: {len(lab.host_names)} hosts in {lab.vpc.cidr}, far site {sites}, groups {groups}, "
        f"rendezvous point {lab.rendezvous_point}\n",
        highlight=False,
    )


def _suggest(console: Console, lab: Lab, arguments: argparse.Namespace) -> None:
    option = "" if arguments.lab == DEFAULT_LAB else f" --lab {arguments.lab}"
    option += "" if arguments.name is None else f" --name {arguments.name}"
    rows = (
        (
            f'eval "$(./scripts/lab twin env{option})"',
            "this shell's aws, cdk and boto3 talk to it, and the next two work",
        ),
        (f'ssh -F "$MCASTLAB_SSH_CONFIG" {lab.sites[0].router.ssh}', "the far router's command line"),
        (f"./scripts/lab traffic{option}", "send the datagrams again"),
        (f"./scripts/lab down{option}", "remove everything"),
    )
    console.print("\nThe lab stays up. Try:", highlight=False)
    for command, what in rows:
        console.print(f"\n  # {what}\n  {command}", highlight=False, markup=False, soft_wrap=True)
