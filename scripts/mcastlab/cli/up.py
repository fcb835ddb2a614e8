"""``up``: from a lab document to proven multicast, in an AWS account or in a twin that is up.

Each step looks at what is true and does what is missing, so that after a failure or an interruption the same command
goes on: nothing is remembered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from mcastlab.aws import cdk_work
from mcastlab.aws.clients import Clients
from mcastlab.aws.preflight import preflight, refuse_unready
from mcastlab.aws.ready import await_running
from mcastlab.aws.stacks import changes_of_deployment, mend
from mcastlab.cli.compose import facts_of
from mcastlab.cli.consent import cost_of, have_agreed
from mcastlab.cli.prove import record
from mcastlab.cli.stages import Stages
from mcastlab.cli.steps import configure
from mcastlab.cli.verify import verified
from mcastlab.command_line import LabCommand
from mcastlab.errors import ExitCode
from mcastlab.lab.checks import refuse_unsound
from mcastlab.lab_files import read_lab
from mcastlab.places import state_folder
from mcastlab.render.stand_in import refuse_broken_templates
from mcastlab.report.terminal import show
from mcastlab.traffic.options import Options
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    import argparse

    from mcastlab.lab.model import Lab
    from mcastlab.verify.report import VerificationReport


def run(arguments: argparse.Namespace) -> int:
    """Check the account, deploy, configure and prove a lab."""
    command = LabCommand.of(arguments)
    lab = read_lab(arguments.lab, arguments.name)
    refuse_unsound(lab, arguments.lab.name, more=command("check"))
    refuse_broken_templates(lab)
    target = arguments.enter(lab, changes=True)
    if target.asks:
        changes = changes_of_deployment(Clients(lab.region), lab)
        have_agreed(
            (("create", changes.created), ("update", changes.updated), ("delete and create", changes.replaced)),
            f"It costs {cost_of(lab)}.",
            "Deploy",
            yes=arguments.yes,
            command=command("up", "--yes"),
        )
    console = Console()
    stages = Stages(console)
    with stages.shown():
        report = bring_up(lab, command, stages)
    return tell(console, report, stages)


def bring_up(lab: Lab, command: LabCommand, stages: Stages) -> VerificationReport:
    """Do what is missing, and verify.

    Raises:
        LabError: a step failed; run again once its reason is gone.
    """
    clients = Clients(lab.region)
    with stages.stage("The account") as note:
        note("what an earlier run left of the lab")
        mended = mend(clients, lab, progress=note)
        note("quotas, the router's image, instance types")
        found = preflight(clients, lab)
        refuse_unready(found)
        told = f"{found.asked} things looked at, all fine"
        defaults = (f"AWS's defaults taken for {len(found.assumed)} quotas",) if found.assumed else ()
        note("; ".join((told, *defaults, *found.unanswered, *mended)))
    with stages.stage("cdk deploy --all") as note:
        note("the stacks are synthesised from the lab document")
        cdk_work.deploy(state_folder() / lab.name, command.context, note)
        record(lab)
        note("every stack is complete")
    with stages.stage("Instances boot") as note:
        facts = facts_of(lab)
        await_running(clients, facts, progress=note)
        note(f"router {facts.router_instance_id}, {len(facts.host_instance_ids)} hosts")
    configure(lab, facts, stages)
    return verified(lab, stages, Options(alone=True), command)


def tell(console: Console, report: VerificationReport, stages: Stages) -> int:
    """Print what the verification found, in short, and return the exit code."""
    console.print()
    show(console, report, brief=True)
    holds = report.verdict is Verdict.HOLDS
    console.print(
        f"\n{'Multicast flows both ways.' if holds else 'Multicast does not flow as it should.'} "
        f"All stages together took {stages.seconds:.1f} s.",
        highlight=False,
    )
    return ExitCode.OK if holds else ExitCode.CHECK_FAILED
