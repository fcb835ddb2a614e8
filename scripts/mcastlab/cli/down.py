"""``down``: take a lab away: our lines out of its routers, its stacks, and the twin where it stands in one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import boto3
from rich.console import Console

from mcastlab.aws import cdk_work
from mcastlab.aws.cdk_cli import lab_context
from mcastlab.aws.clients import Clients
from mcastlab.aws.stacks import await_settled, stacks_of
from mcastlab.cli.compose import facts_of
from mcastlab.cli.exclusive import exclusively
from mcastlab.cli.inside import end_twin, enter
from mcastlab.cli.prove import prove, record, show
from mcastlab.cli.stages import Stages
from mcastlab.cli.steps import push
from mcastlab.errors import BadInputError, ExitCode, LabError, RefusedError
from mcastlab.lab.naming import stack_names
from mcastlab.lab_files import read_lab
from mcastlab.push.records import state_folder
from mcastlab.twin import lifecycle

if TYPE_CHECKING:
    import argparse

    from mcastlab.lab.model import Lab


def run(arguments: argparse.Namespace) -> int:
    """Remove the lab from its twin and end the twin; without a twin, remove it from AWS. Or only say what is left."""
    lab = read_lab(arguments.lab, arguments.name)
    context = lab_context(arguments.lab, arguments.name)
    # What machines read stands alone on standard output.
    console = Console(stderr=arguments.json)
    if arguments.json and not arguments.prove:
        raise BadInputError("--json is about what is left", hint="say --prove --json")
    twin = lifecycle.find(lab.name)
    if arguments.prove and not arguments.yes:
        if twin is not None:
            enter(twin)
        elif boto3.Session().get_credentials() is None:
            raise BadInputError(
                f"there is no twin called {lab.name}, and this environment has no AWS credentials: nobody can be asked",
                hint="set the credentials of the account in which the lab was",
            )
        return _prove(lab, arguments, console)
    if twin is not None:
        enter(twin)
        return _down_in_twin(arguments, lab, context, console)
    removed = lifecycle.down(lab.name)
    if removed.was_up or removed.had_files:
        console.print(f"what was left of the twin {lab.name} is gone", highlight=False)
        return ExitCode.OK
    return _down_in_aws(arguments, lab, context, console)


def _prove(lab: Lab, arguments: argparse.Namespace, console: Console) -> int:
    stages = Stages(console)
    with stages.shown():
        proof = prove(lab, stages)
    show(proof, as_json=arguments.json)
    return proof.exit_code


def _down_in_twin(arguments: argparse.Namespace, lab: Lab, context: tuple[str, ...], console: Console) -> int:
    stages = Stages(console)
    proof = None
    with stages.shown():
        try:
            take_down(lab, context, stages, force=True)
            proof = prove(lab, stages) if arguments.prove else None
        finally:
            end_twin(lab, stages)
    if proof is not None:
        show(proof, as_json=arguments.json)
        return proof.exit_code
    console.print("nothing of it is left", highlight=False)
    return ExitCode.OK


def _down_in_aws(arguments: argparse.Namespace, lab: Lab, context: tuple[str, ...], console: Console) -> int:
    nowhere = f"there was no twin called {lab.name}"
    if boto3.Session().get_credentials() is None:
        console.print(f"{nowhere}, and this environment has no AWS credentials", highlight=False)
        return ExitCode.OK
    stacks = stacks_of(Clients(lab.region), lab)
    if not stacks:
        console.print(f"{nowhere}, and no stack of it in {lab.region}", highlight=False)
        return _prove(lab, arguments, console) if arguments.prove else ExitCode.OK
    _confirm(lab, stacks, yes=arguments.yes)
    stages = Stages(console)
    with stages.shown():
        take_down(lab, context, stages, force=arguments.force)
    if arguments.prove:
        return _prove(lab, arguments, console)
    console.print("every stack is gone; --prove says whether anything else is left", highlight=False)
    return ExitCode.OK


def _confirm(lab: Lab, stacks: tuple[str, ...], *, yes: bool) -> None:
    """Have the user agree to what cannot be undone.

    Raises:
        BadInputError: the user does not, or cannot be asked.
    """
    if yes:
        return
    what = f"{len(stacks)} stacks of {lab.name} in {lab.region}"
    if not sys.stdin.isatty():
        raise BadInputError(f"{what} would be destroyed, and nobody can be asked", hint="say --yes")
    if input(f"Destroy {what}? [y/N] ").strip().lower() not in {"y", "yes"}:
        raise BadInputError("nothing was destroyed")


def take_down(lab: Lab, context: tuple[str, ...], stages: Stages, *, force: bool) -> None:
    """Take our lines out of the routers, then destroy the stacks.

    Args:
        lab: the lab.
        context: the options that tell the CDK app of it.
        stages: where progress is shown.
        force: destroy the stacks even if the routers keep our lines.

    Raises:
        LabError: a step failed; run again once its reason is gone.
    """
    with exclusively(lab):
        clients = Clients(lab.region)
        there = stacks_of(clients, lab)
        if set(there) == set(stack_names(lab)):
            _clean_routers(lab, stages, force=force)
        if there:
            record(lab)
            with stages.stage("cdk destroy --all") as note:
                await_settled(clients, lab, progress=note)
                cdk_work.destroy(state_folder() / lab.name, context, note)
                note("every stack is gone")


def _clean_routers(lab: Lab, stages: Stages, *, force: bool) -> None:
    try:
        report = push(lab, facts_of(lab), stages, remove=True)
        if report.exit_code is not ExitCode.OK:
            failed = next((each for each in report.routers if each.error), None)
            text = failed.error if failed else "the routers did not take it"
            raise RefusedError(f"our lines are still in the far routers: {text}")
    except LabError as error:
        if not force:
            hint = f"{error.hint} --force destroys the stacks all the same".strip()
            raise RefusedError(error.text, hint=hint) from None
        with stages.stage("Routers keep our lines") as note:
            note(error.text.splitlines()[0])
