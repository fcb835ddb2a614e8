"""Bring a lab up, take it away, and say what is left of it.

Each step looks at what is true and does what is missing, so that after a failure or an interruption the same command
goes on: nothing is remembered.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from mcastlab.aws import cdk
from mcastlab.aws.deletion import delete_stacks
from mcastlab.aws.deploying import departed_stacks
from mcastlab.aws.preflight import preflight, refuse_unready
from mcastlab.aws.ready import await_running
from mcastlab.aws.remaining_resources import ids_now, remaining_in_account
from mcastlab.aws.stacks import delete_and_await, repair_stacks, stacks_of, standing
from mcastlab.cleanup.report import CleanupReport
from mcastlab.cleanup.routers import remaining_in_routers
from mcastlab.cli.delivery import print_report, write_reports
from mcastlab.cli.departures import clean_departed, departures_of
from mcastlab.cli.deployment import Deployment
from mcastlab.cli.step_durations import Step
from mcastlab.cli.steps import configure, push, verified
from mcastlab.host_setup import refuse_broken_setups, set_up
from mcastlab.lab.checks import refuse_unsound
from mcastlab.lab.cost import PRICED_REGION, estimate
from mcastlab.lab.design.names import ROUTER_TAG, stack_names
from mcastlab.lab_files import lines_in, shown_path
from mcastlab.render.stand_in import refuse_broken_templates
from mcastlab.routers.reach import reach, refuse_unreached
from mcastlab.text import count
from mcastlab.traffic.options import Options
from mcastlab.verify.findings import Verdict
from mcastlab_base.errors import BadInputError, ExitCode, LabError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mcastlab.cli.context import Context
    from mcastlab.cli.delivery import ReportVerb
    from mcastlab.lab.model import Lab
    from mcastlab.verify.report import VerificationReport


def refuse_broken(context: Context) -> None:
    """Refuse a lab that would not work.

    Raises:
        BadInputError: its design is unsound, or a template or a setup script is broken.
    """
    file = context.command.lab_file
    where, line_of = shown_path(file), lines_in(file)
    refuse_unsound(context.lab, where, more=context.command("check"), line_of=line_of)
    refuse_broken_templates(context.lab)
    refuse_broken_setups(context.lab, where, line_of)


def cost_of(lab: Lab) -> str:
    """Return what an hour of a lab costs, in words."""
    price = estimate(lab)
    where = "" if lab.region == PRICED_REGION else f" at the prices of {PRICED_REGION}"
    return f"about {price.usd_per_hour:.2f} USD an hour{where}, without {', '.join(price.not_included)}"


def have_agreed(
    stacks: Iterable[tuple[str, Iterable[str]]], summary: str, verb: str, *, yes: bool, command: str
) -> None:
    """Show what would happen, and have the user agree.

    Args:
        stacks: what happens to stacks, in one word, and their names.
        summary: a sentence about the price.
        verb: what is asked: ``Deploy``.
        yes: the user has agreed beforehand.
        command: the same command with that agreement.

    Raises:
        BadInputError: the user does not agree, or cannot be asked.
    """
    for what, names in stacks:
        if listed := ", ".join(names):
            print(f"{what}: {listed}", file=sys.stderr)
    print(summary, file=sys.stderr, flush=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadInputError(
            "there is no terminal to ask on, so nothing was done", hint=f"to agree beforehand: {command}"
        )
    print(f"{verb}? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise BadInputError("nothing was done", hint=f"to agree beforehand: {command}")


def bring_up(context: Context, options: ReportVerb, deployment: Deployment | None = None) -> VerificationReport:
    """Do what is missing of a lab, verify it, and write what was found to the files that were asked for.

    Args:
        context: the run.
        options: the reports.
        deployment: one that was looked at already, and is entered.

    Raises:
        LabError: a step failed; run again once its reason is gone.
    """
    if deployment is None:
        with Deployment(context) as entered:
            return bring_up(context, options, entered)
    lab, clients, stages = context.lab, context.connections.clients, context.stages
    with stages.stage("The account", Step.ACCOUNT) as note:
        note("what an earlier run left of the lab")
        repaired = repair_stacks(clients, lab, progress=note)
        if repaired:
            deployment.forget()
        note("quotas, the router's image, instance types, endpoints, permissions")
        found = preflight(clients, lab, deployment.images.wanted[ROUTER_TAG])
        refuse_unready(found)
        note("what the deployment changes")
        departures = deployment.departures
        summary = f"{found.asked} things looked at, all fine"
        defaults = (f"AWS's defaults taken for {len(found.assumed)} quotas",) if found.assumed else ()
        note("; ".join((summary, *defaults, *found.unanswered, *repaired)))
    with stages.stage("Logins on the remote routers", Step.LOGINS) as note:
        tried = reach(lab.name, context.connections.remote_routers(note, asks=True))
        refuse_unreached(tried)
        note(f"{count(len(tried), 'router')} read as a change would, nothing sent")
    clean_departed(context, departures)
    with stages.stage("cdk deploy --all", Step.DEPLOY) as note:
        note("the stacks are synthesised from the lab file")
        deployment.carry_out(note)
        record(context)
        note("; ".join(("every stack is complete", *deployment.images.notes)))
    with stages.stage("Instances boot", Step.BOOT) as note:
        facts = context.connections.facts()
        await_running(clients, facts, progress=note)
        context.connections.await_aws_router(facts, note)
        note(f"router {facts.router_instance_id}, {len(facts.host_instance_ids)} hosts")
    if any(hosts.setup is not None for hosts in lab.hosts):
        with stages.stage("Setup of the hosts", Step.SETUP) as note:
            ran = set_up(lab, context.connections.shells(facts), progress=note)
            note(f"{sum(ran.values())} of {count(len(ran), 'host')} ran it, the others had before")
    configure(context, facts)
    report = verified(context, Options(alone=True))
    # Whatever comes after it, what was found is kept.
    write_reports(report, context, options)
    return report


def tell(context: Context, report: VerificationReport, options: ReportVerb) -> int:
    """Print what the verification after the work found, and return the exit code."""
    console = context.stages.console
    if options.json or options.ticket:
        return print_report(console, report, options)
    console.print()
    code = print_report(console, report, options)
    holds = report.verdict is Verdict.HOLDS
    console.print(
        f"\n{'Multicast flows both ways.' if holds else 'Multicast does not flow as it should.'} "
        f"All stages together took {context.stages.seconds:.1f} s.",
        highlight=False,
    )
    return code


def stacks_to_destroy(context: Context) -> tuple[str, ...]:
    """Return the stacks of the lab as it is, and as it was deployed last from here or elsewhere, that are there."""
    clients = context.connections.clients
    names = (*stack_names(context.lab), *cdk.deployed_names(context.folder), *departed_stacks(clients, context.lab))
    return standing(clients, names)


def take_down(context: Context, *, force: bool) -> None:
    """Take our lines out of the routers, then destroy the stacks.

    Args:
        context: the run.
        force: destroy the stacks even if the routers keep our lines.

    Raises:
        LabError: a step failed; run again once its reason is gone.
    """
    lab, clients = context.lab, context.connections.clients
    if set(stacks_of(clients, lab)) == set(stack_names(lab)):
        _unless_forced(context, partial(_clean_routers, context), force=force)
    if gone := departed_stacks(clients, lab):
        _unless_forced(context, partial(_clean_gone, context, gone), force=force)
        record(context)
        with context.stages.stage("Sites that the lab file has no more", Step.DESTROY) as note:
            for name in gone:
                delete_and_await(clients, name, progress=note)
            note(f"{', '.join(gone)} gone")
    if stacks_to_destroy(context):
        record(context)
        with context.stages.stage("cdk destroy --all", Step.DESTROY) as note:
            remaining = delete_stacks(
                clients,
                lab,
                remaining=partial(stacks_to_destroy, context),
                destroy=partial(cdk.destroy, context.folder, context.command.context, note),
                progress=note,
            )
            if remaining:
                # What was deployed from elsewhere is in no assembly of ours.
                raise RefusedError(
                    f"these stacks are still there: {', '.join(remaining)}",
                    hint=context.command.cdk("destroy", "--force", *remaining),
                )
            note("every stack is gone")


def _clean_routers(context: Context) -> None:
    report = push(context, context.connections.facts(), remove=True)
    if report.exit_code is not ExitCode.OK:
        failed = next((each for each in report.routers if each.error), None)
        text = failed.error if failed else "the routers did not take it"
        raise RefusedError(f"our lines are still in the remote routers: {text}")


def _clean_gone(context: Context, stacks: tuple[str, ...]) -> None:
    clean_departed(context, departures_of(context, stacks), undone="nothing was destroyed")


def _unless_forced(context: Context, clean: Callable[[], None], *, force: bool) -> None:
    """Take our lines out of routers; where that fails, go on only if the user said so beforehand."""
    try:
        clean()
    except LabError as error:
        if not force:
            without = f"to destroy the stacks all the same: {context.command('down', '--force')}"
            raise RefusedError(error.text, hint=f"{error.hint}; {without}" if error.hint else without) from None
        with context.stages.stage("Routers keep our lines") as note:
            note(error.text.splitlines()[0])


def record(context: Context) -> None:
    """Keep the ids of what the lab has in its account now, beside those of before.

    Raises:
        RefusedError: AWS does not tell.
    """
    context.inventory.add(ids_now(context.connections.clients, context.lab))


def prove(context: Context) -> CleanupReport:
    """Return what is left of the lab in its account and in its remote routers; nothing is changed.

    Raises:
        RefusedError: AWS does not tell.
    """
    lab, inventory = context.lab, context.inventory
    with context.stages.stage("What is left in the account", Step.REMAINING) as note:
        note(f"by the tag {lab.name} and {len(inventory.ids())} recorded ids")
        record(context)
        recorded = inventory.ids()
        in_account, notes = remaining_in_account(context.connections.clients, lab, recorded)
        if not in_account:
            inventory.keep(())
        note(_things(len(in_account)))
    with context.stages.stage("What is left in the remote routers") as note:
        routers = context.connections.remote_routers(note)
        in_routers, unknown = remaining_in_routers(lab, routers, context.records)
        note(_things(len(in_routers)))
    return CleanupReport(
        lab=lab.name,
        left=(*in_account, *in_routers),
        unknown=unknown,
        notes=notes,
        asked=(
            f"{lab.region}: stacks, what is tagged mcastlab:lab={lab.name}, {len(recorded)} ids that it had",
            *(router.name for router in routers),
        ),
    )


def _things(count: int) -> str:
    return f"{count} things" if count else "nothing"
