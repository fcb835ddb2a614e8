"""``up``: from a lab document to proven multicast, in the AWS account that the environment leads to.

Each step looks at what is true and does what is missing, so that after a failure or an interruption the same command
goes on: nothing is remembered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from mcastlab.aws.cdk_cli import lab_context, run_logged
from mcastlab.aws.clients import Clients
from mcastlab.aws.preflight import preflight, refuse_unready
from mcastlab.aws.ready import await_running
from mcastlab.cli.compose import facts_of
from mcastlab.cli.report import outcomes_report
from mcastlab.cli.stages import Stages
from mcastlab.cli.steps import configure, prove
from mcastlab.errors import ExitCode
from mcastlab.lab.checks import refuse_unsound
from mcastlab.lab_files import read_lab
from mcastlab.push.records import state_folder
from mcastlab.render.stand_in import refuse_broken_templates
from mcastlab.traffic.run import Stream

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from mcastlab.lab.model import Lab
    from mcastlab.traffic.flows import Outcome


def run(arguments: argparse.Namespace) -> int:
    """Check the account, deploy, configure and prove a lab."""
    lab = read_lab(arguments.lab, arguments.name)
    refuse_unsound(lab, arguments.lab.name)
    refuse_broken_templates(lab)
    console = Console()
    stages = Stages(console)
    with stages.shown():
        outcomes = bring_up(lab, lab_context(arguments.lab, arguments.name), stages)
    return tell(console, outcomes, stages)


def bring_up(lab: Lab, context: tuple[str, ...], stages: Stages) -> tuple[Outcome, ...]:
    """Do what is missing, and prove the traffic.

    Raises:
        LabError: a step failed; run again once its reason is gone.
    """
    clients = Clients(lab.region)
    with stages.stage("The account") as note:
        note("quotas, the router's image, instance types")
        found = preflight(clients, lab)
        refuse_unready(found)
        told = f"{found.asked} things looked at, all fine"
        note(f"{told}; AWS's defaults taken for {len(found.assumed)} quotas" if found.assumed else told)
    with stages.stage("cdk deploy --all") as note:
        cdk(("deploy", "--all", "--require-approval", "never"), lab, context, note)
        note("every stack is complete")
    with stages.stage("Instances boot") as note:
        facts = facts_of(lab)
        await_running(clients, facts, progress=note)
        note(f"router {facts.router_instance_id}, {len(facts.host_instance_ids)} hosts")
    configure(lab, facts, stages)
    return prove(lab, facts, stages, Stream())


def tell(console: Console, outcomes: Sequence[Outcome], stages: Stages) -> int:
    """Print what the traffic showed, and return the exit code."""
    console.print()
    console.print(outcomes_report(outcomes))
    holds = all(outcome.holds for outcome in outcomes)
    console.print(
        f"\n{'Multicast flows both ways.' if holds else 'Multicast does not flow as it should.'} "
        f"All stages together took {stages.seconds:.1f} s.",
        highlight=False,
    )
    return ExitCode.OK if holds else ExitCode.CHECK_FAILED


def cdk(arguments: tuple[str, ...], lab: Lab, context: tuple[str, ...], note: Callable[[str], None]) -> None:
    """Run the CDK with its output in the state folder, so that labs side by side do not share one."""
    folder = state_folder() / lab.name
    folder.mkdir(parents=True, exist_ok=True)
    assembly = folder / "cdk.out"
    if (assembly / "manifest.json").exists() and arguments[0] == "destroy":
        source: tuple[str, ...] = ("--app", str(assembly))
    else:
        source = (*context, "--output", str(assembly))
    options = ("--ci", "--no-color", "--no-notices", "--progress", "events")
    run_logged((*arguments, *source, *options), log=folder / "cdk.log", progress=note)
